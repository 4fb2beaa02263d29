"""Precision, recall, density and coverage: how far generated data lie among real data, and real among generated."""

from typing import NamedTuple

import torch
from torch import Tensor

from steadygan.metrics.checks import checked_pair
from steadygan.metrics.distances import Near, chunks, nearest_neighbours, points_of
from steadygan.metrics.leaving_out import jackknife_error, recall_changes
from steadygan.metrics.sampling_error import mean_error, share_error


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
    return _values(_count(real, fake, k, k_density), len(real), k_density)


def neighbourhoods_with_errors(
    real: Tensor, fake: Tensor, k: int = 3, k_density: int = 5
) -> tuple[Neighbourhoods, Neighbourhoods]:
    """The same, with how far other samples of the same generator would move it, the real items being as they are.

    Precision and density are means over generated items. Errors of recall and coverage are those of the jackknife: of
    what changes as each generated item is left out.

    Args:
        real: as for :func:`neighbourhoods`.
        fake: likewise.
        k: likewise.
        k_density: likewise.

    Returns:
        The figures, and their standard errors.

    Raises:
        SteadyganError: as :func:`neighbourhoods` does, and when M is not above k + 1.
    """
    found = _count(real, fake, k, k_density, leave_out=True)
    values = _values(found, len(real), k_density)
    errors = Neighbourhoods(
        precision=share_error(values.precision, len(fake)),
        recall=jackknife_error(found.changes) / len(real),
        density=mean_error(found.inside / k_density),
        coverage=jackknife_error(found.alone) / len(real),
    )
    return values, errors


class _Counted(NamedTuple):
    """What lies within which neighbourhoods.

    Attributes:
        precise: bool [M], whether a generated item lies in the narrow neighbourhood of a real one.
        inside: int64 [M], in how many wide neighbourhoods of real items it lies.
        alone: int64 [M], how many of these hold no other generated item.
        changes: int64 [M], how many more real items would be recalled without each; zeros where nobody asked.
        recalled: how many real items lie in the neighbourhood of a generated one.
        covered: how many real items have a generated one in their wide neighbourhood.
    """

    precise: Tensor
    inside: Tensor
    alone: Tensor
    changes: Tensor
    recalled: int
    covered: int


def _values(found: _Counted, reals: int, k_density: int) -> Neighbourhoods:
    fakes = len(found.precise)
    return Neighbourhoods(
        precision=int(found.precise.sum()) / fakes,
        recall=found.recalled / reals,
        density=int(found.inside.sum()) / (k_density * fakes),
        coverage=found.covered / reals,
    )


def _count(real: Tensor, fake: Tensor, k: int, k_density: int, leave_out: bool = False) -> _Counted:
    reals, fakes = points_of(*checked_pair(real, fake, fewest=k + 1))
    around = nearest_neighbours(reals, reals, max(k, k_density), same=True).squares
    narrow, wide = around[:, k - 1 : k], around[:, k_density - 1 : k_density]
    squares, neighbours = nearest_neighbours(fakes, fakes, k + leave_out, same=True)
    around_fakes, beyond_fakes = squares[None, :, k - 1], squares[None, :, -1]
    precise = torch.zeros(len(fake), dtype=torch.bool)
    within, alone, changes = (torch.zeros(len(fake), dtype=torch.int64) for _ in range(3))
    recalled = covered = 0
    for part in chunks(reals, fakes):
        near = Near(reals.some(part), fakes)
        precise |= near.within(narrow[part]).any(0)
        holding = near.within(around_fakes)
        recalled += int(holding.any(1).sum())
        if leave_out:
            changes += recall_changes(holding, near.within(beyond_fakes), neighbours[:, :k])
        inside = near.within(wide[part])
        within += inside.sum(0)
        held = inside.sum(1)
        covered += int((held > 0).sum())
        alone += inside[held == 1].sum(0)
    return _Counted(precise, within, alone, changes, recalled, covered)
