"""Sample grids as data URIs, few and small enough for one page."""

import base64
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from PIL import Image

from steadygan.report.read import texts
from steadygan.runs.folder import RunFolder
from steadygan.runs.grid import ROWS

T = TypeVar("T")

FRAMES = 40
"""The most grids on the page."""
_LARGEST = 300_000
_LARGEST_SIDE = 1280
_COLUMN = 560
"""Width of a picture on the page where there is room for two, beside short names of rows."""
_MOST_ROWS = 64
"""More names than this would not fit beside a picture."""


@dataclass(frozen=True)
class Picture:
    """A picture inside the page.

    Attributes:
        uri: its content.
        width: of the content, in pixels.
        height: of the content, in pixels.
        reduced: whether it was compressed to keep the page small.
        rows: names of its rows, from the top; none if its rows mean nothing.
    """

    uri: str
    width: int
    height: int
    reduced: bool
    rows: tuple[str, ...] = ()

    @property
    def small(self) -> bool:
        """Whether it is shown larger than it is, so that its pixels should stay square."""
        return self.width <= _COLUMN

    @property
    def shown_width(self) -> int:
        """The widest that a small picture is shown, in pixels: a whole multiple, so that all its pixels look alike."""
        return max(1, _COLUMN // self.width) * self.width


@dataclass(frozen=True)
class Frame:
    """A sample grid and its place in time."""

    images: int
    picture: Picture


def frames(folder: RunFolder, limit: int = FRAMES) -> list[Frame]:
    """Sample grids spread evenly over the run, oldest first; damaged ones are left out."""
    found = [(images, picture(path)) for images, path in evenly(folder.sample_grids(), limit)]
    return [Frame(images, shown) for images, shown in found if shown is not None]


def real_picture(folder: RunFolder) -> Picture | None:
    """The grid of real images, if there is one."""
    return picture(folder.samples / "real.png")


def evenly(items: Sequence[T], limit: int) -> list[T]:
    """At most ``limit`` (at least 2) items in equal steps; the first and the last are among them."""
    if len(items) <= limit:
        return list(items)
    last = len(items) - 1
    return [items[round(index * last / (limit - 1))] for index in range(limit)]


def picture(path: Path) -> Picture | None:
    """One picture as a data URI, or None when it is missing or damaged.

    A PNG above 300 kB is stored as a JPEG of at most 1,280 pixels a side instead.
    """
    if not path.is_file():
        return None
    try:
        content = path.read_bytes()
        with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
            image.load()
            if len(content) <= _LARGEST:
                return Picture(_uri("image/png", content), image.width, image.height, False, _rows(image))
            rows = _rows(image)
            smaller = image.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
    smaller.thumbnail((_LARGEST_SIDE, _LARGEST_SIDE), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    smaller.save(buffer, "JPEG", quality=88)
    return Picture(_uri("image/jpeg", buffer.getvalue()), smaller.width, smaller.height, True, rows)


def _rows(image: Image.Image) -> tuple[str, ...]:
    """The names of the rows that training wrote into the file; none if they are damaged."""
    try:
        names = texts(json.loads(image.info.get(ROWS, "")))
    except (TypeError, ValueError, RecursionError):
        return ()
    return names if len(names) <= _MOST_ROWS else ()


def _uri(kind: str, content: bytes) -> str:
    """Content as a data URI."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def embedded(image: Image.Image) -> Picture:
    """A picture that lies in no file, as a PNG."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return Picture(_uri("image/png", buffer.getvalue()), image.width, image.height, False)
