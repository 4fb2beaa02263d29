"""How steep discriminators become, and what bounds them."""

import math
from collections.abc import Callable
from functools import cache
from typing import TypeVar

import torch
from torch import Tensor, nn

from benchmarks.claims.claim import Arms, Claim
from benchmarks.claims.dense import LOSSES, dense, slopes, train
from steadygan.heuristics.penalties import between, gradient_penalty, orthogonal_penalty, weight_matrix
from steadygan.heuristics.updates import adam, clip_gradients, clip_weights, sgd
from steadygan.layers import spectral_norm

BATCH = 128
Kind = TypeVar("Kind", str, float)


def roll() -> tuple[Tensor, Tensor]:
    """A Swiss roll and uniform fakes, the toy of Gulrajani et al. 2017, section 3.1."""
    turn = 1.5 * math.pi * (1 + 2 * torch.rand(BATCH))
    real = torch.stack([turn * turn.cos(), turn * turn.sin()], 1) / 10 + 0.05 * torch.randn(BATCH, 2)
    return real, 3 * torch.rand(BATCH, 2) - 1.5


@cache
def critic(kind: str, seed: int) -> nn.Module:
    """A discriminator of the roll after 400 steps."""
    torch.manual_seed(1_000 + seed)
    network = dense(seed)
    if kind == "spectral-norm":
        return train(spectral_norm(network), roll, "hinge", 400)
    if kind == "hinge":
        return train(network, roll, "hinge", 400)
    if kind == "clipped":
        return train(network, roll, "wasserstein", 400, after=lambda d: clip_weights(d.parameters(), 0.01))
    if kind == "penalised":
        return train(network, roll, "wasserstein", 400, lambda d, real, fake: gradient_penalty(d, real, fake))
    return train(network, roll, "wasserstein", 400)


def steepest(kind: str, seed: int) -> float:
    """The steepest slope at real points, fakes and points between."""
    real, fake = roll()
    return float(slopes(critic(kind, seed), torch.cat([real, fake, between(real, fake)])).max())


def from_one(kind: str, seed: int) -> float:
    """How far slopes between real points and fakes are from one, on average."""
    real, fake = roll()
    return float((slopes(critic(kind, seed), between(real, fake)) - 1).abs().mean())


def layers_apart(kind: str, seed: int) -> float:
    """Powers of 10 between the gradients of a critic of 12 layers at its first and at its last layer."""
    torch.manual_seed(1_000 + seed)
    network = dense(seed, hidden=12, width=32)
    if kind == "clipped":
        train(network, roll, "wasserstein", 150, after=lambda d: clip_weights(d.parameters(), 0.01))
    else:
        train(network, roll, "wasserstein", 150, lambda d, real, fake: gradient_penalty(d, real, fake))
    kept: list[Tensor] = []
    for layer in network:
        if isinstance(layer, nn.ReLU):
            layer.register_forward_hook(lambda module, given, made: kept.append(made))
    real, fake = roll()
    loss = LOSSES["wasserstein"](network(real), network(fake)).mean()
    sizes = [float(each.norm()) for each in torch.autograd.grad(loss, [kept[0], kept[11]])]
    return abs(math.log10(max(sizes[0], 1e-30) / max(sizes[1], 1e-30)))


def overlap(weight: float, seed: int) -> float:
    """The mean absolute cosine of two filters of a hidden layer, after 400 steps of a hinge discriminator."""
    torch.manual_seed(1_000 + seed)
    network = dense(seed)
    train(network, roll, "hinge", 400, (lambda d, real, fake: orthogonal_penalty(d, weight)) if weight else None)
    rows = nn.functional.normalize(weight_matrix(network[2]).detach(), dim=1)
    return float((rows @ rows.T - torch.eye(len(rows))).abs().sum() / (len(rows) * (len(rows) - 1)))


def thrown_off(clipped: bool, plain: bool, seed: int) -> float:
    """How much higher the loss is, right after one bad batch of points ten thousand times too large."""
    torch.manual_seed(1_000 + seed)
    network = dense(seed)
    moves = sgd(network.parameters(), lr=0.05) if plain else adam(network.parameters(), lr=1e-3)
    train(network, roll, steps=300, optimizer=moves)
    before = _loss(network)
    real, fake = roll()
    moves.zero_grad()
    LOSSES["cross-entropy"](network(1e4 * fake), network(1e4 * real)).mean().backward()
    if clipped:
        clip_gradients(network.parameters(), 10.0)
    moves.step()
    return _loss(network) - before


def _loss(network: nn.Module) -> float:
    with torch.no_grad():
        return float(torch.stack([LOSSES["cross-entropy"](*map(network, roll())).mean() for _ in range(8)]).mean())


def _pair(figure: Callable[[Kind, int], float], without: Kind, with_: Kind) -> Callable[[int], Arms]:
    return lambda seed: {"without": figure(without, seed), "with": figure(with_, seed)}


ROLL = "Dense discriminator of a Swiss roll against uniform points, 400 steps"

CLAIMS = (
    Claim(
        name="spectral-norm/steepest",
        says="No logit changes faster than its input: the Lipschitz constant is at most 1.",
        source="Miyato et al. 2018, section 2.1",
        setting=f"{ROLL}, hinge loss",
        figure="steepest slope of the logit",
        better="lower",
        measure=_pair(steepest, "hinge", "spectral-norm"),
        scale="ratio",
        least=3.0,
    ),
    Claim(
        name="weight-clipping/steepest",
        says="Bounded weights bound how steep the critic can be.",
        source="Arjovsky et al. 2017, section 3",
        setting=f"{ROLL}, Wasserstein loss, bound 0.01",
        figure="steepest slope of the logit",
        better="lower",
        measure=_pair(steepest, "free", "clipped"),
        scale="ratio",
        least=3.0,
    ),
    Claim(
        name="weight-clipping/layers",
        says="In deep critics clipping makes gradients vanish or explode from layer to layer (a warning).",
        source="Gulrajani et al. 2017, section 3.2 and figure 1",
        setting="Critic of 12 layers of 32 on the Swiss roll, bound 0.01, 150 steps; without: gradient penalty",
        figure="powers of 10 between the gradients at the first and at the last layer",
        better="higher",
        measure=_pair(layers_apart, "penalised", "clipped"),
        least=2.0,
    ),
    Claim(
        name="gradient-penalty/slope",
        says="The critic's slope between real and fake points becomes one, as in the optimum.",
        source="Gulrajani et al. 2017, section 4",
        setting=f"{ROLL}, Wasserstein loss, weight 10; without: weights clipped to 0.01",
        figure="mean distance of the slope from one",
        better="lower",
        measure=_pair(from_one, "clipped", "penalised"),
        least=0.5,
    ),
    Claim(
        name="orthogonal/overlap",
        says="Filters of a layer stay orthogonal to each other.",
        source="Brock et al. 2018, equation 3",
        setting=f"{ROLL}, hinge loss, weight 0.01",
        figure="mean absolute cosine of two filters of a hidden layer",
        better="lower",
        measure=_pair(overlap, 0.0, 1e-2),
        scale="ratio",
        least=2.0,
    ),
    Claim(
        name="gradient-clipping/sgd",
        says="One bad batch cannot throw a player off.",
        source="Pascanu et al. 2012, section 3.2",
        setting="The same discriminator by plain gradient descent, 300 steps, then one batch 10,000 times too large",
        figure="rise of its loss right after that batch",
        better="lower",
        measure=lambda seed: {"without": thrown_off(False, True, seed), "with": thrown_off(True, True, seed)},
        least=0.5,
    ),
    Claim(
        name="gradient-clipping/adam",
        says="The same under Adam.",
        source="ganhacks, item 10",
        setting="The same discriminator by Adam, 300 steps, then one batch 10,000 times too large",
        figure="rise of its loss right after that batch",
        better="lower",
        measure=lambda seed: {"without": thrown_off(False, False, seed), "with": thrown_off(True, False, seed)},
        least=0.5,
    ),
)
