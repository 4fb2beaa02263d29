"""What is claimed of latents."""

import math

import torch
from scipy.stats import ks_2samp

from benchmarks.claims.claim import Arms, Claim, Theory
from steadygan.heuristics.latents import normal_latent, slerp, sphere_latent, uniform_latent

DIMENSION, PAIRS = 100, 2_000


def middle_of_sphere(seed: int) -> Arms:
    """How far the middle between two latents is from the length of latents, as a share of it."""
    first, second = (normal_latent(PAIRS, DIMENSION, torch.Generator().manual_seed(2 * seed + each)) for each in (0, 1))
    straight = torch.lerp(first, second, 0.5).norm(dim=1).mean() / first.norm(dim=1).mean()
    first, second = (sphere_latent(PAIRS, DIMENSION, torch.Generator().manual_seed(2 * seed + each)) for each in (0, 1))
    around = slerp(first, second, 0.5).norm(dim=1).mean() / math.sqrt(DIMENSION)
    return {"without": abs(float(straight) - 1), "with": abs(float(around) - 1)}


def off_the_distribution(seed: int) -> Arms:
    """How far coordinates halfway on the great circle are from those of latents: the largest gap of both shares."""
    found = {}
    for name, draw in {"without": uniform_latent, "with": normal_latent}.items():
        first, second = (draw(PAIRS, DIMENSION, torch.Generator().manual_seed(2 * seed + each)) for each in (0, 1))
        middle = slerp(first, second, 0.5)
        found[name] = float(ks_2samp(first.flatten().numpy(), middle.flatten().numpy()).statistic)
    return found


CLAIMS = (
    Claim(
        name="sphere-latent/middle",
        says="Every step between two latents, along the great circle, stays among the likely ones.",
        source="White 2016, section 2.1; ganhacks, item 3",
        setting="100 dimensions, 2,000 pairs, halfway; without: normal latents and a straight line",
        figure="how far the length is from that of latents, as a share of it",
        better="lower",
        measure=middle_of_sphere,
        least=0.2,
        theory=Theory(0.0, 1e-5),
    ),
    Claim(
        name="normal-latent/circle",
        says="Between normal latents a great circle stays among latents, as it does not between uniform ones.",
        source="ganhacks, item 3; White 2016",
        setting="100 dimensions, 2,000 pairs, halfway on the great circle; without: uniform latents",
        figure="largest gap between the distributions of coordinates there and of latents (Kolmogorov-Smirnov)",
        better="lower",
        measure=off_the_distribution,
        least=0.02,
        theory=Theory(0.0, 0.01),
    ),
)
