"""Can a discriminator see that a batch has collapsed, if every single point of it is a possible one?

Each real batch is of ring8's eight modes; each fake batch is of one of them, another one each time, so that single
points tell nothing and a discriminator that judges each by itself stays at chance, whatever it learns.
"""

import torch
from torch import Tensor

import steadygan as sg
from benchmarks.claims.claim import Claim
from benchmarks.claims.parts import area_under_curve, both, networks
from steadygan.data.toys import TOYS, toy_points
from steadygan.heuristics.objectives import discriminator_cross_entropy
from steadygan.heuristics.updates import adam
from steadygan.recipe import Recipe

BATCH, STEPS = 32, 200
TOY = TOYS["ring8"]
PLAIN = sg.recipe("naive").with_("leaky-relu").with_("normal-latent", dimension=2)


def batch(seed: int) -> tuple[Tensor, Tensor]:
    """A real batch, and one that has collapsed to one mode."""
    real, fake = (torch.from_numpy(toy_points(TOY, BATCH, 2 * seed + place)[0]) for place in (0, 1))
    mode = torch.from_numpy(TOY.centres[seed % 8]).float()
    return real, mode + TOY.sigma * torch.randn_like(fake)


def seen(recipe: Recipe, seed: int) -> float:
    """Area under the curve of the logits of new batches."""
    discriminator = networks(recipe, seed, (2,), width=16).discriminator
    optimizer = adam(discriminator.parameters(), lr=2e-3)
    for step in range(STEPS):
        real, fake = (discriminator(points) for points in batch(10_000 * seed + step))
        optimizer.zero_grad()
        discriminator_cross_entropy(real, fake, torch.ones_like(real), torch.zeros_like(fake)).mean().backward()
        optimizer.step()
    with torch.no_grad():
        pairs = [[discriminator(points) for points in batch(10_000 * seed + STEPS + step)] for step in range(40)]
    return area_under_curve(*(torch.cat(side) for side in zip(*pairs, strict=True)))


def _claim(name: str, says: str, source: str) -> Claim:
    return Claim(
        name=f"{name}/collapsed",
        says=says,
        source=source,
        setting=f"Discriminator alone, {STEPS} steps: ring8 against batches of one of its modes, another each time",
        figure="area under the curve of new batches (0.5 is chance, and all that single points can give)",
        better="higher",
        measure=lambda seed: both(seen, PLAIN, PLAIN.with_(name), seed),
        least=0.3,
    )


CLAIMS = (
    _claim(
        "minibatch-discrimination",
        "A discriminator that sees how close a batch is sees collapse.",
        "Salimans et al. 2016, section 3.2",
    ),
    _claim(
        "minibatch-stddev",
        "The deviation over a group, as one more input, shows a lack of variety.",
        "Karras et al. 2017, section 3",
    ),
    _claim(
        "packing",
        "A discriminator that judges pairs sees collapse.",
        "Lin et al. 2017, section 2",
    ),
)
