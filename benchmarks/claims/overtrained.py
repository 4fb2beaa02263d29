"""A generator that is trained for long against a discriminator that stays as it is: how far does it overshoot?

Points of ring8; the discriminator has learnt from it and from points scattered about it (see directions.py).
"""

from functools import cache

import torch
from torch import Tensor, nn

from benchmarks.claims.claim import Claim
from benchmarks.claims.directions import judge, scattered
from steadygan.heuristics.objectives import feature_matching_loss, non_saturating_generator_loss
from steadygan.heuristics.penalties import mode_seeking_penalty
from steadygan.heuristics.updates import adam

STEPS, BATCH, LATENT = 400, 128, 2


def energy(first: Tensor, second: Tensor) -> float:
    """The energy distance of two sets of points: 0 where they are of one distribution."""
    own = torch.cdist(first, first).mean() + torch.cdist(second, second).mean()
    return float(2 * torch.cdist(first, second).mean() - own)


@cache
def overshot(kind: str, seed: int) -> float:
    """The energy distance to the data of a generator after 400 steps against one discriminator."""
    network = judge(seed)
    torch.manual_seed(2_000 + seed)
    generator = nn.Sequential(nn.Linear(LATENT, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
    moves, features = adam(generator.parameters(), lr=1e-3), network[:-2]
    for _ in range(STEPS):
        z = torch.randn(BATCH, LATENT)
        fake = generator(z)
        if kind == "feature-matching":
            loss = feature_matching_loss(features(scattered()[0]), features(fake))
        else:
            loss = non_saturating_generator_loss(network(fake)).mean()
        if kind == "mode-seeking":
            loss = loss + mode_seeking_penalty(fake, z)
        moves.zero_grad()
        loss.backward()
        moves.step()
    with torch.no_grad():
        real = torch.cat([scattered()[0] for _ in range(8)])
        return energy(real, generator(torch.randn(8 * BATCH, LATENT)))


def _claim(name: str, says: str, source: str) -> Claim:
    return Claim(
        name=f"{name}/overtrained",
        says=says,
        source=source,
        setting=f"Generator of ring8, {STEPS} steps against a discriminator that stays as it is, non-saturating",
        figure="energy distance to the data",
        better="lower",
        measure=lambda seed: {"without": overshot("plain", seed), "with": overshot(name, seed)},
        scale="ratio",
        least=1.5,
    )


CLAIMS = (
    _claim(
        "feature-matching",
        "It keeps the generator from overtraining on the current discriminator.",
        "Salimans et al. 2016, section 3.1",
    ),
    _claim(
        "mode-seeking",
        "Latents that are apart give points that are apart, where all would go to one place.",
        "Mao et al. 2019, section 3.2",
    ),
)
