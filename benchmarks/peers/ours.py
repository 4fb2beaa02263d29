"""The contestants of this package: the training loop, its step alone, and the computations of that step alone.

    python -m peers.ours WORKLOAD DEVICE loop|step|bare example|RECIPE fp32|bf16 FOLDER MINUTES

The recipe ``example`` is ``dcgan`` with the latents of PyTorch's example; as there, both players see the same fakes.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from rich.console import Console

import steadygan as sg
from peers.device import parameters, step_server
from peers.example import image_chunks
from peers.silent_observer import SilentObserver
from peers.step_server import StepServer
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
    """A recipe with the width and the batch size of the workload."""
    sizes = {"batch": workload.batch, "width": workload.filters}
    if name != LIKE_EXAMPLE:
        return sg.recipe(name).change(values=sizes)
    latents = {"normal-latent.dimension": workload.latent}
    values = {**sizes, **latents, "alternate.reuse_fakes": True}
    return sg.recipe("dcgan").change(add=("normal-latent",), values=values)


def stored(workload: Workload) -> "np.ndarray[Any, Any]":
    """The images of the example in the form of a data set: uint8 [N, H, W, C]."""
    count = max(IMAGES, workload.batch)
    images = np.empty((count, workload.size, workload.size, workload.channels), np.uint8)
    place = 0
    for some in image_chunks(workload, count):
        images[place : place + len(some)] = ((some + 1) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
        place += len(some)
    return images


class StepGate(SilentObserver):
    """An observer that stops the loop after as many steps as the race asks for, until it asks for more.

    Args:
        server: the server through which the race asks for steps.
        asked: the number of steps of the first request.
    """

    def __init__(self, server: StepServer, asked: int) -> None:
        self._server = server
        self._asked = asked
        self._made = 0

    def tick(self, images_seen: int, seconds: float, fraction: float) -> None:
        """Answer after the last step of a request, and wait for the next one; the loop does not count that time."""
        self._made += 1
        if self._made == self._asked:
            self._server.answer(self._made)
            self._asked, self._made = self._server.read_request(), 0

    def close(self) -> None:
        """Answer for the last time, when the budget is used and the loop has saved everything."""
        self._server.answer(self._made, done=True)


def loop(recipe: Recipe, workload: Workload, device: str, precision: str, folder: Path, minutes: float) -> None:
    """Train a whole run, with metrics, a progress line, grids, measurements and checkpoints."""
    data = prepare(stored(workload), cache=folder / "cache")
    server = step_server(torch.device(device), {})
    gate = StepGate(server, server.read_request())
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
    """Compute a step of the recipe ``example`` with our networks and optimisers, without any measurement."""
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
    step_server(torch.device(device), facts).serve(lambda: one_step(state))


if __name__ == "__main__":
    main()
