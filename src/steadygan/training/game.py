"""The state of a run: everything that a step reads and changes, and that a checkpoint keeps."""

import copy
import math
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from steadygan.data import Prepared, Sampler
from steadygan.heuristics.base import Player
from steadygan.networks import Networks
from steadygan.recipe import Recipe
from steadygan.training.record import Record
from steadygan.training.scaling import Scaling


@dataclass
class Game:
    """Two players, their optimisers and the data.

    Attributes:
        recipe: what is trained and how.
        data: prepared images or vectors.
        scaling: how data become network inputs.
        device: where networks are.
        precision: ``fp32`` or ``bf16``.
        networks: the players' networks.
        optimizers: the players' optimisers.
        averaged: the generator whose samples are kept, if the recipe averages.
        sampler: order of the data.
        record: measurements since the last row.
        images_seen: real images in discriminator moves so far, the clock.
        steps: steps so far.
        moves: moves of each player so far.
        seconds: time spent in the loop so far.
        best: smallest distance to the data so far.
    """

    recipe: Recipe
    data: Prepared
    scaling: Scaling
    device: torch.device
    precision: str
    networks: dict[Player, nn.Module]
    optimizers: dict[Player, torch.optim.Optimizer]
    averaged: nn.Module | None
    sampler: Sampler
    record: Record = field(default_factory=Record)
    images_seen: int = 0
    steps: int = 0
    moves: dict[Player, int] = field(default_factory=lambda: dict.fromkeys(Player, 0))
    seconds: float = 0.0
    best: float = math.inf

    @property
    def kept_generator(self) -> nn.Module:
        """The generator that samples are made with."""
        return self.averaged if self.averaged is not None else self.networks[Player.GENERATOR]

    def next_real(self) -> Tensor:
        """The next batch of real data as the networks see them, float32."""
        return self.real_at(self.sampler.next(self.recipe.settings.batch))

    def real_at(self, places: "np.ndarray[Any, np.dtype[np.int64]]") -> Tensor:
        """Real data at the given places, scaled, on the device."""
        return self.scaling.to_network(torch.from_numpy(self.data.images[places]).to(self.device, non_blocking=True))

    def make_fakes(self, count: int) -> Tensor:
        """Fakes from fresh latents, [count, ...]; they carry gradients if the generator trains now."""
        with self.in_precision():
            fakes: Tensor = self.networks[Player.GENERATOR](self.recipe.latent.sample(count, self.device))
        return fakes

    def in_precision(self) -> AbstractContextManager[object]:
        """Where forward passes of the networks run."""
        if self.precision == "bf16":
            return torch.autocast(self.device.type, torch.bfloat16)
        return nullcontext()

    def state(self) -> dict[str, Any]:
        """Everything that a later process needs to go on exactly from here; tensors and plain values only."""
        return {
            "networks": {player.value: network.state_dict() for player, network in self.networks.items()},
            "optimizers": {player.value: optimizer.state_dict() for player, optimizer in self.optimizers.items()},
            "averaged": None if self.averaged is None else self.averaged.state_dict(),
            "sampler": self.sampler.state(),
            "record": self.record.state(),
            "random": _random_state(self.device),
            "images_seen": self.images_seen,
            "steps": self.steps,
            "moves": {player.value: count for player, count in self.moves.items()},
            "seconds": self.seconds,
            "best": self.best,
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from :meth:`state`."""
        for player in Player:
            self.networks[player].load_state_dict(state["networks"][player.value])
            self.optimizers[player].load_state_dict(state["optimizers"][player.value])
            self.moves[player] = state["moves"][player.value]
        if self.averaged is not None:
            self.averaged.load_state_dict(state["averaged"])
        self.sampler.load(state["sampler"])
        self.record.load(state["record"], self.device)
        self.images_seen, self.steps = state["images_seen"], state["steps"]
        self.seconds, self.best = state["seconds"], state["best"]
        _load_random_state(state["random"], self.device)


def new_game(
    recipe: Recipe,
    data: Prepared,
    networks: Networks,
    scaling: Scaling,
    device: torch.device,
    precision: str,
    seed: int,
) -> Game:
    """Put networks on the device and give each player its optimiser."""
    players = {Player.GENERATOR: networks.generator, Player.DISCRIMINATOR: networks.discriminator}
    for network in players.values():
        network.to(device).train()
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's stubs
    averaged = None
    if recipe.average is not None:
        averaged = copy.deepcopy(networks.generator).requires_grad_(False)
    optimizers = {
        player: recipe.update(player).optimizer(p for p in network.parameters() if p.requires_grad)
        for player, network in players.items()
    }
    return Game(
        recipe=recipe,
        data=data,
        scaling=scaling,
        device=device,
        precision=precision,
        networks=players,
        optimizers=optimizers,
        averaged=averaged,
        sampler=Sampler(len(data), seed),
    )


def _random_state(device: torch.device) -> dict[str, Tensor]:
    state = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    elif device.type == "mps":
        state["mps"] = torch.mps.get_rng_state()
    return state


def _load_random_state(state: dict[str, Tensor], device: torch.device) -> None:
    torch.set_rng_state(state["cpu"])
    if device.type == "cuda":
        torch.cuda.set_rng_state(state["cuda"], device)
    elif device.type == "mps":
        torch.mps.set_rng_state(state["mps"])
