"""Our contestants: the product's own loop, its step alone, and the maths of that step with nothing around it.

    python -m peers.ours WORKLOAD DEVICE loop|step|bare example|RECIPE fp32|bf16 FOLDER MINUTES

The recipe ``example`` is ``dcgan`` with the latents of PyTorch's example, and with its fakes, which both players see.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from rich.console import Console

import steadygan as sg
from peers.device import clerk_on, parameters
from peers.example import pools
from peers.serve import Clerk
from peers.still import Still
from steadygan.data import prepare
from steadygan.layers.kernels.joint_batches import joint_batches
from steadygan.progress import ProgressLine
from steadygan.recipe import Recipe
from steadygan.settings import TrainingSettings
from steadygan.training.process_settings import keep_memory
from steadygan.training.session import CustomNetworks, new_players
from steadygan.training.state import TrainingState
from steadygan.training.step import step
from steadygan.vocabulary import Player
from workloads import Workload

LIKE_EXAMPLE = "example"
IMAGES = 4096


def recipe_for(name: str, workload: Workload) -> Recipe:
    """A recipe with the workload's networks and batch."""
    sizes = {"batch": workload.batch, "width": workload.filters}
    if name != LIKE_EXAMPLE:
        return sg.recipe(name).change(values=sizes)
    latents = {"normal-latent.dimension": workload.latent}
    values = {**sizes, **latents, "alternate.reuse_fakes": True}
    return sg.recipe("dcgan").change(add=("normal-latent",), values=values)


def stored(workload: Workload) -> "np.ndarray[Any, Any]":
    """The example's images as a data set has them: uint8 [N, H, W, C]."""
    count = max(IMAGES, workload.batch)
    images = np.empty((count, workload.size, workload.size, workload.channels), np.uint8)
    place = 0
    for some in pools(workload, count):
        images[place : place + len(some)] = ((some + 1) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
        place += len(some)
    return images


class Gate(Still):
    """An observer that lets the loop make as many steps as the race asks for.

    Args:
        clerk: who talks to the race.
        asked: steps that it asked for first.
    """

    def __init__(self, clerk: Clerk, asked: int) -> None:
        self._clerk = clerk
        self._asked = asked
        self._made = 0

    def tick(self, images_seen: int, seconds: float, fraction: float) -> None:
        """Answer after the last step of a request, and wait for the next one: the loop's own clock stands meanwhile."""
        self._made += 1
        if self._made == self._asked:
            self._clerk.answer(self._made)
            self._asked, self._made = self._clerk.asked(), 0

    def close(self) -> None:
        """The budget is used, and what the loop saves at its end is saved."""
        self._clerk.answer(self._made, done=True)


def loop(recipe: Recipe, workload: Workload, device: str, precision: str, folder: Path, minutes: float) -> None:
    """A run of the product: metrics, progress as on a terminal, grids, measurements and checkpoints."""
    data = prepare(stored(workload), cache=folder / "cache")
    clerk = clerk_on(torch.device(device), {})
    gate = Gate(clerk, clerk.asked())
    with (folder / "screen").open("w") as screen:
        progress = ProgressLine(Console(file=screen, force_terminal=True, width=120))
        sg.train(
            data,
            recipe,
            minutes=minutes,
            out=folder / "run",
            device=device,
            precision=precision,
            observers=[progress, gate],
        )


def bare(state: TrainingState) -> None:
    """What a step of the recipe ``example`` computes, with our networks and optimisers, measuring nothing."""
    generator, discriminator = (state.network(player) for player in (Player.GENERATOR, Player.DISCRIMINATOR))
    real = state.next_real().images
    with state.in_precision():
        fake = generator(state.latents(len(real)))
    optimizer = state.optimizer(Player.DISCRIMINATOR)
    optimizer.zero_grad(set_to_none=True)
    with state.in_precision(), joint_batches(discriminator, 2):
        on_real, on_fake = discriminator(torch.cat([real, fake.detach()])).chunk(2)
    torch.autograd.backward(F.softplus(-on_real.float()).mean() + F.softplus(on_fake.float()).mean())
    optimizer.step()

    discriminator.requires_grad_(False)
    optimizer = state.optimizer(Player.GENERATOR)
    optimizer.zero_grad(set_to_none=True)
    with state.in_precision():
        on_fake = discriminator(fake)
    torch.autograd.backward(F.softplus(-on_fake.float()).mean())
    optimizer.step()
    discriminator.requires_grad_(True)


def main() -> None:
    text, device, kind, name, precision, place, minutes = sys.argv[1:]
    workload, folder = Workload.read(text), Path(place)
    recipe = recipe_for(name, workload)
    keep_memory()
    if kind == "loop":
        loop(recipe, workload, device, precision, folder, float(minutes))
        return
    torch.manual_seed(0)
    training = TrainingSettings.model_validate({"device": device, "precision": precision})
    data = prepare(stored(workload), cache=folder / "cache")
    state, _ = new_players(recipe, data, CustomNetworks(), torch.device(device), training)
    one_step = step if kind == "step" else bare
    facts = {"parameters": parameters(*state.networks.values())}
    clerk_on(torch.device(device), facts).serve(lambda: one_step(state))


if __name__ == "__main__":
    main()
