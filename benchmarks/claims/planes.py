"""GANs of points in the plane: which heuristics find more modes, or put more points on them.

Full trainings by the package, on ring8 and grid25. The networks are dense: the package's, three hidden layers of 128
without normalisation, as in the plane's experiments of WGAN-GP and PacGAN but for their widths; for `unrolled` those of
its paper's notebook. The common ground is the non-saturating loss, normal latents, Adam and batches of 256.
"""

import math
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

import steadygan as sg
from benchmarks.claims.claim import Arms
from benchmarks.claims.parts import once
from steadygan.data.toys import TOYS
from steadygan.metrics.vector_modes import VectorModes, vector_modes
from steadygan.recipe import Recipe

SAMPLES, BATCH = 2_500, 256
Networks = Callable[[int], tuple[nn.Module, nn.Module]]
BASE = (
    sg.recipe("naive")
    .with_("non-saturating")
    .with_("normal-latent", dimension=2)
    .with_("adam", lr=1e-3)
    .set("batch", BATCH)
)
"""What every arm begins with."""


class Plane(NamedTuple):
    """An arm.

    Attributes:
        recipe: what is trained.
        toy: on which mixture.
        steps: moves of the generator.
        networks: other networks than the package's, from a seed.
        labels: whether classes are given.
    """

    recipe: Recipe
    toy: str = "grid25"
    steps: int = 4_000
    networks: Networks | None = None
    labels: bool = False


@once
def made(plane: Plane, seed: int) -> Tensor:
    """Train an arm, and draw points, float32 [2500, 2]; with labels, those of mode i in the i-th part."""
    schedule = plane.recipe.schedule
    moves = getattr(schedule, "discriminator_moves", 1)
    own = {} if plane.networks is None else dict(zip(("generator", "discriminator"), plane.networks(seed), strict=True))
    with tempfile.TemporaryDirectory() as folder:
        run = sg.train(
            plane.toy,
            plane.recipe,
            images=plane.steps * moves * plane.recipe.settings.batch,
            out=Path(folder) / "run",
            seed=seed,
            precision="fp32",
            doctor=False,
            features="none",
            evaluate_share=0.001,
            labels=plane.labels,
            cache=Path(tempfile.gettempdir()) / "steadygan-claims",
            observers=(),
            **own,
        )
        if not plane.labels:
            return torch.from_numpy(run.sample(SAMPLES, seed=0))
        count = len(TOYS[plane.toy].centres)
        each = SAMPLES // count
        return torch.cat([torch.from_numpy(run.sample(each, class_name=str(mode))) for mode in range(count)])


def counted(plane: Plane, seed: int) -> VectorModes:
    """The modes of an arm."""
    toy = TOYS[plane.toy]
    return vector_modes(made(plane, seed), torch.from_numpy(toy.centres), toy.sigma)


def good_modes(plane: Plane, seed: int) -> float:
    """How many modes are found, weighed by how evenly: the exponential of the entropy of points of high quality."""
    found = counted(plane, seed)
    if found.reverse_kl is None:
        return 0.0
    return len(TOYS[plane.toy].centres) * math.exp(-found.reverse_kl)


def high_quality(plane: Plane, seed: int) -> float:
    """The share of points within three standard deviations of a mode."""
    return counted(plane, seed).high_quality


def modes(plane: Plane, seed: int) -> float:
    """How many modes have a point."""
    return float(counted(plane, seed).modes)


def of_its_class(plane: Plane, seed: int) -> float:
    """The share of points that are nearest to the mode of their class."""
    toy = TOYS[plane.toy]
    points, centres = made(plane, seed), torch.from_numpy(toy.centres).float()
    wanted = torch.arange(len(centres)).repeat_interleave(SAMPLES // len(centres))
    return float((torch.cdist(points, centres).argmin(1) == wanted).float().mean())


def arms(figure: Callable[[Plane, int], float], without: Plane, with_: Plane) -> Callable[[int], Arms]:
    """The figure of both arms of a seed."""
    return lambda seed: {"without": figure(without, seed), "with": figure(with_, seed)}


def notebook(seed: int) -> tuple[nn.Module, nn.Module]:
    """The networks of the notebook of Metz et al. 2016: two hidden layers of 128 each, latents of length 256."""
    torch.manual_seed(seed)

    def layers(inputs: int, outputs: int, activation: type[nn.Module]) -> nn.Sequential:
        network = nn.Sequential(
            nn.Linear(inputs, 128), activation(), nn.Linear(128, 128), activation(), nn.Linear(128, outputs)
        )
        for layer in network:
            if isinstance(layer, nn.Linear):
                nn.init.orthogonal_(layer.weight, 0.8)
                nn.init.zeros_(layer.bias)
        return network

    return layers(256, 2, nn.ReLU), layers(2, 1, nn.ReLU)
