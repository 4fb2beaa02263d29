"""Draws many small charts of the same form in rows and columns, with Pillow alone."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

Chart = Mapping[str, Sequence[float]]
"""Values of lines by name."""

WIDE, HIGH, GAP = 118, 70, 10
"""Pixels of a chart, and between charts."""
LEFT, TOP, BOTTOM = 190, 62, 44
"""Pixels for names of rows, for the legend and names of columns, and for the axis."""
TEXT, SMALL = 14, 12
SCALE = 2
"""Everything is drawn so many times as large, for screens that show it, and twice that before it is made smooth."""
SMOOTH = 2
COLOURS = ((42, 98, 196), (196, 83, 15), (30, 130, 76), (130, 60, 160))
INK, BAND, PANEL = (40, 40, 40), (218, 218, 218), (246, 246, 246)


def small_multiples(
    rows: Mapping[str, Mapping[str, Chart]], steps: Sequence[float], band: float, legend: str
) -> Image.Image:
    """A picture of charts, all on the same scale.

    Args:
        rows: by name of the row and of the column: lines with a value for each step. A chart without lines stays
            empty.
        steps: from 0 to 1, along the charts.
        band: values nearer to 0 than this lie in a grey band.
        legend: a sentence about the axes.
    """
    columns = list(next(iter(rows.values())))
    charts = [chart for row in rows.values() for chart in row.values()]
    colours = dict(zip(dict.fromkeys(name for chart in charts for name in chart), COLOURS, strict=False))
    values = [value for chart in charts for line in chart.values() for value in line]
    scale = _Scale(min(-band, *values), max(band, *values), band)
    pen = _Pen(LEFT + len(columns) * (WIDE + GAP) + GAP, TOP + len(rows) * (HIGH + GAP) + BOTTOM)
    for place, (name, colour) in enumerate(colours.items()):
        left = LEFT + 120 * place
        pen.line([(left, 14), (left + 24, 14)], colour, 3)
        pen.text((left + 30, 14), name, "lm")
    for down, (name, row) in enumerate(rows.items()):
        top = TOP + down * (HIGH + GAP)
        pen.text((LEFT - 12, top + HIGH / 2), name, "rm")
        for place, column in enumerate(columns):
            _chart(pen, LEFT + place * (WIDE + GAP), top, row[column], steps, colours, scale)
    last = TOP + len(rows) * (HIGH + GAP)
    for place, column in enumerate(columns):
        start = LEFT + place * (WIDE + GAP)
        pen.text((start + WIDE / 2, TOP - 14), column, "mm")
        pen.text((start, last), "0", "la", SMALL)
        pen.text((start + WIDE, last), "1", "ra", SMALL)
    pen.text((LEFT, last + 20), legend, "la", SMALL)
    return pen.picture()


class _Scale(NamedTuple):
    """From the lowest value to the highest, with the band around 0."""

    low: float
    high: float
    band: float

    def height(self, value: float) -> float:
        """Pixels below the top of a chart."""
        return 4 + (HIGH - 8) * (self.high - value) / (self.high - self.low)


def _chart(
    pen: "_Pen",
    left: float,
    top: float,
    chart: Chart,
    steps: Sequence[float],
    colours: Mapping[str, tuple[int, int, int]],
    scale: _Scale,
) -> None:
    if not chart:
        return
    pen.box(left, top, left + WIDE, top + HIGH, PANEL)
    pen.box(left, top + scale.height(scale.band), left + WIDE, top + scale.height(-scale.band), BAND)
    for order, (name, values) in enumerate(chart.items()):
        places = zip(steps, values, strict=True)
        points = [(left + 4 + step * (WIDE - 8), top + scale.height(value)) for step, value in places]
        pen.line(points, colours[name], max(1.0, 3.4 - 0.9 * order))  # the first ones show beneath the others


class _Pen:
    """Draws on a sheet in its own units, larger than it is to be."""

    def __init__(self, width: int, height: int) -> None:
        self.size, self.times = (width * SCALE, height * SCALE), SCALE * SMOOTH
        self.sheet = Image.new("RGB", (width * self.times, height * self.times), "white")
        self.draw = ImageDraw.Draw(self.sheet)

    def line(self, points: Sequence[tuple[float, float]], colour: tuple[int, int, int], width: float) -> None:
        scaled = [(x * self.times, y * self.times) for x, y in points]
        self.draw.line(scaled, colour, round(width * self.times), joint="curve")

    def box(self, left: float, top: float, right: float, bottom: float, colour: tuple[int, int, int]) -> None:
        self.draw.rectangle([each * self.times for each in (left, top, right, bottom)], colour)

    def text(self, place: tuple[float, float], words: str, anchor: str, size: int = TEXT) -> None:
        font = ImageFont.load_default(size * self.times)
        self.draw.text((place[0] * self.times, place[1] * self.times), words, INK, font, anchor)

    def picture(self) -> Image.Image:
        return self.sheet.resize(self.size, Image.Resampling.LANCZOS).quantize(64, dither=Image.Dither.NONE)
