"""What the command line makes of a trained generator: pictures, folders, arrays, walks."""

import io
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from steadygan.amounts import things
from steadygan.arrays import Array
from steadygan.errors import SteadyganError
from steadygan.ffmpeg import ENCODERS, find_ffmpeg, write_film
from steadygan.heuristics.latents import slerp
from steadygan.runs.export import TrainedGenerator
from steadygan.runs.folder import write_atomically, write_errors_as_sentences
from steadygan.runs.grid import as_picture, enlarged, image_grid, plane, save_picture, scatter

FRAME_MILLISECONDS = 60
PICTURES = (".png", ".jpg", ".jpeg", ".webp")
"""Suffixes of pictures that samples go to."""
FILMS = (".gif", ".webp", *ENCODERS)
"""Suffixes of films that walks go to."""
LARGEST_SCALE = 64
_LONGEST_SIDES = {".jpg": 65_500, ".jpeg": 65_500, ".webp": 16_383, ".gif": 65_535, ".mp4": 16_384, ".webm": 16_384}
"""Pixels of a side, as far as the kind of file or its encoder limits them."""


def write_samples(
    generator: TrainedGenerator,
    count: int,
    out: Path,
    seed: int = 0,
    truncation: float | None = None,
    class_name: str | None = None,
    scale: int | None = None,
) -> str:
    """Make samples and write them in the form that the name of ``out`` asks for.

    Args:
        generator: of a run.
        count: how many, at least 1.
        out: one of :data:`PICTURES` for one grid, ``.npz`` for an array (``images`` or ``points``), no suffix for a
            folder of PNGs.
        seed: the same seed gives the same samples.
        truncation: keep latents to the middle of their distribution.
        class_name: the class of all of them; None for all classes, which a grid shows in order.
        scale: how many times as large images are written, 1 to 64, each pixel as a square; when None, a grid shows
            small images as large as they need to be seen, and a folder holds them as they are.

    Returns:
        What was written, in words.

    Raises:
        SteadyganError: for another suffix, a scale where nothing is enlarged, or when it cannot be written.
    """
    if count < 1:
        raise SteadyganError(f"Cannot make {count} samples; give a number of at least 1")
    suffix = "" if out.is_dir() else out.suffix.lower()
    is_vectors = generator.config.scaling.image_range is None
    if suffix not in ("", ".npz", *PICTURES):
        raise SteadyganError(
            f"Cannot write '{out}': samples go to a .png, .jpg or .webp grid, an .npz array, or a folder (no suffix)"
        )
    if suffix == "" and is_vectors:
        raise SteadyganError(f"Cannot write vectors to the folder '{out}'; give a name that ends in .npz or .png")
    _check_scale(scale, enlarges=suffix != ".npz" and not is_vectors)
    labels = generator.labels(count, seed, class_name)
    columns = None
    if suffix in PICTURES and not is_vectors and labels is not None and class_name is None:
        labels, columns = _in_order(count, len(generator.config.class_shares))
    made = generator.images(generator.latents(count, seed, truncation), seed, labels).numpy()
    if suffix == ".npz":
        _write_array(out, "points" if is_vectors else "images", made)
    elif suffix == "":
        _write_folder(out, made, scale or 1)
    else:
        _write_picture(_scatter(made) if is_vectors else image_grid(made, columns, scale), out)
    return f"{things(count, 'point' if is_vectors else 'image')} in {out}"


def _check_scale(scale: int | None, enlarges: bool) -> None:
    """Refuse an impossible scale, and one that would change nothing."""
    if scale is None:
        return
    if not 1 <= scale <= LARGEST_SCALE:
        raise SteadyganError(f"--scale is {scale}; give a whole number from 1 to {LARGEST_SCALE}")
    if not enlarges:
        raise SteadyganError("--scale enlarges images in pictures, folders and walks; leave it out for other outputs")


def _in_order(count: int, classes: int) -> tuple[torch.Tensor, int | None]:
    """Labels class by class, and the columns with which each class has its rows to itself."""
    columns = count // classes
    return torch.arange(count) * classes // count, columns if columns and count % classes == 0 else None


def _scatter(points: Array) -> Image.Image:
    flat = plane(points)
    low, high = flat.min(0), flat.max(0)
    margin = 0.15 * np.maximum(high - low, 1e-6)
    return scatter(points, low - margin, high + margin)


def _write_picture(picture: Image.Image, out: Path) -> None:
    """Write a picture in the form that its name asks for, as faithfully as that form can."""
    suffix = out.suffix.lower()
    if suffix == ".png":
        save_picture(picture, out)
        return
    _check_size(picture, out)
    buffer = io.BytesIO()
    if suffix == ".webp":
        picture.save(buffer, "WEBP", lossless=True)
    else:
        picture.save(buffer, "JPEG", quality=95, subsampling=0)
    write_atomically(out, buffer.getvalue())


def _check_size(picture: Image.Image, out: Path) -> None:
    longest = _LONGEST_SIDES[out.suffix.lower()]
    if max(picture.size) > longest:
        raise SteadyganError(
            f"Cannot write '{out}': {picture.width} by {picture.height} pixels are more than the {longest} that such a "
            "file holds in a row; lower -n or --scale"
        )


def _write_array(out: Path, key: str, made: Array) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{key: made})  # type: ignore[arg-type]
    write_atomically(out, buffer.getvalue())


def _write_folder(out: Path, images: Array, scale: int) -> None:
    if out.is_dir() and any(out.iterdir()):
        raise SteadyganError(f"The folder '{out}' is not empty; give a new one, so that no image is mixed with others")
    digits = len(str(len(images) - 1))
    with write_errors_as_sentences(out):
        out.mkdir(parents=True, exist_ok=True)
        for place, image in enumerate(images):
            as_picture(enlarged(image, scale)).save(out / f"{place:0{digits}d}.png")


def write_walk(
    generator: TrainedGenerator,
    out: Path,
    count: int,
    stops: int,
    frames: int,
    seed: int = 0,
    class_name: str | None = None,
    scale: int | None = None,
) -> str:
    """Write an endless walk along great circles between random latents.

    Args:
        generator: of a run that makes images.
        out: ``.gif`` or ``.webp``; with the program ffmpeg also ``.mp4`` or ``.webm``.
        count: how many walks side by side.
        stops: latents that each walk passes.
        frames: from one stop to the next.
        seed: the same seed gives the same walk.
        class_name: the class of all of them; None to draw each walk's.
        scale: how many times as large images are drawn, 1 to 64; when None, as small images need to be seen.

    Returns:
        What was written, in words.

    Raises:
        SteadyganError: for vectors, another suffix, numbers below 1, without a needed ffmpeg, or when it cannot be
            written.
    """
    if generator.config.scaling.image_range is None:
        raise SteadyganError("This run makes vectors, which have no walk to look at; use `steadygan sample`")
    suffix = out.suffix.lower()
    if suffix not in FILMS:
        raise SteadyganError(f"Cannot write '{out}': a walk goes to a .gif, .webp, .mp4 or .webm")
    if suffix in ENCODERS:
        find_ffmpeg(out)  # before anything is made
    _check_scale(scale, enlarges=True)
    if min(count, frames) < 1 or stops < 2:
        raise SteadyganError("A walk needs at least 1 image (-n), 2 stops and 1 frame between stops")
    labels = generator.labels(count, seed, class_name)
    pictures = (
        image_grid(generator.images(latents, seed, labels).numpy(), scale=scale)
        for latents in _path(generator, count, stops, frames, seed)
    )
    first = next(pictures)
    _check_size(first, out)
    if suffix in ENCODERS:
        write_film(chain((first,), pictures), out, FRAME_MILLISECONDS)
    else:
        buffer = io.BytesIO()
        first.save(buffer, suffix[1:], save_all=True, append_images=pictures, duration=FRAME_MILLISECONDS, loop=0)
        write_atomically(out, buffer.getvalue())
    return f"{things(stops * frames, 'frame')} of {things(count, 'image')} in {out}"


def _path(generator: TrainedGenerator, count: int, stops: int, frames: int, seed: int) -> Iterator[torch.Tensor]:
    """Latents of each frame; the last stop leads back to the first."""
    places = generator.latents(count * stops, seed).view(stops, count, -1)
    for stop in range(stops):
        for frame in range(frames):
            yield slerp(places[stop], places[(stop + 1) % stops], frame / frames)
