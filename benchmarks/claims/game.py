"""Games with one number for each player, in which theory is exact; many games at once, one for each start.

The Dirac-GAN of Mescheder et al. 2018, section 2: all data are the point 0, the generator makes the point θ, and the
discriminator's logit is ψ x. With the losses of `wasserstein` it is the bilinear game. The solution is θ = ψ = 0.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from steadygan.heuristics.objectives import (
    discriminator_cross_entropy,
    non_saturating_generator_loss,
    wasserstein_discriminator_loss,
    wasserstein_generator_loss,
)

Critic = Callable[[Tensor], Tensor]
Optimizer = Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer]


def gradient_descent(lr: float) -> Optimizer:
    """Plain steps."""
    return lambda parameters: torch.optim.SGD(list(parameters), lr=lr)


def cross_entropy_loss(real: Tensor, fake: Tensor) -> Tensor:
    """The discriminator's loss of the original GAN."""
    return discriminator_cross_entropy(real, fake, torch.ones_like(real), torch.zeros_like(fake))


PLAIN_STEPS = gradient_descent(0.1)


@dataclass(frozen=True)
class Rules:
    """How a game is played.

    Attributes:
        discriminator_loss: of the logits of real and fake points.
        generator_loss: of the logits of real and fake points.
        penalty: of the critic, real and fake points [N, K] each, added to the discriminator's loss, [N].
        see: what the discriminator sees of points [N, K].
        update: makes each player's optimiser.
        lr: their rates.
        alternating: whether the generator answers to the discriminator's new weight.
        points: K, how many points of each side a move sees.
        passes: how often a step plays its moves.
        after: called with the number of the step, θ and ψ after each step.
        factor: of all rates, by step.
        fakes: from θ's points, what the discriminator's move sees in their place.
        opponent: from ψ, what the generator's move sees in its place, and the other way round.
    """

    discriminator_loss: Callable[[Tensor, Tensor], Tensor] = cross_entropy_loss
    generator_loss: Callable[[Tensor, Tensor], Tensor] = lambda real, fake: non_saturating_generator_loss(fake)
    penalty: Callable[[Critic, Tensor, Tensor], Tensor] | None = None
    see: Callable[[Tensor], Tensor] = lambda points: points
    update: Optimizer = PLAIN_STEPS
    alternating: bool = True
    points: int = 1
    passes: int = 1
    after: Callable[[int, Tensor, Tensor], None] | None = None
    factor: Callable[[int], float] | None = None
    fakes: Callable[[Tensor], Tensor] = lambda points: points
    opponent: Callable[[str, Tensor], Tensor] = lambda name, weight: weight


BILINEAR = {
    "discriminator_loss": wasserstein_discriminator_loss,
    "generator_loss": lambda real, fake: wasserstein_generator_loss(fake),
}
"""The losses of the bilinear game."""


def starts(seeds: int, radius: float = 1.0) -> Tensor:
    """Random places on a circle around the solution, float64 [N, 2], one for each seed."""
    angles = torch.tensor([torch.rand((), generator=torch.Generator().manual_seed(seed)) for seed in range(seeds)])
    angles = 2 * math.pi * angles.double()
    return radius * torch.stack([angles.cos(), angles.sin()], 1)


def play(rules: Rules, begin: Tensor, steps: int) -> Tensor:
    """Play a game from each start.

    Returns:
        float64 [steps + 1, N, 2]: θ and ψ after each step.
    """
    torch.manual_seed(0)
    theta, psi = (nn.Parameter(column.clone()) for column in begin.T)
    optimizers = {"generator": rules.update([theta]), "discriminator": rules.update([psi])}
    rates = {name: [group["lr"] for group in each.param_groups] for name, each in optimizers.items()}
    path = [torch.stack([theta, psi], 1).detach().clone()]
    for step in range(steps):
        for name, each in optimizers.items():
            for group, rate in zip(each.param_groups, rates[name], strict=True):
                group["lr"] = rate * (rules.factor(step) if rules.factor else 1.0)
        for _ in range(rules.passes):
            _moves(rules, theta, psi, optimizers)
        if rules.after:
            rules.after(step, theta, psi)
        path.append(torch.stack([theta, psi], 1).detach().clone())
    return torch.stack(path)


def _moves(rules: Rules, theta: Tensor, psi: Tensor, optimizers: dict[str, torch.optim.Optimizer]) -> None:
    """The discriminator's move and the generator's."""
    if not rules.alternating:
        answer = _generator_loss(rules, theta, psi)
        theta.grad = torch.autograd.grad(answer.sum(), theta)[0]
    psi.grad = torch.autograd.grad(_discriminator_loss(rules, theta, psi).sum(), psi)[0]
    optimizers["discriminator"].step()
    if rules.alternating:
        theta.grad = torch.autograd.grad(_generator_loss(rules, theta, psi).sum(), theta)[0]
    optimizers["generator"].step()


def _points(rules: Rules, theta: Tensor) -> tuple[Tensor, Tensor]:
    fake = theta[:, None].expand(-1, rules.points)
    return rules.see(torch.zeros_like(fake)), fake


def _discriminator_loss(rules: Rules, theta: Tensor, psi: Tensor) -> Tensor:
    real, fake = _points(rules, rules.opponent("generator", theta).detach())
    fake = rules.see(rules.fakes(fake))
    real, fake = real.detach().requires_grad_(), fake.detach().requires_grad_()

    def critic(points: Tensor) -> Tensor:
        return psi[:, None] * points

    loss = rules.discriminator_loss(critic(real), critic(fake)).mean(1)
    if rules.penalty:
        loss = loss + rules.penalty(critic, real, fake)
    return loss


def _generator_loss(rules: Rules, theta: Tensor, psi: Tensor) -> Tensor:
    real, fake = _points(rules, theta)
    weight = rules.opponent("discriminator", psi).detach()[:, None]
    return rules.generator_loss(weight * real, weight * rules.see(fake)).mean(1)


def distance(path: Tensor) -> Tensor:
    """How far each game is from the solution at each step, [steps + 1, N]."""
    return path.norm(dim=2)


def factor_per_step(path: Tensor) -> Tensor:
    """By what factor the distance changes in a step, late in the game, float64 [N]: below 1 it converges.

    From the largest distance in the last tenth and in the tenth before the last half, so that where on its way around
    the solution a game is does not matter.
    """
    far = distance(path)
    steps = len(far) - 1
    tenth = steps // 10
    late, middle = far[-tenth:].amax(0), far[steps // 2 - tenth : steps // 2].amax(0)
    return (late / middle) ** (1 / (steps - steps // 2))
