"""The bilinear game, in which plain steps circle or diverge: which heuristics make it converge."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import torch
from torch import Tensor, nn

from benchmarks.claims.claim import Arms
from benchmarks.claims.game import BILINEAR, Rules, factor_per_step, gradient_descent, play, starts
from steadygan.heuristics.averages import ema_update
from steadygan.heuristics.inputs import exchange
from steadygan.heuristics.objectives import wasserstein_discriminator_loss, wasserstein_generator_loss
from steadygan.heuristics.schedules import unroll
from steadygan.heuristics.updates import ExtraAdam, adam, look_back

SEEDS = tuple(range(20))
STEPS, LR = 1_000, 0.1
K, ALPHA, DECAY, UNROLLED = 5, 0.5, 0.99, 5
FACTOR = "factor by which the distance to the solution changes in a step, late in the game"
PLAIN = Rules(**BILINEAR, update=gradient_descent(LR))


def with_lookahead() -> Rules:
    """Both players go back half of their way every few steps."""
    slow: list[Tensor] = []

    def after(step: int, theta: Tensor, psi: Tensor) -> None:
        if not slow:
            slow.extend(starts(len(SEEDS)).T.clone())
        if (step + 1) % K == 0:
            look_back(slow, [theta.data, psi.data], ALPHA)

    return replace(PLAIN, after=after)


def with_past(probability: float = 0.5, every: int = 20, keep: int = 5) -> Rules:
    """A move is sometimes against a past opponent."""
    kept: list[dict[str, Tensor]] = []

    def after(step: int, theta: Tensor, psi: Tensor) -> None:
        if (step + 1) % every == 0:
            kept.append({"generator": theta.detach().clone(), "discriminator": psi.detach().clone()})
            del kept[:-keep]

    def opponent(name: str, weight: Tensor) -> Tensor:
        if not kept or torch.rand(()) >= probability:
            return weight
        return kept[int(torch.randint(len(kept), ()))][name]

    return replace(PLAIN, after=after, opponent=opponent)


def with_replay(share: float = 0.5, points: int = 16, size: int = 50) -> Rules:
    """Half of the fakes that the discriminator sees are past ones."""
    buffer = torch.zeros(0, len(SEEDS), dtype=torch.float64)

    def fakes(new: Tensor) -> Tensor:
        nonlocal buffer
        seen = exchange(new.T, buffer, share).T
        buffer = torch.cat([buffer, new.T[:1]])[-size:]
        return seen

    return replace(PLAIN, points=points, fakes=fakes)


class Weight(nn.Module):
    """The discriminators of all games."""

    def __init__(self, begin: Tensor) -> None:
        super().__init__()
        self.psi = nn.Parameter(begin.clone())


def unrolled(begin: Tensor, steps: int) -> Tensor:
    """The path where the generator moves against the discriminator of some steps later, [steps + 1, N, 2]."""
    network, theta = Weight(begin[:, 1]), nn.Parameter(begin[:, 0].clone())
    players = (torch.optim.SGD(network.parameters(), lr=LR), torch.optim.SGD([theta], lr=LR))
    path = [begin.clone()]
    for _ in range(steps):
        fake = network.psi * theta.detach()
        players[0].zero_grad()
        wasserstein_discriminator_loss(torch.zeros_like(fake), fake).sum().backward()
        players[0].step()

        def loss(weights: dict[str, Tensor]) -> Tensor:
            fake = weights["psi"] * theta
            return wasserstein_discriminator_loss(torch.zeros_like(fake), fake).sum()

        later = unroll(network, players[0], loss, UNROLLED)["psi"]
        theta.grad = torch.autograd.grad(wasserstein_generator_loss(later * theta).sum(), theta)[0]
        players[1].step()
        path.append(torch.stack([theta, network.psi], 1).detach().clone())
    return torch.stack(path)


RULES: dict[str, Callable[[], Rules]] = {
    "alternating": lambda: PLAIN,
    "simultaneous": lambda: replace(PLAIN, alternating=False),
    "lookahead": with_lookahead,
    "past": with_past,
    "replay": with_replay,
    "16 points": lambda: replace(PLAIN, points=16),
    "adam": lambda: replace(PLAIN, update=lambda weights: adam(weights, lr=0.02)),
    "extra-adam": lambda: replace(PLAIN, passes=2, update=lambda weights: ExtraAdam(weights, lr=0.02)),
}


@cache
def path(name: str, steps: int = STEPS) -> Tensor:
    """The games of all seeds, [steps + 1, N, 2]."""
    begin = starts(len(SEEDS))
    return unrolled(begin, steps) if name == "unrolled" else play(RULES[name](), begin, steps)


def factors(without: str, with_: str, seed: int) -> Arms:
    """The factors per step."""
    return {
        name: float(factor_per_step(path(rules))[seed]) for name, rules in {"without": without, "with": with_}.items()
    }


@cache
def swings() -> Tensor:
    """How far the average of θ swings, over how far θ does, in the last quarter; [N]."""
    games = path("alternating", 2_000)[:, :, 0]
    averaged = games[0].clone()
    averages = []
    for now in games:
        ema_update([averaged], [now], DECAY)
        averages.append(averaged.clone())
    late = slice(-500, None)
    return torch.stack(averages)[late].abs().amax(0) / games[late].abs().amax(0)


def gain() -> float:
    """By what an average of decay DECAY shortens a swing of the alternating game's frequency."""
    angle = math.acos(1 - LR**2 / 2)
    return (1 - DECAY) / abs(1 - DECAY * complex(math.cos(angle), -math.sin(angle)))


def half_circle() -> float:
    """What lookahead makes of a circling game: the modulus of 1 - α + α exp(i k ω), for each step."""
    turned = K * math.acos(1 - LR**2 / 2)
    return abs(1 - ALPHA + ALPHA * complex(math.cos(turned), math.sin(turned))) ** (1 / K)


def pictured() -> dict[str, Tensor]:
    """Paths of the first seed for the picture, by what they are, [steps, 2] each."""
    names = {
        "both at once": "simultaneous",
        "taking turns": "alternating",
        "lookahead": "lookahead",
        "unrolled": "unrolled",
        "adam": "adam",
        "extra-adam": "extra-adam",
        "past-checkpoints": "past",
        "experience-replay": "replay",
    }
    return {shown: path(rules)[:300, 0] for shown, rules in names.items()}
