"""Does a discriminator see that two distant parts of an image do not fit together?

Two patterns of 3 by 3 pixels lie in opposite corners of an image of 16. They are the same in real images, and two that
were drawn apart in fakes, so that neither corner tells anything by itself.
"""

import torch
from torch import Tensor

import steadygan as sg
from benchmarks.claims.claim import Claim
from benchmarks.claims.parts import IMAGE, area_under_curve, both, networks
from steadygan.heuristics.objectives import discriminator_cross_entropy
from steadygan.heuristics.updates import adam
from steadygan.recipe import Recipe

STEPS, BATCH, PATTERNS = 600, 64, 8
RECIPE = sg.recipe("dcgan").without("batch-norm", "normal-init")


def pictures(patterns: Tensor, same: bool) -> Tensor:
    """A batch of images, float32 [64, 1, 16, 16]."""
    chosen = torch.randint(PATTERNS, (2, BATCH))
    images = -torch.ones(BATCH, *IMAGE[::-1])
    images[:, 0, 1:4, 1:4] = patterns[chosen[0]]
    images[:, 0, 12:15, 12:15] = patterns[chosen[0] if same else chosen[1]]
    return images


def seen(recipe: Recipe, seed: int) -> float:
    """Area under the curve of logits of new images; fakes that fit by chance make 0.94 the most."""
    patterns = torch.randint(2, (PATTERNS, 3, 3), generator=torch.Generator().manual_seed(seed)) * 2.0 - 1
    discriminator = networks(recipe, seed).discriminator
    moves = adam(discriminator.parameters(), lr=1e-3)
    for _ in range(STEPS):
        real, fake = discriminator(pictures(patterns, True)), discriminator(pictures(patterns, False))
        moves.zero_grad()
        discriminator_cross_entropy(real, fake, torch.ones_like(real), torch.zeros_like(fake)).mean().backward()
        moves.step()
    with torch.no_grad():
        made = [torch.cat([discriminator(pictures(patterns, same)) for _ in range(8)]) for same in (True, False)]
    return area_under_curve(*made)


CLAIMS = (
    Claim(
        name="self-attention/distant",
        says="Distant parts of an image are seen to fit together or not.",
        source="Zhang et al. 2018, sections 1 and 5.2",
        setting=f"dcgan's discriminator without norm, width 8, {STEPS} steps: equal or unequal patterns in two corners",
        figure="area under the curve of new images (0.5 is chance)",
        better="higher",
        measure=lambda seed: both(seen, RECIPE, RECIPE.with_("self-attention"), seed),
        least=0.05,
        minutes=0.5,
    ),
)
