"""Signals that want hundreds of items: which parts of the data fakes leave out, and whether they are copies."""

import torch
from torch import Tensor

from steadygan.doctor.outputs import nearest
from steadygan.metrics.neighbourhoods import neighbourhoods
from steadygan.metrics.spectrum import checkerboard_ratio

BINS, ROUNDS = 24, 10
"""Groups into which real items are divided, and rounds of k-means that find them."""
DIRECTIONS = 24
"""Principal directions in which items are compared."""


class Survey:
    """Compares many fakes with the data; what it needs of the data is computed once.

    Args:
        real: points of reals, float [N, D]; see :func:`steadygan.doctor.outputs.thumbnails`.
    """

    def __init__(self, real: Tensor) -> None:
        self._mean = real.double().mean(0)
        centred = real.double() - self._mean
        _, vectors = torch.linalg.eigh(centred.T @ centred)
        self._directions = vectors.flip(1)[:, :DIRECTIONS]
        self._real = self._projected(real)
        half = len(real) // 2
        self._centres = _k_means(self._real, min(BINS, max(2, half // 10)))
        self._shares = self._shares_of(self._real)
        self._usual_nearest = nearest(self._real).median()

    def compare(self, fake: Tensor) -> dict[str, float]:
        """Compare fakes with the data.

        Args:
            fake: points of fakes, float [M, D].

        Returns:
            ``coverage``: the share of reals near which a fake lies (Naeem et al. 2020, k = 5). ``recall``: the share
            of reals that lie among fakes: near one, as fakes are near each other (Kynkäänniemi et al. 2019, k = 3).
            ``bins``: the
            Jensen-Shannon divergence, in bits, of how fakes and reals are distributed over groups of alike reals
            (Richardson and Weiss 2018), less what chance makes of as many reals. ``empty_bins``: the share of reals
            whose group has less than a fifth of its due. ``copies``: the median distance of a fake to its nearest
            real, over that of a real to its nearest other.
        """
        points = self._projected(fake)
        shares = self._shares_of(points)
        count = min(len(points), len(self._real))
        near = neighbourhoods(self._real[:count], points[:count])
        chance = (len(self._centres) - 1) / (8 * count * 0.6931)  # of the divergence of two draws, to first order
        usual = float(self._usual_nearest)
        return {
            "coverage": near.coverage,
            "recall": near.recall,
            "bins": _divergence(shares, self._shares) - chance,
            "empty_bins": float(self._shares[shares < 0.2 * self._shares].sum()),
            "copies": float(nearest(points, self._real).median()) / usual if usual > 0 else float("nan"),
        }

    def _projected(self, points: Tensor) -> Tensor:
        projected: Tensor = (points.double() - self._mean) @ self._directions
        return projected

    def _shares_of(self, points: Tensor) -> Tensor:
        groups = torch.cdist(points, self._centres).argmin(1)
        return torch.bincount(groups, minlength=len(self._centres)).double() / len(points)


def spectral_peaks(images: Tensor) -> float:
    """How much power fakes have at the frequencies of strides, over that beside them; see ``checkerboard_ratio``."""
    return checkerboard_ratio(images.detach().float().cpu())


def _k_means(points: Tensor, count: int) -> Tensor:
    centres = points[torch.linspace(0, len(points) - 1, count).long()].clone()
    for _ in range(ROUNDS):
        groups = torch.cdist(points, centres).argmin(1)
        sizes = torch.bincount(groups, minlength=count).double()
        sums = torch.zeros_like(centres).index_add_(0, groups, points)
        centres = torch.where(sizes[:, None] > 0, sums / sizes.clamp(min=1)[:, None], centres)
    return centres


def _divergence(first: Tensor, second: Tensor) -> float:
    middle = (first + second) / 2
    halves = [torch.special.xlogy(each, each) - torch.special.xlogy(each, middle) for each in (first, second)]
    return float(sum(half.sum() for half in halves)) / (2 * 0.6931471805599453)
