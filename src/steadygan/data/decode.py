"""Decodes an image file into a square uint8 array, whatever kind of pixels it has.

This module imports only NumPy and Pillow, because every decoding process loads it. Plugins that teach Pillow further
kinds are imported when a file of such a kind is met.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

import numpy as np
from PIL import Image, UnidentifiedImageError, features

from steadygan.amounts import things
from steadygan.arrays import Array
from steadygan.data.foreign import AVIF, HEAD_BYTES, kind_of, load_plugin, raw_reason

# Formats that start programs, such as EPS, and stubs that decode nothing are left out on purpose.
_FORMATS = (
    *("JPEG", "MPO", "PNG", "GIF", "WEBP", "AVIF", "BMP", "DIB", "TIFF", "PPM"),
    *("JPEG2000", "ICO", "TGA", "PCX", "SGI", "QOI"),
    *("HEIF", "JXL"),  # of plugins
)
_ORIENTATION = 0x0112
_PHOTOMETRIC = 262
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Target:
    """The form into which every image is brought.

    Args:
        resolution: height and width of the result.
        channels: 1 or 3.
        background: red, green and blue under transparent pixels, 0..255.
        max_pixels: an image with more pixels than this is not decoded.
    """

    resolution: int
    channels: int
    background: tuple[int, int, int]
    max_pixels: int


@dataclass(frozen=True)
class Header:
    """What the header of an image says: its size when it is upright, and whether its pixel format is grey."""

    width: int
    height: int
    grey: bool


class UnusableError(Exception):
    """The image cannot be used; the message is the reason in a few words."""


def open_regular_file(path: str) -> IO[bytes]:
    """Opens a file for reading, and never waits for a pipe or a device.

    Args:
        path: the file.

    Returns:
        The open file.

    Raises:
        UnusableError: when it is not a regular file.
        OSError: when it cannot be opened.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UnusableError("not a regular file")
    return os.fdopen(descriptor, "rb")


def read_header(stream: IO[bytes], background: tuple[int, int, int], max_pixels: int, name: str = "") -> Header:
    """Reads the header of an image, and none of its pixels.

    Args:
        stream: the open file.
        background: red, green and blue under transparent pixels. With a background that is not grey, a grey image with
            transparency counts as coloured.
        max_pixels: the largest number of pixels that is allowed.
        name: the name of the file, which may tell its kind; empty if it has none.

    Returns:
        The header.

    Raises:
        UnusableError: when the image has too many pixels, or is of a kind that Pillow does not read by itself.
    """
    with _opened(stream, max_pixels, name) as image:
        width, height = image.size
        # Pillow already swaps the size of TIFF files
        if image.format != "TIFF" and _orientation(image) >= 5:
            width, height = height, width
        grey = image.mode in ("1", "L", "LA", "La", "I", "F") or image.mode.startswith("I;16")
        if image.has_transparency_data and len(set(background)) > 1:
            grey = False
        return Header(width, height, grey)


def decode(stream: IO[bytes], target: Target, name: str = "") -> Array:
    """Decodes the first frame of an image: turns it upright, puts it on the background, crops and resizes it.

    Args:
        stream: the open file.
        target: the form of the result.
        name: the name of the file, which may tell its kind; empty if it has none.

    Returns:
        uint8 [resolution, resolution, channels].

    Raises:
        UnusableError: when the image has too many pixels, or values that are not finite, or is wholly transparent, or
            is of a kind that Pillow does not read by itself.
    """
    with _opened(stream, target.max_pixels, name) as image:
        if image.format == "JPEG" and min(image.size) >= 4 * target.resolution:
            # the decoder reduces large photos by a power of two, to at least twice the resolution; the rest is filtered
            image.draft(None, (2 * target.resolution, 2 * target.resolution))
        image.load()
        turn = _TURNS.get(_orientation(image))
        if _is_wholly_transparent(image):
            raise UnusableError("it is wholly transparent")
        flat = flatten(image, target.background)
        return fit(flat if turn is None else flat.transpose(turn), target.resolution, target.channels)


def flatten(image: Image.Image, background: tuple[int, int, int]) -> Image.Image:
    """Converts pixels of any kind to 8-bit grey or colour without transparency.

    16-bit grey is divided by 257, so that 65535 becomes 255. 32-bit whole numbers and floats are scaled by the
    smallest of these ranges that holds all values of the image: 0..255 and 0..65535 for whole numbers, 0..1, -1..1,
    0..255 and 0..65535 for floats. If none does, the range goes from the least to the greatest value of the image.
    Pillow converts CMYK, YCbCr and palettes; it knows that Adobe stores CMYK inverted in JPEG files.

    Args:
        image: a loaded image.
        background: red, green and blue under transparent pixels.

    Returns:
        An image of mode L or RGB.
    """
    if image.mode == "I" or image.mode == "F" or image.mode.startswith("I;16"):
        return _flatten_wide(image, background)
    if image.has_transparency_data:
        return _on_background(_with_alpha(image), background)
    if image.mode in ("L", "RGB"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def fit(image: Image.Image, resolution: int, channels: int) -> Array:
    """Crops an image to its largest centred square, and resizes that to the resolution.

    Reducing uses an antialiased Lanczos filter, and enlarging uses a bicubic one. An image of the right size is not
    changed.

    Args:
        image: mode L or RGB.
        resolution: height and width of the result.
        channels: 1 or 3.

    Returns:
        uint8 [resolution, resolution, channels].
    """
    mode = "L" if channels == 1 else "RGB"
    if image.mode != mode:
        image = image.convert(mode)
    width, height = image.size
    side = min(width, height)
    if width != height:
        left, top = (width - side) // 2, (height - side) // 2
        image = image.crop((left, top, left + side, top + side))
    if side != resolution:
        resample = Image.Resampling.LANCZOS if side > resolution else Image.Resampling.BICUBIC
        image = image.resize((resolution, resolution), resample)
    return np.asarray(image).reshape(resolution, resolution, channels)


def skip_reason(error: BaseException, max_pixels: int) -> str:
    """Says in a few words why a file is skipped.

    Args:
        error: the error that was raised while the file was read.
        max_pixels: the limit on the number of pixels.

    Returns:
        Text such as ``broken or cut short``.
    """
    if isinstance(error, UnusableError):
        return str(error)
    if isinstance(error, UnidentifiedImageError):
        return "not an image of a known kind"
    if isinstance(error, Image.DecompressionBombError):
        return f"more than {things(max_pixels, 'pixel')}"
    if isinstance(error, MemoryError):
        return "needs more memory than there is"
    if isinstance(error, PermissionError):
        return "may not be read (permission denied)"
    if isinstance(error, OSError) and error.errno is not None:
        return f"cannot be read ({os.strerror(error.errno)})"
    if "too large" in str(error) or "too much" in str(error).lower():
        return "hidden data that unpacks to too much (a decompression bomb)"
    return "broken or cut short"


@contextmanager
def _opened(stream: IO[bytes], max_pixels: int, name: str) -> Iterator[Image.Image]:
    Image.init()
    raw = raw_reason(name)
    if raw is not None:
        raise UnusableError(raw)
    before = Image.MAX_IMAGE_PIXELS
    # Pillow warns at its limit and refuses at twice the limit; this also guards against images inside images (ICO)
    Image.MAX_IMAGE_PIXELS = max(1, max_pixels // 2)
    try:
        with _identified(stream, name) as image:
            if image.width * image.height > max_pixels:
                raise UnusableError(f"more than {things(max_pixels, 'pixel')}")
            yield image
    finally:
        Image.MAX_IMAGE_PIXELS = before


def _identified(stream: IO[bytes], name: str) -> Image.Image:
    try:
        return _of_a_known_kind(stream)
    except UnidentifiedImageError:
        stream.seek(0)
        kind = kind_of(stream.read(HEAD_BYTES), name)
        if kind is None or (kind is AVIF and features.check("avif")):
            raise
        if kind.plugin is None or not load_plugin(kind.plugin):
            raise UnusableError(kind.reason()) from None
    stream.seek(0)
    return _of_a_known_kind(stream)


def _of_a_known_kind(stream: IO[bytes]) -> Image.Image:
    return Image.open(stream, formats=[name for name in _FORMATS if name in Image.OPEN])


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:
        # broken camera data says nothing about the pixels
        return 1
    return value if isinstance(value, int) else 1


def _with_alpha(image: Image.Image) -> Image.Image:
    transparent = image.info.get("transparency")
    if image.mode == "RGB" and isinstance(transparent, tuple) and max(transparent) > 255:
        # the transparent colour of a 16-bit PNG, whose pixels Pillow has cut to their high bytes
        image.info["transparency"] = tuple(value >> 8 for value in transparent)
    return image.convert("RGBA")


def _is_wholly_transparent(image: Image.Image) -> bool:
    if not image.has_transparency_data or image.mode == "F" or image.mode.startswith("I"):
        return False
    with_alpha = image if image.mode in ("RGBA", "LA", "PA") else _with_alpha(image)
    return with_alpha.getchannel("A").getextrema() == (0, 0)


def _on_background(image: Image.Image, background: tuple[int, int, int]) -> Image.Image:
    canvas = Image.new("RGBA", image.size, (*background, 255))
    canvas.alpha_composite(image)
    return canvas.convert("RGB")


def _flatten_wide(image: Image.Image, background: tuple[int, int, int]) -> Image.Image:
    values = np.asarray(image)
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format in ("PNG", "PPM")):
        grey = _narrow(values)
        if image.format == "TIFF" and getattr(image, "tag_v2", {}).get(_PHOTOMETRIC) == 0:
            grey = 255 - grey  # white is stored as zero
    else:
        grey = scale_by_range(values)
    flat = Image.fromarray(grey)
    transparent = image.info.get("transparency")
    if not isinstance(transparent, int):
        return flat
    flat.putalpha(Image.fromarray(np.where(values == transparent, 0, 255).astype(np.uint8)))
    return _on_background(flat.convert("RGBA"), background)


def _narrow(values: Array) -> Array:
    clipped = np.clip(values.astype(np.int64), 0, 65535)
    return ((clipped + 128) // 257).astype(np.uint8)


def scale_by_range(values: Array) -> Array:
    """Scales whole numbers or floats to 0..255, by the smallest usual range that holds them all (see ``flatten``).

    Args:
        values: at least one value, in any shape; all must be finite.

    Returns:
        uint8, the same shape.

    Raises:
        UnusableError: when a value is not finite.
    """
    numbers = values.astype(np.float64)
    if not np.isfinite(numbers).all():
        raise UnusableError("holds values that are not finite")
    least, greatest = float(numbers.min()), float(numbers.max())
    ranges = [(0.0, 255.0), (0.0, 65535.0)]
    if np.issubdtype(values.dtype, np.floating):
        ranges = [(0.0, 1.0), (-1.0, 1.0), *ranges]
    low, high = next((r for r in ranges if r[0] <= least and greatest <= r[1]), (least, greatest))
    if high == low:
        return np.zeros(values.shape, dtype=np.uint8)
    return np.rint((numbers - low) * (255.0 / (high - low))).astype(np.uint8)
