"""What a discriminator answers at its optimum under smoothed, soft and flipped labels, on a line of cells."""

from collections.abc import Callable
from functools import cache, partial

import torch
from torch import Tensor, nn

from benchmarks.claims.claim import Arms
from steadygan.heuristics.architecture import class_cross_entropy
from steadygan.heuristics.objectives import cross_entropy
from steadygan.heuristics.targets import flip_labels, one_sided_smoothing, smooth_classes, soft_labels

Targets = Callable[[Tensor], Tensor]
POINTS = 100_000
LABELS: dict[str, Targets] = {
    "hard": lambda targets: targets,
    "one-sided-smoothing": one_sided_smoothing,
    "soft-labels": soft_labels,
    "noisy-labels": flip_labels,
}
"""How targets are made; each with the defaults of its heuristic."""


@cache
def fitted(labels: str, seed: int, apart: float = 6.0) -> tuple[Tensor, Tensor, Tensor]:
    """Fit a logit for each cell of a line, where data are N(0, 1) and fakes N(-apart, 1).

    Each of 100,000 points of either side has a target of its own; the fit is Newton's, as cells are independent.

    Returns:
        The cells' middles, their logits, and how many points of both sides they have; float64 [cells].
    """
    torch.manual_seed(seed)
    middles = torch.arange(-apart - 4, 4.01, 0.25, dtype=torch.float64)
    real, fake = torch.randn(POINTS), torch.randn(POINTS) - apart
    points = torch.cat([real, fake]).double()
    targets = torch.cat([LABELS[labels](torch.ones(POINTS)), LABELS[labels](torch.zeros(POINTS))]).double()
    cells = ((points - middles[0]) / 0.25).round().long().clamp(0, len(middles) - 1)
    counts = torch.zeros_like(middles).index_add_(0, cells, torch.ones_like(points))
    logits = torch.zeros_like(middles, requires_grad=True)
    for _ in range(30):
        losses = cross_entropy(logits[cells], targets)
        slopes = torch.autograd.grad(losses.sum(), logits)[0]
        with torch.no_grad():
            bends = counts * logits.sigmoid() * (1 - logits.sigmoid())
            logits -= (slopes / (bends + 1e-9)).clamp(-1, 1)
    return middles, logits.detach(), counts


def surest(labels: str, seed: int) -> float:
    """The logit where nearly all points are data: the mean over cells from 0 to 2, after 30 Newton steps."""
    middles, logits, _ = fitted(labels, seed)
    return float(logits[(middles >= 0) & (middles <= 2)].mean())


def pull(labels: str, seed: int) -> float:
    """How fast the logit rises towards the data where nearly all points are fakes, but not all."""
    middles, logits, _ = fitted(labels, seed, 4.0)
    some = (middles >= -3.25) & (middles <= -2.25)
    x, y = middles[some] - middles[some].mean(), logits[some]
    return float((x * y).sum() / x.square().sum())


def compared(figure: Callable[[str, int], float], without: str, with_: str) -> Callable[[int], Arms]:
    """Both arms of a seed."""
    return partial(_compared, figure, without, with_)


def _compared(figure: Callable[[str, int], float], without: str, with_: str, seed: int) -> Arms:
    return {"without": figure(without, seed), "with": figure(with_, seed)}


def classifier(smooth: bool, seed: int) -> float:
    """Cross entropy of held-out points of ten overlapping classes, whose classifier learnt from 200 points."""
    torch.manual_seed(seed)
    centres = 2 * torch.randn(10, 8)

    def draw(count: int) -> tuple[Tensor, Tensor]:
        labels = torch.randint(10, (count,))
        return centres[labels] + 1.5 * torch.randn(count, 8), labels

    (points, labels), (others, others_labels) = draw(200), draw(2_000)
    network = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    exact = torch.eye(10)
    targets = smooth_classes(exact[labels]) if smooth else exact[labels]
    for _ in range(400):
        optimizer.zero_grad()
        class_cross_entropy(network(points), targets).backward()
        optimizer.step()
    with torch.no_grad():
        return float(class_cross_entropy(network(others), exact[others_labels]))
