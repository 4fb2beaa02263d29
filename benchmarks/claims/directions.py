"""What a discriminator in the plane tells the generator: how steep, how soon, and whether towards the modes."""

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor, nn

from benchmarks.claims.claim import Arms, Claim
from benchmarks.claims.dense import dense, slopes, train
from benchmarks.claims.steep import roll
from steadygan.data.toys import TOYS, toy_points
from steadygan.heuristics.objectives import top_k
from steadygan.heuristics.penalties import between, dragan_penalty, perturbed
from steadygan.heuristics.updates import adam, sgd

BATCH, STEPS = 128, 300
TOY = TOYS["ring8"]


def scattered() -> tuple[Tensor, Tensor]:
    """Points of ring8, and fakes that lie about its modes, far and near."""
    seed = int(torch.randint(2**31, ()))
    real, about = (torch.from_numpy(toy_points(TOY, BATCH, seed + place)[0]) for place in (0, 1))
    return real, about + 0.3 * torch.randn_like(about)


@cache
def judge(seed: int) -> nn.Module:
    """A discriminator of the ring against scattered fakes."""
    torch.manual_seed(1_000 + seed)
    return train(dense(seed), scattered, steps=STEPS)


def towards_modes(share: float, seed: int) -> float:
    """The mean cosine of the generator's pull with the way to the nearest mode, over the best share of the fakes."""
    network, fakes = judge(seed), torch.cat([scattered()[1] for _ in range(8)]).requires_grad_()
    logits = network(fakes)
    pull = torch.autograd.grad(logits.sum(), fakes)[0]
    centres = torch.from_numpy(TOY.centres).float()
    nearest = centres[torch.cdist(fakes.detach(), centres).argmin(1)]
    cosines = torch.cosine_similarity(pull, nearest - fakes.detach(), 1)
    return float(top_k(cosines, logits, round(share * len(fakes))).mean())


def near_data(penalised: bool, seed: int) -> float:
    """How far slopes around the data are from one, on average."""
    torch.manual_seed(1_000 + seed)
    penalty = (lambda d, real, fake: dragan_penalty(d, real)) if penalised else None
    network, real = train(dense(seed), roll, steps=STEPS, penalty=penalty), roll()[0]
    return float((slopes(network, between(real, perturbed(real))) - 1).abs().mean())


def apart(plain: bool, seed: int) -> float:
    """How far real and fake logits are apart after 300 steps."""
    torch.manual_seed(1_000 + seed)
    network = dense(seed)
    moves = sgd(network.parameters()) if plain else adam(network.parameters())
    train(network, scattered, steps=STEPS, optimizer=moves)
    with torch.no_grad():
        real, fake = (network(points).mean() for points in scattered())
    return float(real - fake)


def _arms(figure: Callable[[bool, int], float]) -> Callable[[int], Arms]:
    return lambda seed: {"without": figure(False, seed), "with": figure(True, seed)}


CLAIMS = (
    Claim(
        name="top-k/towards",
        says="The pull on bad fakes leads away from modes more often than that on good ones.",
        source="Sinha et al. 2020, section 3",
        setting=f"Dense discriminator of ring8 against points scattered about it, {STEPS} steps; with: the best half",
        figure="mean cosine of the pull with the way to the nearest mode",
        better="higher",
        measure=lambda seed: {"without": towards_modes(1.0, seed), "with": towards_modes(0.5, seed)},
        least=0.05,
    ),
    Claim(
        name="dragan/slope",
        says="The discriminator's slope around the data becomes one.",
        source="Kodali et al. 2017, section 2.3",
        setting=f"Dense discriminator of a Swiss roll against uniform points, cross entropy, {STEPS} steps",
        figure="mean distance of the slope from one, around the data",
        better="lower",
        measure=_arms(near_data),
        scale="ratio",
        least=2.0,
    ),
    Claim(
        name="sgd-discriminator/slower",
        says="Plain gradient descent holds the discriminator back.",
        source="ganhacks, item 9; the card",
        setting=f"Dense discriminator of ring8 against scattered points, {STEPS} steps; without: Adam, both by default",
        figure="how far mean real and fake logits are apart",
        better="lower",
        measure=_arms(apart),
        scale="ratio",
        least=2.0,
    ),
)
