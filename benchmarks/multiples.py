"""Draws many small charts of the same form in rows and columns, with Pillow alone."""

from collections.abc import Mapping, Sequence

from PIL import Image, ImageDraw, ImageFont

Chart = Mapping[str, Sequence[float]]
"""Lines by name: values from -1 to 1."""

WIDE, HIGH, GAP = 118, 70, 10
"""Pixels of a chart, and between charts."""
LEFT, TOP, BOTTOM = 190, 62, 44
"""Pixels for names of rows, for the legend and names of columns, and for the axis."""
TEXT, SMALL = 14, 12
SCALE = 2
"""Everything is drawn so many times as large, for screens that show it, and twice that before it is made smooth."""
SMOOTH = 2
COLOURS = ((42, 98, 196), (196, 83, 15), (30, 130, 76), (130, 60, 160))
INK, FAINT, PANEL = (40, 40, 40), (196, 196, 196), (246, 246, 246)


def small_multiples(rows: Mapping[str, Mapping[str, Chart]], steps: Sequence[float]) -> Image.Image:
    """A picture of charts.

    Args:
        rows: by name of the row and of the column: lines with a value for each step. A chart without lines stays
            empty.
        steps: from 0 to 1, along the charts.
    """
    columns = list(next(iter(rows.values())))
    lines = list(dict.fromkeys(name for row in rows.values() for chart in row.values() for name in chart))
    colours = dict(zip(lines, COLOURS, strict=False))
    width = LEFT + len(columns) * (WIDE + GAP) + GAP
    height = TOP + len(rows) * (HIGH + GAP) + BOTTOM
    pen = _Pen(width, height)
    left = LEFT
    for name, colour in colours.items():
        pen.line([(left, 14), (left + 24, 14)], colour, 2)
        pen.text((left + 30, 14), name, "lm")
        left += 130
    for place, column in enumerate(columns):
        pen.text((LEFT + place * (WIDE + GAP) + WIDE / 2, TOP - 14), column, "mm")
    for down, (name, row) in enumerate(rows.items()):
        top = TOP + down * (HIGH + GAP)
        pen.text((LEFT - 12, top + HIGH / 2), name, "rm")
        for place, column in enumerate(columns):
            _chart(pen, LEFT + place * (WIDE + GAP), top, row[column], steps, colours)
    last = TOP + len(rows) * (HIGH + GAP)
    for place in range(len(columns)):
        start = LEFT + place * (WIDE + GAP)
        pen.text((start, last), "0", "la", SMALL)
        pen.text((start + WIDE, last), "1", "ra", SMALL)
    pen.text(
        (LEFT, last + 20), "degree of damage; up is worse; the grey line is where undamaged images are", "la", SMALL
    )
    return pen.picture()


def _chart(
    pen: "_Pen",
    left: float,
    top: float,
    chart: Chart,
    steps: Sequence[float],
    colours: Mapping[str, tuple[int, int, int]],
) -> None:
    if not chart:
        return
    pen.box(left, top, left + WIDE, top + HIGH)
    middle, half = top + HIGH / 2, HIGH / 2 - 4
    pen.line([(left, middle), (left + WIDE, middle)], FAINT, 1)
    for name, values in chart.items():
        points = [
            (left + 4 + step * (WIDE - 8), middle - half * max(-1.0, min(1.0, value)))
            for step, value in zip(steps, values, strict=True)
        ]
        pen.line(points, colours[name], 2)


class _Pen:
    """Draws on a sheet in its own units, larger than it is to be."""

    def __init__(self, width: int, height: int) -> None:
        self.size, self.times = (width * SCALE, height * SCALE), SCALE * SMOOTH
        self.sheet = Image.new("RGB", (width * self.times, height * self.times), "white")
        self.draw = ImageDraw.Draw(self.sheet)

    def line(self, points: Sequence[tuple[float, float]], colour: tuple[int, int, int], width: float) -> None:
        scaled = [(x * self.times, y * self.times) for x, y in points]
        self.draw.line(scaled, colour, round(width * self.times), joint="curve")

    def box(self, left: float, top: float, right: float, bottom: float) -> None:
        self.draw.rectangle([each * self.times for each in (left, top, right, bottom)], PANEL)

    def text(self, place: tuple[float, float], words: str, anchor: str, size: int = TEXT) -> None:
        font = ImageFont.load_default(size * self.times)
        self.draw.text((place[0] * self.times, place[1] * self.times), words, INK, font, anchor)

    def picture(self) -> Image.Image:
        return self.sheet.resize(self.size, Image.Resampling.LANCZOS).quantize(64, dither=Image.Dither.NONE)
