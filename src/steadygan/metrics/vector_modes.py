"""Modes of generated points where the data are a mixture of normal distributions whose means are known."""

from typing import NamedTuple

import torch
from torch import Tensor

from steadygan.errors import SteadyganError
from steadygan.metrics.checks import checked_features, same_length
from steadygan.metrics.classes import modes

REACH = 3
"""Standard deviations within which a point is of high quality."""


class VectorModes(NamedTuple):
    """How generated points lie about the modes of their data.

    Attributes:
        modes: modes with at least one point of high quality.
        high_quality: the share of points within three standard deviations of a mode; in [0, 1]. In the plane, samples
            of the data themselves reach 1 - exp(-9/2), or 0.989.
        reverse_kl: KL(modes of points of high quality ‖ equal shares) in nats; None if there is no such point.
        spread: the standard deviation of points of high quality about their mode's own mean, over that of the data: the
            mean over axes and over modes with at least two such points; None if there is none. Samples of the data
            themselves reach 0.97 in the plane, as what lies beyond three standard deviations is left out.
    """

    modes: int
    high_quality: float
    reverse_kl: float | None
    spread: float | None


def vector_modes(points: Tensor, centres: Tensor, deviation: float) -> VectorModes:
    """Count modes and the points near them.

    Args:
        points: any floats [N, D], N of at least 1.
        centres: any floats [K, D], the means of equally frequent modes.
        deviation: the standard deviation of each mode along each axis, above 0.

    Raises:
        SteadyganError: when points and centres have unlike lengths, there are no points, or a number is not finite.

    Source: Srivastava et al. 2017 (1705.07761), section 4.1; reverse KL after Lin et al. 2018 (1712.04086).
    """
    points, centres = checked_features(points, "fake"), checked_features(centres, "modes'")
    same_length(points.shape[1], centres.shape[1])
    if deviation <= 0:
        raise SteadyganError(f"The deviation of modes must be above 0, but it is {deviation}")
    distances = torch.cdist(points, centres, compute_mode="donot_use_mm_for_euclid_dist")
    least, nearest = distances.min(1)
    good = least <= REACH * deviation
    points, nearest = points[good], nearest[good]
    if not len(points):
        return VectorModes(modes=0, high_quality=0.0, reverse_kl=None, spread=None)
    found = modes(nearest, len(centres))
    groups = [points[nearest == mode] for mode in range(len(centres))]
    spreads = [group.std(0, correction=0).mean() / deviation for group in groups if len(group) > 1]
    return VectorModes(
        modes=found.found,
        high_quality=len(points) / len(good),
        reverse_kl=found.reverse_kl,
        spread=float(torch.stack(spreads).mean()) if spreads else None,
    )
