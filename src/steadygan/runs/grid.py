"""Pictures of many images, or of many points."""

import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from steadygan.arrays import Array
from steadygan.runs.folder import write_atomically

GAP = 2
BACKGROUND = 255
CANVAS = 480
"""Side of a scatter plot in pixels."""
GENERATED, REAL, PALE = (196, 83, 15), (42, 98, 196), (174, 200, 242)
"""Colours of generated points, of real ones, and of real ones that others are compared with."""
ROWS = "rows"
"""The key under which a PNG holds the names of its rows, a JSON list."""
SMALL = 32
"""Images smaller than this are enlarged by whole factors in a grid, so that a person can see them."""


def image_grid(images: Array, columns: int | None = None, scale: int | None = None) -> Image.Image:
    """Lay images out in rows.

    Args:
        images: uint8 [N, H, W, C], C 1 or 3, N at least 1.
        columns: how many in a row; the square root of N when None.
        scale: how many times as large each image is drawn; when None, as often as small images need to be seen.

    Returns:
        The picture.
    """
    count, height, width, channels = images.shape
    columns = columns or int(np.ceil(np.sqrt(count)))
    rows = -(-count // columns)
    factor = max(1, SMALL // height) if scale is None else scale
    height, width = height * factor, width * factor
    sheet = np.full((rows * (height + GAP) + GAP, columns * (width + GAP) + GAP, channels), BACKGROUND, np.uint8)
    for index, image in enumerate(images):
        top = GAP + (index // columns) * (height + GAP)
        left = GAP + (index % columns) * (width + GAP)
        sheet[top : top + height, left : left + width] = enlarged(image, factor)
    return as_picture(sheet)


def enlarged(image: Array, scale: int) -> Array:
    """An image in which every pixel is a square of ``scale`` by ``scale`` pixels: uint8 [H, W, C]."""
    return image.repeat(scale, 0).repeat(scale, 1)


def as_picture(image: Array) -> Image.Image:
    """An image as Pillow knows it.

    Args:
        image: uint8 [H, W, C], C 1 or 3.
    """
    return Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)


def scatter(
    points: Array,
    low: Array,
    high: Array,
    behind: Array | None = None,
    colour: tuple[int, int, int] = GENERATED,
) -> Image.Image:
    """Draw the first two numbers of vectors as points.

    Args:
        points: float32 [N, D]; for D = 1 the second is 0.
        low: lower corner of what is shown, [2].
        high: upper corner, [2].
        behind: further points [M, D] to compare with, drawn pale and below the others.
        colour: of the points, red, green and blue, 0..255 each.

    Returns:
        A square picture.
    """
    picture = Image.new("RGB", (CANVAS, CANVAS), "white")
    draw = ImageDraw.Draw(picture)
    for drawn, radius, shade in ((behind, 3.0, PALE), (points, 1.5, colour)):
        if drawn is not None:
            _dots(draw, _canvas_positions(drawn, low, high), radius, shade)
    return picture


def _canvas_positions(points: Array, low: Array, high: Array) -> Array:
    """The pixels of points on the canvas; points outside, or not finite, lie at its edge."""
    span = np.maximum(high - low, 1e-9)
    positions: Array = np.nan_to_num((plane(points).astype(np.float64) - low) / span).clip(-0.02, 1.02) * (CANVAS - 1)
    return positions


def _dots(draw: ImageDraw.ImageDraw, positions: Array, radius: float, colour: tuple[int, int, int]) -> None:
    for x, y in positions:
        draw.ellipse((x - radius, CANVAS - y - radius, x + radius, CANVAS - y + radius), fill=colour)


def plane(points: Array) -> Array:
    """The first two numbers of each vector, [N, 2]."""
    if points.shape[1] == 1:
        return np.concatenate([points, np.zeros_like(points)], 1)
    return points[:, :2]


def save_picture(picture: Image.Image, path: Path, rows: Sequence[str] = ()) -> None:
    """Write a PNG, whole or not at all.

    Args:
        picture: what is in it.
        path: where to.
        rows: names of its rows, from the top, which go into the file beside the pixels.
    """
    info = PngInfo()
    if rows:
        info.add_text(ROWS, json.dumps(list(rows)))  # escaped, because such texts are Latin-1
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", pnginfo=info)
    write_atomically(path, buffer.getvalue())
