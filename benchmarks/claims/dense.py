"""Small dense discriminators in the plane, trained against fixed fakes: what several experiments share."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from steadygan.heuristics.objectives import (
    discriminator_cross_entropy,
    hinge_discriminator_loss,
    least_squares_discriminator_loss,
    wasserstein_discriminator_loss,
)
from steadygan.heuristics.updates import adam

Penalty = Callable[[nn.Module, Tensor, Tensor], Tensor]
AfterMove = Callable[[nn.Module], None]
Draw = Callable[[], tuple[Tensor, Tensor]]


def _with_targets(loss: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    return lambda real, fake: loss(real, fake, torch.ones_like(real), torch.zeros_like(fake))


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cross-entropy": _with_targets(discriminator_cross_entropy),
    "least-squares": _with_targets(least_squares_discriminator_loss),
    "hinge": hinge_discriminator_loss,
    "wasserstein": wasserstein_discriminator_loss,
}
"""Losses of the discriminator, of real and fake logits."""


def dense(seed: int, hidden: int = 3, width: int = 64) -> nn.Sequential:
    """A discriminator of points in the plane."""
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for level in range(hidden):
        layers += [nn.Linear(width if level else 2, width), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(width, 1), nn.Flatten(0))


def train(
    network: nn.Module,
    draw: Draw,
    loss: str = "cross-entropy",
    steps: int = 500,
    penalty: Penalty | None = None,
    after: AfterMove | None = None,
    optimizer: torch.optim.Optimizer | None = None,
) -> nn.Module:
    """Train a discriminator on points that are drawn anew for each step."""
    moves = optimizer or adam(network.parameters(), lr=1e-3)
    for _ in range(steps):
        real, fake = draw()
        moves.zero_grad()
        total = LOSSES[loss](network(real), network(fake)).mean()
        if penalty:
            total = total + penalty(network, real, fake).mean()
        total.backward()
        moves.step()
        if after:
            after(network)
    return network


def slopes(network: nn.Module, points: Tensor) -> Tensor:
    """The length of the logit's gradient at points, [N]."""
    points = points.detach().requires_grad_()
    return torch.autograd.grad(network(points).sum(), points)[0].norm(dim=1)
