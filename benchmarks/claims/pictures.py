"""Draws paths of the Dirac-GAN and the bilinear game for docs/claims.md, with nothing but Pillow.

python -m benchmarks.claims.pictures docs/images
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from benchmarks.claims import bilinear, dirac

SIDE, GAP, HEAD, FINE, COLUMNS = 200, 10, 22, 3, 4
"""Pixels of a panel, between panels and above them; times as large they are drawn at first; panels in a row."""
REACH = 2.2
"""What a panel shows: -REACH to REACH of both players' weights; what leaves it is cut off."""
INK, PALE, PATH, END = (70, 70, 75), (225, 225, 225), (38, 99, 160), (196, 60, 40)


def panel(path: Tensor, title: str) -> Image.Image:
    """A path around the solution: the generator's point to the right, the discriminator's weight upwards.

    Args:
        path: float64 [steps, 2].
        title: what is written above it.
    """
    large = Image.new("RGB", (FINE * SIDE, FINE * SIDE), "white")
    pen, middle = ImageDraw.Draw(large), FINE * SIDE / 2
    pen.line((0, middle, 2 * middle, middle), fill=PALE, width=FINE)
    pen.line((middle, 0, middle, 2 * middle), fill=PALE, width=FINE)
    places = [(middle * (1 + x / REACH), middle * (1 - y / REACH)) for x, y in path.tolist()]
    pen.line(places, fill=PATH, width=FINE, joint="curve")
    for place, colour in ((places[0], INK), (places[-1], END)):
        across, level = place
        pen.ellipse((across - 9, level - 9, across + 9, level + 9), fill=colour)
    pen.rectangle((0, 0, 2 * middle - 1, 2 * middle - 1), outline=PALE, width=FINE)
    found = Image.new("RGB", (SIDE, SIDE + HEAD), "white")
    found.paste(large.resize((SIDE, SIDE), Image.Resampling.LANCZOS), (0, HEAD))
    ImageDraw.Draw(found).text((2, 3), title, fill=INK, font=ImageFont.load_default(size=13))
    return found


def sheet(paths: Mapping[str, Tensor]) -> Image.Image:
    """A panel for each path, in rows."""
    rows = -(-len(paths) // COLUMNS)
    size = COLUMNS * (SIDE + GAP) - GAP, rows * (SIDE + HEAD + GAP) - GAP
    found = Image.new("RGB", size, "white")
    for place, (title, path) in enumerate(paths.items()):
        row, column = divmod(place, COLUMNS)
        found.paste(panel(path, title), (column * (SIDE + GAP), row * (SIDE + HEAD + GAP)))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    sheet(dirac.pictured()).save(folder / "claims-dirac.png", optimize=True)
    sheet(bilinear.pictured()).save(folder / "claims-bilinear.png", optimize=True)


if __name__ == "__main__":
    main()
