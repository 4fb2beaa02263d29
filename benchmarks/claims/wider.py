"""Is a wider discriminator nearer to its optimum?"""

import torch

from benchmarks.claims.claim import Claim
from benchmarks.claims.collapsed import PLAIN
from benchmarks.claims.dense import LOSSES, train
from benchmarks.claims.directions import scattered
from benchmarks.claims.parts import both, networks
from steadygan.recipe import Recipe

STEPS = 300


def loss(recipe: Recipe, seed: int) -> float:
    """Cross entropy of new points after some steps; less is nearer to the optimum."""
    network = networks(recipe, seed, (2,), width=16).discriminator
    torch.manual_seed(1_000 + seed)
    train(network, scattered, steps=STEPS)
    with torch.no_grad():
        return float(
            torch.stack([LOSSES["cross-entropy"](*map(network, scattered())).mean() for _ in range(16)]).mean()
        )


CLAIMS = (
    Claim(
        name="larger-discriminator/optimum",
        says="A larger discriminator is nearer to its optimum, as the theory wants it.",
        source="Goodfellow 2016, section 4.4",
        setting=f"Discriminator of ring8 against points scattered about it, {STEPS} steps; with: 1.5 times the width",
        figure="cross entropy of new points",
        better="lower",
        measure=lambda seed: both(loss, PLAIN, PLAIN.with_("larger-discriminator"), seed),
    ),
)
