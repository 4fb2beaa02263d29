"""The game that Salimans et al. 2016 (section 3.3) name for historical averaging."""

from functools import cache

import torch
from torch import Tensor, nn

from benchmarks.claims.claim import Arms
from steadygan.heuristics.penalties import historical_penalty, running_mean_update

SEEDS, STEPS, LR = 20, 6_000, 0.01


def value(x: Tensor, y: Tensor) -> Tensor:
    """(f(x) - 1)(y - 1), which x lowers and y raises."""
    return (torch.where(x < 0, x, x.square()) - 1) * (y - 1)


@cache
def distances(weight: float) -> Tensor:
    """The distance from (1, 1) at the end over that at the start, [N]."""
    random = torch.Generator().manual_seed(0)
    begin = 2 * torch.rand(SEEDS, 2, generator=random, dtype=torch.float64)
    x, y = (nn.Parameter(column.clone()) for column in begin.T)
    players = torch.optim.SGD([x, y], lr=LR)
    means = [torch.zeros_like(x), torch.zeros_like(y)]
    for step in range(STEPS):
        loss = value(x, y).sum()
        gradients = [torch.autograd.grad(loss, x, retain_graph=True)[0], -torch.autograd.grad(loss, y)[0]]
        if weight and step:
            pulls = torch.autograd.grad(historical_penalty([x, y], means, weight), [x, y])
            gradients = [gradient + pull for gradient, pull in zip(gradients, pulls, strict=True)]
        x.grad, y.grad = gradients
        players.step()
        running_mean_update(means, [x.detach(), y.detach()], step + 1)
    end = torch.stack([x, y], 1).detach()
    far = (end - 1).norm(dim=1) / (begin - 1).norm(dim=1)
    return far.nan_to_num(torch.inf, torch.inf)


def escaped(seed: int, weight: float) -> Arms:
    """Both arms of a seed."""
    return {"without": float(distances(0.0)[seed]), "with": float(distances(weight)[seed])}
