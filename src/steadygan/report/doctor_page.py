"""The page of a training that has no run folder, as the doctor saw it."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
from torch import Tensor

from steadygan.arrays import Array
from steadygan.doctor.finding import Finding
from steadygan.errors import SteadyganError
from steadygan.report.curves import charts
from steadygan.report.pictures import Frame, Picture, embedded
from steadygan.report.read import Table
from steadygan.report.templating import environment, parts
from steadygan.runs.grid import GENERATED, REAL, image_grid, scatter

_SLACK = 0.05
"""How far values may be outside of a usual range without being of another one."""


@dataclass(frozen=True)
class Page:
    """What is on the page.

    Attributes:
        title: its heading.
        rows: figures, oldest first, each with ``images``.
        findings: in the order of time.
        images: real images seen.
        unjudged: sentences about what could not be judged.
        note: a sentence about how the findings were made; empty if there is nothing to say.
        pictures: images seen, and generated items then: images [N, C, H, W] or vectors [N, D]; oldest first.
        real: real items; None where there are none.
        same_latents: whether the generated items are of the same latents at every moment.
    """

    title: str
    rows: Sequence[Table]
    findings: Sequence[Finding]
    images: int
    unjudged: Sequence[str] = ()
    note: str = ""
    pictures: Sequence[tuple[int, Tensor]] = ()
    real: Tensor | None = None
    same_latents: bool = False


def write_page(page: Page, path: Path) -> Path:
    """Write a page as one HTML file that loads nothing.

    Args:
        page: what is on it.
        path: where to; what is there is replaced.

    Returns:
        The same path.

    Raises:
        SteadyganError: when it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(render(page).encode("utf-8", "replace"))
    except OSError as error:
        raise SteadyganError(
            f"Cannot write the report '{path}': {error.strerror or error}; choose another place for it"
        ) from None
    return path


def render(page: Page) -> str:
    """The page as HTML."""
    limits = _limits(page)
    shown = [Frame(images, _drawn(items, limits, GENERATED)) for images, items in page.pictures]
    return (
        environment()
        .get_template("doctor_page.html")
        .render(
            name=page.title,
            images=page.images,
            lasting=sorted((each for each in page.findings if not each.ended_at), key=lambda each: -each.severity.rank),
            ended=[each for each in page.findings if each.ended_at],
            unjudged=page.unjudged,
            note=page.note,
            frames=shown,
            frames_left_out=0,
            real=None if page.real is None else _drawn(page.real, limits, REAL),
            vectors=page.real is not None and page.real.ndim == 2,
            flattened=False,
            classes=0,
            same_latents=page.same_latents,
            version=version("steadygan"),
            found=(),
            **parts(charts(page.rows)),
        )
    )


def _limits(page: Page) -> tuple[Array, Array]:
    """The lowest and the highest value of what is drawn, of images [1] each, of vectors [2] each: those of the data."""
    items = page.real if page.real is not None else page.pictures[-1][1] if page.pictures else None
    if items is None:
        return np.zeros(1), np.ones(1)
    values = items.numpy().astype(np.float64)
    values = values[:, :2] if values.ndim == 2 else values.reshape(-1, 1)
    values = np.where(np.isfinite(values), values, np.nan)
    if not np.isfinite(values).any(0).all():
        return np.zeros(1), np.ones(1)
    low, high = np.nanmin(values, 0), np.nanmax(values, 0)
    if items.ndim == 2:
        margin = 0.1 * (high - low)
        return low - margin, high + margin
    for usual in ((0.0, 1.0), (-1.0, 1.0)):
        if usual[0] - _SLACK <= low[0] and high[0] <= usual[1] + _SLACK:
            return np.array(usual[:1]), np.array(usual[1:])
    return low, high


def _drawn(items: Tensor, limits: tuple[Array, Array], colour: tuple[int, int, int]) -> Picture:
    low, high = limits
    if items.ndim == 2:
        return embedded(scatter(items.numpy(), low, high, colour=colour))
    scaled = (items.numpy() - low) / max(float(high[0] - low[0]), 1e-9)
    pixels = (np.nan_to_num(scaled.clip(0, 1)) * 255).round().astype(np.uint8).transpose(0, 2, 3, 1)
    return embedded(image_grid(pixels if pixels.shape[-1] in (1, 3) else pixels[..., :1]))
