"""Distances between many points: bounds of all from one matrix product, and exact ones where the bounds do not decide.

``|x|² + |y|² - 2 x · y`` takes a fifth of the time of ``Σ (x - y)²``, but rounds points that are equal apart, and a
point's distance from its neighbour away from that neighbour's radius. So the product only sorts out the pairs whose
order it cannot get wrong, and the few others are taken exactly: results are those of the exact sums in float64, to the
bit and however many points are taken at a time.
"""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from steadygan.amounts import things
from steadygan.errors import SteadyganError

AT_A_TIME = 2**22
"""Distances that are held at a time: 32 MiB."""
SPARE = 6
"""How many more neighbours than asked for are taken exactly, so that the bounds seldom leave any in doubt."""


class Points(NamedTuple):
    """Points with what bounds of their distances are made of.

    Attributes:
        exact: any floats [N, D], as they were given.
        centred: float64 [N, D], moved to a centre that is common to all sets that are compared.
        squares: float64 [N], the squared lengths of the centred ones.
    """

    exact: Tensor
    centred: Tensor
    squares: Tensor

    def some(self, part: slice) -> "Points":
        """A few of them."""
        return Points(self.exact[part], self.centred[part], self.squares[part])


class Neighbours(NamedTuple):
    """The nearest points of each point, nearest first.

    Attributes:
        squares: float64 [N, count], squared distances.
        indices: int64 [N, count].
    """

    squares: Tensor
    indices: Tensor


def points_of(*sets: Tensor) -> list[Points]:
    """Prepare sets of points that are to be compared.

    Args:
        sets: any floats [N, D] each.
    """
    centre = sets[0].mean(0, dtype=torch.float64)  # any would do; a near one keeps the bounds close
    centred = [points.to(torch.float64, copy=True).sub_(centre) for points in sets]
    lengths = (torch.linalg.vector_norm(moved, dim=1) for moved in centred)  # which needs no copy of all their squares
    return [Points(*parts) for parts in zip(sets, centred, (length.square() for length in lengths), strict=True)]


def chunks(first: Points, second: Points) -> Iterator[slice]:
    """Parts of the first set whose distances from all of the second are held at a time."""
    size = max(1, AT_A_TIME // max(1, len(second.exact)))
    return (slice(start, start + size) for start in range(0, len(first.exact), size))


def exact_squares(first: Tensor, second: Tensor) -> Tensor:
    """Squared distances of rows from rows: each pair's is the same sum in whichever company it is taken.

    Args:
        first: any floats [..., D].
        second: any floats that broadcast to it.

    Returns:
        float64 [...].
    """
    return (first.double() - second.double()).square().sum(-1)


def _lower_bounds(first: Points, second: Points) -> Tensor:
    """What the squared distances of all pairs are at least, float64 [N, M].

    A product of rows of length D is off by at most ``D u |x| |y|``, where ``u`` is a rounding, and thus by no more than
    ``D u (|x|² + |y|²) / 2``. The lengths, and the sum that is called exact, are off by as much or less, and the move
    to the centre adds a few roundings.
    """
    kept = 1 - _doubt(first)
    lower = torch.addmm(second.squares * kept, first.centred, second.centred.T, alpha=-2)
    return lower.add_((first.squares * kept)[:, None])


def _doubt(points: Points) -> float:
    """By which share of ``|x|² + |y|²`` a squared distance may be off."""
    return (2 * points.centred.shape[1] + 16) * torch.finfo(torch.float64).eps


class Near:
    """Which of all pairs of two sets of points are near each other: as many pairs as are held at a time.

    Args:
        first: N points.
        second: M points.
    """

    def __init__(self, first: Points, second: Points) -> None:
        self.first, self.second = first, second
        self._lower = _lower_bounds(first, second)
        slack = 2 * _doubt(first)
        self._rows = slack * first.squares[:, None]
        self._upper = self._lower + slack * second.squares  # but for the rows' part

    def within(self, limits: Tensor) -> Tensor:
        """Tell which pairs are no farther apart than a limit, by exact distances.

        Args:
            limits: float64 [N, 1] or [1, M], squared.

        Returns:
            bool [N, M].
        """
        near = self._upper <= limits - self._rows
        doubtful = (self._lower <= limits).logical_xor_(near).nonzero()
        limits = limits.expand_as(near)
        for some in torch.split(doubtful, max(1, AT_A_TIME // self.first.exact.shape[1])):
            rows, columns = some.unbind(1)
            squares = exact_squares(self.first.exact[rows], self.second.exact[columns])
            near[rows, columns] = squares <= limits[rows, columns]
        return near


def nearest_neighbours(first: Points, second: Points, count: int, same: bool = False) -> Neighbours:
    """The nearest points of a set for each point of another, by exact distances.

    Args:
        first: N points.
        second: M points, at least ``count``.
        count: how many neighbours.
        same: whether both are one set; a point is then no neighbour of its own, but points equal to it are.

    Raises:
        SteadyganError: when there are too few points.
    """
    if count > len(second.exact) - same:
        raise SteadyganError(
            f"There are only {things(len(second.exact), 'item')}, too few to find {things(count, 'neighbour')} "
            "of each; measure more of them"
        )
    parts = [
        _neighbours(first.some(part), second, count, part.start if same else None) for part in chunks(first, second)
    ]
    squares, indices = (torch.cat(each) for each in zip(*parts, strict=True))
    return Neighbours(squares, indices)


def _neighbours(first: Points, second: Points, count: int, own: int | None) -> Neighbours:
    """Those of a few points, whose own place in the second set starts at ``own``."""
    lower = _lower_bounds(first, second)
    if own is not None:
        lower.diagonal(own).fill_(torch.inf)
    tried = min(count + SPARE, lower.shape[1])
    least, places = lower.topk(tried, largest=False)
    squares = exact_squares(first.exact[:, None], second.exact[places])
    squares[least == torch.inf] = torch.inf
    squares, order = squares.sort(stable=True)
    found = Neighbours(squares[:, :count].clone(), places.gather(1, order)[:, :count])
    if tried < lower.shape[1]:
        _settle(found, first, second, lower, least[:, -1])
    return found


def _settle(found: Neighbours, first: Points, second: Points, lower: Tensor, tried: Tensor) -> None:
    """Take exactly all that may be nearer than what was found, in rows where the bounds leave any in doubt.

    Nothing is nearer than 0: or of items that are all alike, each distance would be in doubt.
    """
    count, farthest = found.squares.shape[1], found.squares[:, -1]
    for row in ((tried <= farthest) & (farthest > 0)).nonzero().flatten().tolist():
        places = (lower[row] <= found.squares[row, -1]).nonzero().flatten()
        squares, order = exact_squares(first.exact[row], second.exact[places]).sort(stable=True)
        found.squares[row], found.indices[row] = squares[:count], places[order[:count]]
