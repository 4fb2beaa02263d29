"""Draws digits and capital letters in many colours and shapes with Pillow's own font: data that need no download.

The result is the same, byte for byte, wherever the versions of Pillow and FreeType are the same: random numbers are
uniform, coordinates are computed by the four basic operations, and pixels are computed in integers, so that the result
does not depend on any mathematical library.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache

import numpy as np
import PIL
from PIL import Image, ImageDraw, ImageFont, features

from steadygan.arrays import Array
from steadygan.data.array_rows import ArrayRows, Classes, read_rows
from steadygan.data.data_source import DataSource, Outcome, Progress, Sink
from steadygan.errors import SteadyganError
from steadygan.settings import LARGEST_RESOLUTION, SMALLEST_RESOLUTION, DataSettings

GLYPHS = "glyphs"
GLYPH_CLASSES = tuple("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
GLYPH_IMAGES = 36_000
SIDE, CHANNELS = 32, 3
EXAMPLE_SIZE = "28x28x1"
_SEED = 0
# must be raised with every change of what is drawn, so that no cache keeps the old images
_VERSION = 2

_SIZE = re.compile(rf"{GLYPHS}:(\d+)x(\d+)(?:x(\d+))?", re.ASCII)
_FORM = f"write for example '{GLYPHS}:{EXAMPLE_SIZE}', which is height, width and channels"

# Shapes. The tangent of half the angle gives sine and cosine by basic operations; 0.09 is 10 degrees.
_HALF_ANGLE, _SHEAR, _NARROWEST, _WIDEST = 0.09, 0.15, 0.85, 1.05
_SMALLEST, _LARGEST = 0.78, 0.94  # of the side of the image
_THINNEST, _STROKES = 1, 7  # stroke widths beyond the font's own, in hundredths of the font's size, and how many
_CANVAS = 128  # glyphs are drawn with at least this many pixels a side and averaged down, by a factor of at least 2

# Colours are chosen by their luma (ITU-R BT.601), which is also their value in grey images.
_LUMA = np.array([299, 587, 114])
_DARKEST, _DARK, _LIGHT, _LIGHTEST = 20, 70, 185, 240


@dataclass(frozen=True, eq=False)
class _Shapes:
    """The shapes and positions of the glyphs of N images; lengths are fractions of the side of an image.

    Args:
        labels: which glyph each image shows, int64 [N].
        strokes: how much bolder than the font each glyph is, at least 0, int64 [N].
        matrix: rotates, shears and widens each glyph before it is scaled, float64 [N, 2, 2].
        size: the longer side of the box around each glyph, float64 [N].
        place: the position of the box, float64 [N, 2]; 0 is as far left or up as it can be within the image, and 1 is
            as far right or down.
    """

    labels: Array
    strokes: Array
    matrix: Array
    size: Array
    place: Array


def draw_glyphs(count: int, side: int = SIDE, channels: int = CHANNELS, seed: int = _SEED) -> tuple[Array, Array]:
    """Draws glyphs with random rotations, shears, strokes, sizes, positions and colours.

    Args:
        count: N, 0 or more; with the same seed, a smaller number gives the first images of a larger one.
        side: height and width of the images, 8..256.
        channels: 3 for colour, 1 for the luma of the same colours.
        seed: any whole number from 0 on.

    Returns:
        uint8 [N, side, side, channels], 0..255; int64 [N], indices into ``GLYPH_CLASSES``, which take turns.
    """
    blocks = list(_rows(count, side, channels, seed).blocks(1024))
    images = np.concatenate([np.empty((0, side, side, channels), np.uint8), *blocks])
    return images, _labels(count)


def draw_colours(count: int, seed: int) -> tuple[Array, Array]:
    """Draws pairs of a dark and a light colour; the dark one is the ink of about half of the images.

    Args:
        count: N, 0 or more.
        seed: any whole number from 0 on.

    Returns:
        Red, green and blue of the ink, uint8 [N, 3], and of the paper, uint8 [N, 3]. The luma of one of them is at most
        71, and that of the other is at least 184, of 255.
    """
    values = np.random.Generator(np.random.PCG64([seed, 1])).random((count, 9))
    dark = _scaled(_vivid(values[:, 0:3]), _DARKEST + values[:, 6] * (_DARK - _DARKEST))
    light = 255 - _scaled(_vivid(values[:, 3:6]), 255 - _LIGHTEST + values[:, 7] * (_LIGHTEST - _LIGHT))
    dark_ink = values[:, 8:] < 0.5
    return np.where(dark_ink, dark, light).astype(np.uint8), np.where(dark_ink, light, dark).astype(np.uint8)


def glyphs_source(name: str) -> DataSource:
    """Makes a source of 36,000 images of 36 glyphs, 1,000 of each class.

    The resolution and the channels are those of the settings; those that the settings leave open are taken from the
    name, and are otherwise 32 x 32 in colour.

    Args:
        name: ``glyphs``, or ``glyphs`` with a size: ``glyphs:28x28`` or ``glyphs:28x28x1``.

    Returns:
        The source. Its images are the same everywhere with the same versions of Pillow and FreeType.

    Raises:
        SteadyganError: when the name contains no size, or an impossible one.
    """
    named = (SIDE, CHANNELS) if name == GLYPHS else _named_size(name)

    def read(settings: DataSettings, sink: Sink, workers: int, progress: Progress) -> Outcome:
        side, channels = settings.resolution or named[0], settings.channels or named[1]
        rows = _rows(GLYPH_IMAGES, side, channels, _SEED)
        outcome = read_rows(rows, Classes(_labels(GLYPH_IMAGES), GLYPH_CLASSES), f"'{name}'", settings, sink, progress)
        if name == GLYPHS or (side, channels) == named:
            return outcome
        note = (
            f"'{name}' is drawn as {side}x{side}x{channels}, because the resolution and channels given beside it win."
        )
        return replace(outcome, notes=(*outcome.notes, note))

    made_by = (PIL.__version__, features.version("freetype2"))
    return DataSource(name, repr((name, _VERSION, GLYPH_IMAGES, _SEED, made_by)), read)


def _named_size(name: str) -> tuple[int, int]:
    """Reads the side and the channels from a name such as ``glyphs:28x28x1``."""
    found = _SIZE.fullmatch(name)
    if found is None:
        raise SteadyganError(f"'{name}' does not give a size of images: {_FORM}.")
    height, width, channels = (_number(digits) if digits else CHANNELS for digits in found.groups())
    if not (SMALLEST_RESOLUTION <= height <= LARGEST_RESOLUTION and SMALLEST_RESOLUTION <= width <= LARGEST_RESOLUTION):
        raise SteadyganError(
            f"'{name}' asks for a size beyond {SMALLEST_RESOLUTION} to {LARGEST_RESOLUTION} pixels: {_FORM}."
        )
    if height != width:
        raise SteadyganError(f"'{name}' asks for {height}x{width}, but all images here are square: {_FORM}.")
    if channels not in (1, 3):
        raise SteadyganError(f"'{name}' asks for {channels} channels: use 1 (grey) or 3 (colour).")
    return height, channels


def _number(digits: str) -> int:
    # int() refuses thousands of digits, and a million is out of range already
    return int(digits) if len(digits) < 7 else 10**6


def _labels(count: int) -> Array:
    return np.arange(count, dtype=np.int64) % len(GLYPH_CLASSES)


def _rows(count: int, side: int, channels: int, seed: int) -> ArrayRows:
    """Returns glyphs as rows, which are drawn while they are read."""

    def blocks(length: int) -> Iterator[Array]:
        shapes, (ink, paper) = _draw_shapes(count, seed), draw_colours(count, seed)
        if channels == 1:
            ink, paper = _luma(ink)[:, None], _luma(paper)[:, None]
        for low in range(0, count, length):
            high = min(count, low + length)
            coverage = np.stack([_draw_one(shapes, place, side) for place in range(low, high)])
            yield _coloured(coverage, ink[low:high], paper[low:high])

    return ArrayRows((count, side, side, channels), np.dtype(np.uint8), blocks)


def _draw_shapes(count: int, seed: int) -> _Shapes:
    values = np.random.Generator(np.random.PCG64([seed, 0])).random((count, 7))
    half = _HALF_ANGLE * (2 * values[:, 0] - 1)
    cosine, sine = (1 - half * half) / (1 + half * half), 2 * half / (1 + half * half)
    shear = _SHEAR * (2 * values[:, 1] - 1)
    wide = _NARROWEST + (_WIDEST - _NARROWEST) * values[:, 2]
    # a rotation times [[wide, shear], [0, 1]]
    entries = [cosine * wide, cosine * shear - sine, sine * wide, sine * shear + cosine]
    return _Shapes(
        labels=_labels(count),
        strokes=_THINNEST + (values[:, 3] * _STROKES).astype(np.int64),
        matrix=np.stack(entries, axis=1).reshape(count, 2, 2),
        size=_SMALLEST + (_LARGEST - _SMALLEST) * values[:, 4],
        place=values[:, 5:7],
    )


def _draw_one(shapes: _Shapes, place: int, side: int) -> Array:
    """Computes how much of each pixel the ink covers: uint8 [side, side], 0..255."""
    factor = max(2, _CANVAS // side)
    canvas = side * factor
    stencil = _stencil(int(shapes.labels[place]), int(shapes.strokes[place]), canvas)
    (a, b), (c, d) = shapes.matrix[place].tolist()
    # half the sides of the box around the turned and sheared stencil
    across = (abs(a) * stencil.width + abs(b) * stencil.height) / 2
    down = (abs(c) * stencil.width + abs(d) * stencil.height) / 2
    scale = float(shapes.size[place]) * canvas / (2 * max(across, down))
    right, low = shapes.place[place].tolist()
    x, y = (scale * half + part * (canvas - 2 * scale * half) for half, part in ((across, right), (down, low)))
    # Pillow asks for the inverse, from the canvas to the stencil
    shrink = scale * (a * d - b * c)
    a, b, c, d = d / shrink, -b / shrink, -c / shrink, a / shrink
    back = (a, b, stencil.width / 2 - a * x - b * y, c, d, stencil.height / 2 - c * x - d * y)
    # takes the nearest of many pixels, then their mean, both in integers
    drawn = stencil.transform((canvas, canvas), Image.Transform.AFFINE, back, Image.Resampling.NEAREST)
    return np.asarray(drawn.reduce(factor))


@lru_cache(maxsize=len(GLYPH_CLASSES) * _STROKES)
def _stencil(label: int, stroke: int, size: int) -> Image.Image:
    """Draws one glyph in white on black, cropped to its box."""
    font = _font(size)
    width = round(stroke * size / 100)
    picture = Image.new("L", (2 * size, 2 * size))
    ImageDraw.Draw(picture).text(
        (size // 2, size // 2), GLYPH_CLASSES[label], fill=255, font=font, stroke_width=width, stroke_fill=255
    )
    return picture.crop(picture.getbbox())


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size) if features.check("freetype2") else None
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise SteadyganError(f"'{GLYPHS}' needs a Pillow that was built with FreeType: reinstall Pillow.")
    # the other layout engine is not part of every Pillow
    return font.font_variant(layout_engine=ImageFont.Layout.BASIC)


def _vivid(values: Array) -> Array:
    """Makes colours more saturated: int64 [N, 3], 0..255 each."""
    least = values.min(axis=1, keepdims=True)
    colours: Array = ((values - 0.9 * least) * 255.999).astype(np.int64)
    return colours


def _luma(colours: Array) -> Array:
    rounded: Array = ((colours * _LUMA).sum(axis=1) + 500) // 1000
    return rounded.astype(np.uint8)


def _scaled(colours: Array, luma: Array) -> Array:
    """Darkens colours until their luma is at most the given one: int64 [N, 3]."""
    thousandths = (luma * 1000).astype(np.int64)
    found = np.maximum((colours * _LUMA).sum(axis=1), thousandths)
    darker: Array = colours * thousandths[:, None] // found[:, None]
    return darker


def _coloured(coverage: Array, ink: Array, paper: Array) -> Array:
    """Paints ink over paper: uint8 [n, H, W, C] from the coverage [n, H, W] and colours [n, C]."""
    covered = coverage[..., None].astype(np.uint16)
    # at most 255 * 255 + 127, which uint16 holds
    mixed = covered * ink[:, None, None].astype(np.uint16) + (255 - covered) * paper[:, None, None].astype(np.uint16)
    return ((mixed + np.uint16(127)) // np.uint16(255)).astype(np.uint8)
