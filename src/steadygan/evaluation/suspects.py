"""Pictures of the samples that are most likely copies, each above the training image that is nearest to it."""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from steadygan.arrays import Array
from steadygan.evaluation.material import Material
from steadygan.metrics.memorisation import Nearest
from steadygan.runs.grid import BACKGROUND, as_picture, enlarged, save_picture

PAIRS, COLUMNS = 24, 12
"""Pairs of samples in a picture, and in a row; of held-out images there is one row."""
SIDE, GAP, LINE, TEXT = 64, 4, 20, 13
"""Pixels of a small image when it is enlarged, between pairs, of a line of text, and of its letters."""
INK = (60, 60, 60)
FILES = {"features": Path("nearest-by-features.png"), "pixels": Path("nearest-by-pixels.png")}


def write_suspects(real: Material, fake: Material, held_out: Material, out: Path) -> None:
    """Write a picture of the most suspicious pairs by features, and another by pixels.

    Args:
        real: the reference.
        fake: the samples, of which the nearest items are known.
        held_out: the held-out items, likewise; their pairs show how near unseen images come by chance.
        out: the folder for the pictures.
    """
    for name, path in FILES.items():
        pairs = [_nearest(each, name) for each in (fake, held_out)]
        save_picture(suspects(real, fake, held_out, pairs[0], pairs[1], name), out / path)


def _nearest(items: Material, name: str) -> Nearest:
    found = items.nearest if name == "features" else items.nearest_pixels
    assert found is not None  # with_nearest() has found them
    return found


def suspects(
    real: Material, fake: Material, held_out: Material, of_fake: Nearest, of_held_out: Nearest, name: str
) -> Image.Image:
    """Lay out the pairs with the smallest distances, the smallest first.

    Args:
        real: the reference.
        fake: the samples.
        held_out: the held-out items.
        of_fake: the nearest item of the reference for each sample.
        of_held_out: the same for each held-out item.
        name: by what they are nearest.
    """
    usual = max(float(of_held_out.distances.median()), 1e-12)
    blocks = [
        _line(f"Samples nearest to a training image by {name}, each above that image, with its distance"),
        _line("as a share of the usual one between held-out real images and the training images"),
        *_rows(fake, real, of_fake, PAIRS, usual),
        _line("For comparison: the held-out real images that are nearest to a training image"),
        *_rows(held_out, real, of_held_out, COLUMNS, usual),
    ]
    width, height = max(block.width for block in blocks), sum(block.height + GAP for block in blocks) + GAP
    sheet = Image.new("RGB", (width + 2 * GAP, height), "white")
    top = GAP
    for block in blocks:
        sheet.paste(block, (GAP, top))
        top += block.height + GAP
    return sheet


def _rows(items: Material, real: Material, nearest: Nearest, count: int, usual: float) -> list[Image.Image]:
    order = nearest.distances.argsort()[:count]
    above = items.rows(order.numpy())
    below = real.rows(nearest.indices[order].numpy())
    shares = (nearest.distances[order] / usual).tolist()
    return [
        _row(above[low : low + COLUMNS], below[low : low + COLUMNS], shares[low : low + COLUMNS])
        for low in range(0, len(above), COLUMNS)
    ]


def _row(above: Array, below: Array, shares: list[float]) -> Image.Image:
    scale = max(1, SIDE // above.shape[1])
    side = above.shape[1] * scale
    row = Image.new("RGB", (COLUMNS * (side + GAP), 2 * side + LINE), (BACKGROUND,) * 3)
    draw, font = ImageDraw.Draw(row), ImageFont.load_default(TEXT)
    for place, (upper, lower, share) in enumerate(zip(above, below, shares, strict=True)):
        left = place * (side + GAP)
        row.paste(as_picture(enlarged(upper, scale)).convert("RGB"), (left, 0))
        row.paste(as_picture(enlarged(lower, scale)).convert("RGB"), (left, side))
        draw.text((left + side / 2, 2 * side + 2), f"{share:.2f}", INK, font, anchor="ma")
    return row


def _line(text: str) -> Image.Image:
    font = ImageFont.load_default(TEXT)
    line = Image.new("RGB", (int(font.getlength(text)) + GAP, LINE), "white")
    ImageDraw.Draw(line).text((0, 2), text, INK, font)
    return line
