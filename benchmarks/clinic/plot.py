"""Draws two curves over images seen, with the time of a finding tinted; small, and with nothing but Pillow."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

LEFT, RIGHT, TOP, BOTTOM = 54, 8, 22, 20
"""Space around the axes, in pixels."""
FINE = 3
"""Times as large the curves are drawn before they are made small, which smooths them."""
INK, PALE, TINT = (70, 70, 75), (225, 225, 225), (252, 228, 222)
WIDE = 50.0
"""Times the median that the largest value must be for a logarithmic axis."""


@dataclass(frozen=True)
class Line:
    """A curve: pairs of images seen and values, None where a value is missing."""

    points: Sequence[tuple[float, float | None]]
    name: str
    colour: tuple[int, int, int]


def plot(
    lines: Sequence[Line], size: tuple[int, int], found: tuple[float, float], end: float, title: str
) -> Image.Image:
    """Draw the curves.

    Args:
        lines: the curves, the last one above the others.
        size: width and height in pixels.
        found: images seen between which the tint lies.
        end: images seen at the right end.
        title: what the figure is called.
    """
    values = [value for line in lines for _, value in line.points if value is not None and math.isfinite(value)]
    log = min(values, default=0.0) > 0 and max(values) > WIDE * sorted(values)[len(values) // 2]
    scaled = [math.log10(value) if log else value for value in values] or [0.0, 1.0]
    low, high = min(*scaled, *(() if log else (0.0,))), max(scaled)
    high += 0.05 * ((high - low) or 1.0)
    width, height = size

    def place(images: float, value: float) -> tuple[float, float]:
        across = LEFT + (width - LEFT - RIGHT) * images / end
        level = ((math.log10(value) if log else value) - low) / (high - low)
        return FINE * across, FINE * (height - BOTTOM - (height - TOP - BOTTOM) * level)

    large = Image.new("RGB", (FINE * width, FINE * height), "white")
    pen = ImageDraw.Draw(large)
    bottom, top = FINE * (height - BOTTOM), FINE * TOP
    begin, stop = (FINE * (LEFT + (width - LEFT - RIGHT) * each / end) for each in found)
    pen.rectangle((begin, top, stop, bottom), fill=TINT)
    ticks = [low + share * (high - low) for share in (0.0, 0.5, 0.95)]
    for tick in ticks:
        level = FINE * (height - BOTTOM - (height - TOP - BOTTOM) * (tick - low) / (high - low))
        pen.line((FINE * LEFT, level, FINE * (width - RIGHT), level), fill=PALE, width=FINE)
    for line in lines:
        _draw(
            pen,
            [place(at, value) if value is not None else None for at, value in line.points if at <= end],
            line.colour,
        )
    picture = large.resize(size, Image.Resampling.LANCZOS)
    _label(picture, title + (", log scale" if log else ""), [10**tick if log else tick for tick in ticks], end)
    return picture


def _draw(pen: ImageDraw.ImageDraw, places: Sequence[tuple[float, float] | None], colour: tuple[int, int, int]) -> None:
    """A curve with gaps where a place is None."""
    stretch: list[tuple[float, float]] = []
    for place in [*places, None]:
        if place is not None:
            stretch.append(place)
            continue
        if len(stretch) > 1:
            pen.line(stretch, fill=colour, width=2 * FINE, joint="curve")
        elif stretch:
            (across, level) = stretch[0]
            pen.ellipse((across - 4, level - 4, across + 4, level + 4), fill=colour)
        stretch = []


def _label(picture: Image.Image, title: str, ticks: Sequence[float], end: float) -> None:
    """The title, the values of the ticks, and images seen at the end."""
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(size=12)
    width, height = picture.size
    pen.text((LEFT, 3), title, fill=INK, font=font)
    for tick, share in zip(ticks, (0.0, 0.5, 0.95), strict=True):
        level = height - BOTTOM - (height - TOP - BOTTOM) * share
        pen.text((LEFT - 5, level), f"{tick:.2g}", fill=INK, font=font, anchor="rm")
    pen.text((LEFT, height - 16), "0", fill=INK, font=font)
    pen.text((width - RIGHT, height - 16), f"{end:,.0f} images", fill=INK, font=font, anchor="ra")
