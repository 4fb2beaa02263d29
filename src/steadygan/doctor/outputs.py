"""Signals in generated items beside real ones: cheap enough for a look every few steps, at a few dozen of each."""

import torch
import torch.nn.functional as F
from torch import Tensor

SIDE = 8
"""Side of the thumbnails in which images are compared: what they show, without texture and noise."""
EXTREME = 0.99
"""Of the largest value that a network puts out, which is 1: what lies beyond counts as saturated."""
TWIN = 0.25
"""Of the usual distance of a real item to its nearest: two fakes that are nearer than this are twins."""


def thumbnails(items: Tensor) -> Tensor:
    """Items as points that can be compared.

    Args:
        items: images, float [N, C, H, W], or vectors, float [N, D].

    Returns:
        float32 [N, C * 8 * 8], or the vectors as they are.
    """
    items = items.detach().float()
    if items.ndim == 2:
        return items
    return F.adaptive_avg_pool2d(items, SIDE).flatten(1)


def spread(points: Tensor) -> float:
    """The mean distance of two different points of float [N, D]."""
    return float(torch.pdist(points.double()).mean()) if len(points) > 1 else float("nan")


def nearest(points: Tensor, others: Tensor | None = None) -> Tensor:
    """The distance of each point of [N, D] to the nearest of others, or of the same set without itself: float64 [N]."""
    same = others is None
    distances = torch.cdist(points.double(), (points if others is None else others).double())
    if same:
        distances.fill_diagonal_(float("inf"))
    return distances.min(1).values


def energy_distance(real: Tensor, fake: Tensor) -> float:
    """How far the points of two sets lie apart as distributions, in units of the mean distance of real points.

    Args:
        real: float [N, D].
        fake: float [M, D].

    Returns:
        About 0 if both sets are of one distribution, and 2 if fakes are far away and all alike; unbiased, so that it
        may be a little below 0. NaN if all real points are alike.

    Source: Székely and Rizzo 2013, "Energy statistics", equation 2.5, over E|X - X'|.
    """
    return _energy(real, fake, spread(real), spread(fake))


def _energy(real: Tensor, fake: Tensor, real_spread: float, fake_spread: float) -> float:
    between = float(torch.cdist(real.double(), fake.double()).mean())
    return (2 * between - real_spread - fake_spread) / real_spread if real_spread > 0 else float("nan")


def comparison(real: Tensor, fake: Tensor) -> dict[str, float]:
    """What tells fakes from reals without any network.

    Args:
        real: images, float [N, C, H, W] in [-1, 1], or vectors, float [N, D].
        fake: the same, [M, ...].

    Returns:
        ``variety``: mean distance of two fakes over that of two reals. ``twins``: share of fakes that have another
        one very near. ``distance``: see :func:`energy_distance`. Of images also ``mean_gap``: the largest difference of
        a channel's means, in standard deviations of the reals; ``contrast``: their standard deviation over that of
        reals; ``detail``: the same of what a blur takes away; ``saturated``: the share of values at the limits, less
        that of reals; ``lowest`` and ``highest``: the ends of the range of fakes, and ``lowest/data`` and
        ``highest/data`` of that of reals. Empty where a number is not finite.
    """
    if not (bool(real.isfinite().all()) and bool(fake.isfinite().all())):
        return {}
    points, others = thumbnails(real), thumbnails(fake)
    usual, own = spread(points), spread(others)
    found = {
        "variety": own / usual if usual > 0 else float("nan"),
        "twins": float((nearest(others) < TWIN * nearest(points).median()).double().mean()),
        "distance": _energy(points, others, usual, own),
    }
    return found | (_of_images(real.detach().float(), fake.detach().float()) if real.ndim == 4 else {})


def _of_images(real: Tensor, fake: Tensor) -> dict[str, float]:
    by_channel = (0, 2, 3)
    deviation = real.std(by_channel).clamp(min=1e-3)
    return {
        "mean_gap": float(((fake.mean(by_channel) - real.mean(by_channel)).abs() / deviation).max()),
        "contrast": float((fake.std(by_channel) / deviation).mean()),
        "detail": float(_detail(fake) / _detail(real).clamp(min=1e-4)),
        "saturated": _saturated(fake) - _saturated(real),
        "lowest": float(fake.min()),
        "highest": float(fake.max()),
        "lowest/data": float(real.min()),
        "highest/data": float(real.max()),
    }


def _detail(images: Tensor) -> Tensor:
    blurred = F.avg_pool2d(F.pad(images, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    return (images - blurred).std()


def _saturated(images: Tensor) -> float:
    return float((images.abs() > EXTREME).double().mean())
