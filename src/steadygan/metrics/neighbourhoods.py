"""Precision, recall, density and coverage: how far generated data lie among real data, and real among generated."""

from typing import NamedTuple

import torch
from torch import Tensor

from steadygan.metrics.checks import checked_pair
from steadygan.metrics.distances import Near, chunks, nearest_neighbours, points_of


class Neighbourhoods(NamedTuple):
    """How two sets of features cover each other.

    Attributes:
        precision: the share of generated items that lie in the neighbourhood of a real one; in [0, 1].
        recall: the share of real items that lie in the neighbourhood of a generated one; in [0, 1].
        density: in how many neighbourhoods of real items a generated one lies, over k: about 1 if both are alike, more
            where generated items crowd in the middle of real ones; at least 0.
        coverage: the share of real items whose neighbourhood holds a generated one; in [0, 1].
    """

    precision: float
    recall: float
    density: float
    coverage: float


def neighbourhoods(real: Tensor, fake: Tensor, k: int = 3, k_density: int = 5) -> Neighbourhoods:
    """Compare two sets by the balls around each item that reach to its k-th nearest neighbour of its own set.

    Balls are closed: what lies as far away as the neighbour is inside, by exact distances in float64. torch-fidelity
    does the same; prdc leaves the edge out, which differs only where items are repeated or lie on a grid. At most
    some 200 MB are taken, however many items there are.

    Args:
        real: any floats [N, D].
        fake: any floats [M, D].
        k: neighbours that a ball reaches to, for precision and recall.
        k_density: the same for density and coverage.

    Raises:
        SteadyganError: when the features have unlike lengths, a number is not finite, or N or M is not above k.

    Source: Kynkäänniemi et al. 2019 (1904.06991), equations 1 and 2, for precision and recall; Naeem et al. 2020
        (2002.09797), section 3, for density and coverage.
    """
    reals, fakes = points_of(*checked_pair(real, fake, fewest=k + 1))
    around = nearest_neighbours(reals, reals, max(k, k_density), same=True).squares
    narrow, wide = around[:, k - 1 : k], around[:, k_density - 1 : k_density]
    around_fakes = nearest_neighbours(fakes, fakes, k, same=True).squares[None, :, k - 1]
    precise = torch.zeros(len(fake), dtype=torch.bool)
    recalled = covered = dense = 0
    for part in chunks(reals, fakes):
        near = Near(reals.some(part), fakes)
        precise |= near.within(narrow[part]).any(0)
        recalled += int(near.within(around_fakes).any(1).sum())
        inside = near.within(wide[part])
        dense += int(inside.sum())
        covered += int(inside.any(1).sum())
    return Neighbourhoods(
        precision=int(precise.sum()) / len(fake),
        recall=recalled / len(real),
        density=dense / (k_density * len(fake)),
        coverage=covered / len(real),
    )
