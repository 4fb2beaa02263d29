"""What is left of the generator's gradient when the discriminator is sure of its fakes."""

from collections.abc import Callable
from functools import cache, partial

import torch
from torch import Tensor, nn

from benchmarks.claims.claim import Arms, Claim
from benchmarks.claims.dense import dense, train
from steadygan.heuristics.inputs import instance_noise
from steadygan.heuristics.objectives import (
    hinge_generator_loss,
    least_squares_generator_loss,
    minimax_generator_loss,
    non_saturating_generator_loss,
    wasserstein_generator_loss,
)
from steadygan.heuristics.penalties import gradient_penalty
from steadygan.heuristics.updates import clip_weights

BATCH, APART, STEPS = 64, 2.0, 500
Loss = Callable[[Tensor], Tensor]


def lines(apart: float = APART) -> tuple[Tensor, Tensor]:
    """Points of two parallel upright lines, Example 1 of Arjovsky et al. 2017: the data at 0, fakes beside them."""
    heights = torch.rand(2, BATCH)
    return torch.stack([torch.zeros(BATCH), heights[0]], 1), torch.stack([torch.full((BATCH,), apart), heights[1]], 1)


def noisy_lines() -> tuple[Tensor, Tensor]:
    """The same with instance noise, a third of the distance."""
    real, fake = lines()
    return instance_noise(real, APART / 3), instance_noise(fake, APART / 3)


def clip(network: nn.Module) -> None:
    """Weight clipping with a bound that a network of this size can work with."""
    clip_weights(network.parameters(), 0.1)


@cache
def trained(kind: str, seed: int, steps: int = STEPS) -> nn.Module:
    """A discriminator that has learnt to tell the lines apart."""
    torch.manual_seed(1_000 + seed)
    network = dense(seed)
    if kind == "noise":
        return train(network, noisy_lines, steps=steps)
    return train(network, lines, kind, steps, after=clip if kind == "wasserstein" else None)


def pull(kind: str, loss: Loss, seed: int) -> float:
    """The mean length of the generator's gradient at its points, under a discriminator of its own objective."""
    network = trained(kind, seed)
    fake = (noisy_lines() if kind == "noise" else lines())[1].requires_grad_()
    return float(torch.autograd.grad(loss(network(fake)).sum(), fake)[0].norm(dim=1).mean())


def beyond(kind: str, loss: Loss, seed: int) -> float:
    """The same for fakes that lie far beyond the data, which the discriminator takes for very real."""
    network = trained(kind, seed)
    fake = lines(-APART)[1].requires_grad_()
    return float(torch.autograd.grad(loss(network(fake)).sum(), fake)[0].norm(dim=1).mean())


def correlation(critic: bool, seed: int) -> float:
    """Correlation, over distances of the lines, of what the discriminator's loss says with the distance."""
    distances = torch.linspace(0.25, 3.0, 6)
    said = []
    for place, apart in enumerate(distances.tolist()):
        network = dense(100 * seed + place)
        draw = partial(lines, apart)
        if critic:
            train(network, draw, "wasserstein", 200, lambda d, real, fake: gradient_penalty(d, real, fake))
            real, fake = draw()
            said.append(float((network(real) - network(fake)).mean().detach()))
        else:
            train(network, draw, "cross-entropy", 200)
            real, fake = draw()
            losses = torch.nn.functional.softplus(-network(real)) + torch.nn.functional.softplus(network(fake))
            said.append(-float(losses.mean().detach()))
    return float(torch.corrcoef(torch.stack([distances, torch.tensor(said)]))[0, 1])


FIGURES: dict[str, Callable[[int], float]] = {
    "minimax": lambda seed: pull("cross-entropy", minimax_generator_loss, seed),
    "non-saturating": lambda seed: pull("cross-entropy", non_saturating_generator_loss, seed),
    "least-squares": lambda seed: pull("least-squares", least_squares_generator_loss, seed),
    "hinge": lambda seed: pull("hinge", hinge_generator_loss, seed),
    "wasserstein": lambda seed: pull("wasserstein", wasserstein_generator_loss, seed),
    "noise": lambda seed: pull("noise", minimax_generator_loss, seed),
    "non-saturating beyond": lambda seed: beyond("cross-entropy", non_saturating_generator_loss, seed),
    "least-squares beyond": lambda seed: beyond("least-squares", least_squares_generator_loss, seed),
    "wasserstein distance": lambda seed: correlation(True, seed),
    "cross-entropy distance": lambda seed: correlation(False, seed),
}


def arms(without: str, with_: str) -> Callable[[int], Arms]:
    """Both figures of a seed."""
    return lambda seed: {"without": FIGURES[without](seed), "with": FIGURES[with_](seed)}


SETTING = f"Dense discriminator, {STEPS} steps on two parallel lines at a distance of 2 (Arjovsky et al. 2017)"


def _claim(name: str, says: str, source: str, with_: str, least: float, setting: str = "") -> Claim:
    return Claim(
        name=f"{name}/vanishing",
        says=says,
        source=source,
        setting=f"{SETTING}{setting}; without: minimax, cross entropy",
        figure="mean length of the generator's gradient at its points",
        better="higher",
        measure=arms("minimax", with_),
        scale="ratio",
        least=least,
    )


CLAIMS = (
    Claim(
        name="minimax/vanishing",
        says="Its gradient vanishes where the discriminator is sure (a warning).",
        source="Goodfellow et al. 2014, section 3; Arjovsky and Bottou 2017, theorem 2.4",
        setting=f"{SETTING}; without: non-saturating",
        figure="mean length of the generator's gradient at its points",
        better="lower",
        measure=arms("non-saturating", "minimax"),
        scale="ratio",
        least=10.0,
    ),
    _claim(
        "non-saturating",
        "Strong gradients where the discriminator is sure.",
        "Goodfellow et al. 2014",
        "non-saturating",
        10.0,
    ),
    _claim(
        "least-squares", "Gradients vanish only where the answer is right.", "Mao et al. 2016", "least-squares", 10.0
    ),
    _claim("hinge", "The generator's gradient does not saturate.", "Lim and Ye 2017", "hinge", 10.0),
    _claim(
        "wasserstein",
        "A critic has a gradient where supports are disjoint.",
        "Arjovsky et al. 2017, section 3",
        "wasserstein",
        10.0,
        " (weights clipped to 0.1)",
    ),
    _claim(
        "instance-noise",
        "Noise on both sides makes supports overlap: even minimax has a gradient.",
        "Arjovsky and Bottou 2017, section 3",
        "noise",
        10.0,
        " (noise of a third of the distance)",
    ),
    Claim(
        name="least-squares/beyond",
        says="Fakes on the right side, far from the border and the data, are pulled back too.",
        source="Mao et al. 2016, section 3.2 and figure 1",
        setting=f"{SETTING}, then fakes as far on the data's other side; without: non-saturating",
        figure="mean length of the generator's gradient at these points",
        better="higher",
        measure=arms("non-saturating beyond", "least-squares beyond"),
        scale="ratio",
        least=2.0,
    ),
    Claim(
        name="wasserstein/distance",
        says="The critic's loss says how far fakes are from the data; that of cross entropy does not.",
        source="Arjovsky et al. 2017, section 4.2 and figure 3",
        setting="Lines, six distances from 0.25 to 3, 200 steps each, gradient penalty; without: cross entropy",
        figure="correlation of what the loss says with the distance",
        better="higher",
        measure=arms("cross-entropy distance", "wasserstein distance"),
        least=0.05,
    ),
)
