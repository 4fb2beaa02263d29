"""The state of a run: everything that a step reads and changes, and that a checkpoint keeps."""

import copy
import dataclasses
import math
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from steadygan.data import Prepared
from steadygan.distributed import broadcast_, world_size
from steadygan.feeding.labels import DataView, random_labels
from steadygan.feeding.loader import Batch, BatchLoader
from steadygan.feeding.scaling import Scaling
from steadygan.feeding.transfer import to_device
from steadygan.heuristics.moments import Begins, Memory, Remembers
from steadygan.layers.kernels.joint_batches import supports_joint_batches
from steadygan.layers.synchronised import synchronise_
from steadygan.networks import Companion, Networks
from steadygan.networks.discriminator import Discriminator
from steadygan.recipe import Recipe
from steadygan.training.compiled import new_batch
from steadygan.training.record import Record
from steadygan.vocabulary import Player

M = TypeVar("M", bound=Memory)


@dataclass
class TrainingState:
    """The two players, their optimisers and the data; heuristics see it as a :class:`steadygan.heuristics.state.State`.

    Attributes:
        recipe: the recipe of the run.
        scaling: how data are scaled for the networks.
        device: the device of the networks.
        precision: ``fp32`` or ``bf16``.
        networks: the players' networks.
        companions: further networks, such as an encoder, each with the player with whom it moves.
        optimizers: the players' optimisers.
        loader: loads batches of real images.
        labelled_players: the players whose networks take labels.
        averaged: the average of the generator, from which samples are made; None if the recipe has no average.
        memories: the memories of heuristics, by the names of these.
        record: measurements since the last row.
        images_seen: the number of real images in the discriminator's moves so far, which is the clock of the run.
        steps: the number of steps so far.
        moves: the number of moves of each player so far.
        seconds: the time spent in the loop so far.
        best: the smallest distance to the data so far.
        best_by: the name in a run's rows of the distance by which ``best`` is the smallest; empty before any.
        judged_at: images seen when the generator was last judged by features.
        judging_seconds: the time spent on judging so far.
        rates: the learning rates with which the optimisers were made, by player and parameter group.
        joint_batches_work: whether the discriminator gives the same results for real and fake images in one pass as in
            two.
        notes: sentences about networks of the user's own.
    """

    recipe: Recipe
    scaling: Scaling
    device: torch.device
    precision: str
    networks: dict[Player, nn.Module]
    companions: dict[str, Companion]
    optimizers: dict[Player, torch.optim.Optimizer]
    loader: BatchLoader
    labelled_players: frozenset[Player] = frozenset()
    averaged: nn.Module | None = None
    memories: dict[str, Memory] = field(default_factory=dict)
    record: Record = field(default_factory=Record)
    images_seen: int = 0
    steps: int = 0
    moves: dict[Player, int] = field(default_factory=lambda: dict.fromkeys(Player, 0))
    seconds: float = 0.0
    best: float = math.inf
    best_by: str = ""
    judged_at: int = 0
    judging_seconds: float = 0.0
    rates: dict[Player, list[float]] = field(init=False)
    joint_batches_work: bool = field(init=False)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.rates = {
            player: [float(group["lr"]) for group in optimizer.param_groups]
            for player, optimizer in self.optimizers.items()
        }
        discriminator = self.networks[Player.DISCRIMINATOR]
        self.joint_batches_work = isinstance(discriminator, Discriminator) and supports_joint_batches(discriminator)

    # --- what heuristics see

    @property
    def batch(self) -> int:
        """Real images in one move."""
        return self.recipe.settings.batch

    def network(self, player: Player) -> nn.Module:
        """A player's network."""
        return self.networks[player]

    def optimizer(self, player: Player) -> torch.optim.Optimizer:
        """A player's optimiser."""
        return self.optimizers[player]

    def companion(self, name: str) -> nn.Module:
        """A further network, such as an encoder."""
        return self.companions[name].network

    def memory(self, heuristic: Remembers[M]) -> M:
        """The memory of a heuristic."""
        found: M = self.memories[heuristic.name]  # type: ignore[assignment]  # made by this very heuristic
        return found

    def latents(self, count: int) -> Tensor:
        """Fresh latents on the device."""
        # They are drawn on the CPU, so that they are the same for every device.
        return to_device(self.recipe.latent.sample(count, torch.device("cpu")), self.device)

    def random_labels(self, count: int) -> Tensor | None:
        """Random labels with the frequencies of the data, int64 [count]; None if the generator takes none."""
        if not self.takes_labels_of(Player.GENERATOR):
            return None
        return to_device(random_labels(count, self.loader.class_shares), self.device)

    def reference(self, count: int) -> tuple[Tensor, Tensor | None]:
        """A fixed batch of real images, with their labels if any are used."""
        return self.loader.reference(count)

    def labelled(self, count: int) -> tuple[Tensor, Tensor]:
        """Random real images whose labels are known, each class equally often."""
        return self.loader.labelled(count)

    def held_out(self, count: int) -> tuple[Tensor, Tensor | None]:
        """Random real images that no move is trained on."""
        return self.loader.held_out(count)

    def held_out_chunks(self, size: int) -> Iterator[tuple[Tensor, Tensor | None]]:
        """All images that no move is trained on, ``size`` at a time."""
        return self.loader.held_out_chunks(size)

    def log(self, name: str, value: Tensor) -> None:
        """Record a measurement for the next row of metrics."""
        self.record.log(name, value)

    # --- what steps use

    @property
    def data(self) -> Prepared:
        """The data."""
        return self.loader.data

    @property
    def classes(self) -> int:
        """Classes that the run uses; 0 where it asks for no labels."""
        return self.loader.view.classes

    def takes_labels_of(self, player: Player) -> bool:
        """Whether this player's network takes labels."""
        return player in self.labelled_players

    @property
    def class_shares(self) -> tuple[float, ...]:
        """The frequencies of the classes that the generator is given; () if it takes no labels."""
        return self.loader.class_shares if self.takes_labels_of(Player.GENERATOR) else ()

    @property
    def kept_generator(self) -> nn.Module:
        """The generator that samples are made with."""
        return self.averaged if self.averaged is not None else self.networks[Player.GENERATOR]

    def next_real(self) -> Batch:
        """The next batch of real data as the networks see them."""
        new_batch(self.device)
        return self.loader.next(self.recipe.settings.batch)

    def labels_like(self, labels: Tensor | None) -> Tensor | None:
        """Labels for fakes: those of the reals, drawn where unknown; None if the generator takes none."""
        if labels is None or not self.takes_labels_of(Player.GENERATOR):
            return None
        if self.recipe.all_labelled and self.loader.view.knows_every_label:
            return labels
        drawn = to_device(random_labels(len(labels), self.loader.class_shares), self.device)
        return torch.where(labels >= 0, labels, drawn)

    def parts(self, player: Player) -> dict[str, nn.Module]:
        """The networks that a player's optimiser moves, by name."""
        companions = {name: each.network for name, each in self.companions.items() if each.player is player}
        return {player.value: self.networks[player], **companions}

    def in_precision(self) -> AbstractContextManager[object]:
        """A context in which forward passes run in the precision of the run."""
        if self.precision == "bf16":
            return torch.autocast(self.device.type, torch.bfloat16)
        return nullcontext()

    # --- as a checkpoint

    def state_dict(self) -> dict[str, Any]:
        """Everything that another process needs to go on exactly from here, as tensors and plain values."""
        return {
            "networks": {name: network.state_dict() for name, network in self._all_networks().items()},
            "optimizers": {player.value: optimizer.state_dict() for player, optimizer in self.optimizers.items()},
            "averaged": None if self.averaged is None else self.averaged.state_dict(),
            "memories": {name: fields_of(memory) for name, memory in self.memories.items()},
            "sampler": self.loader.state_dict(),
            "record": self.record.state_dict(),
            "random": _random_state(self.device),
            "images_seen": self.images_seen,
            "steps": self.steps,
            "moves": {player.value: count for player, count in self.moves.items()},
            "seconds": self.seconds,
            "best": self.best,
            "best_by": self.best_by,
            "judged_at": self.judged_at,
            "judging_seconds": self.judging_seconds,
        }

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Go on from :meth:`state_dict`."""
        self.load_networks(saved)
        for player in Player:
            self.optimizers[player].load_state_dict(saved["optimizers"][player.value])
        if self.averaged is not None:
            self.averaged.load_state_dict(saved["averaged"])
        for name in self.memories:
            self._load_memory(name, saved["memories"][name])
        self._load_the_rest(saved)

    def load_networks(self, saved: Mapping[str, Any]) -> None:
        """Give all networks the weights that they have in :meth:`state_dict`."""
        for name, network in self._all_networks().items():
            network.load_state_dict(saved["networks"][name])

    def load_random(self, saved: Mapping[str, Any]) -> None:
        """Let random numbers go on from :meth:`state_dict`."""
        _load_random_state(saved["random"], self.device)

    def load_what_fits(self, saved: Mapping[str, Any]) -> None:
        """Go on from the :meth:`state_dict` of another recipe for the same networks.

        Optimisers of the same kind keep their moments, with the numbers of this recipe; the average and the memories
        that both recipes have go on; what only this one has stays as it began.
        """
        self.load_networks(saved)
        for player, optimizer in self.optimizers.items():
            _load_moments(optimizer, saved["optimizers"][player.value])
        if self.averaged is not None and saved["averaged"] is not None:
            self.averaged.load_state_dict(saved["averaged"])
        elif self.averaged is not None:
            self.averaged.load_state_dict(self.networks[Player.GENERATOR].state_dict())
        for name in self.memories.keys() & saved["memories"].keys():
            self._load_memory(name, saved["memories"][name])
        self._load_the_rest(saved)

    def _load_memory(self, name: str, fields: dict[str, Any]) -> None:
        self.memories[name] = dataclasses.replace(self.memories[name], **_on_device(fields, self.device))

    def _load_the_rest(self, saved: Mapping[str, Any]) -> None:
        for player in Player:
            self.moves[player] = saved["moves"][player.value]
        self.loader.load_state_dict(saved["sampler"])
        self.record.load_state_dict(saved["record"], self.device)
        self.images_seen, self.steps = saved["images_seen"], saved["steps"]
        self.seconds, self.best = saved["seconds"], saved["best"]
        # Runs of earlier versions judged by nothing.
        self.best_by = saved.get("best_by", "")
        self.judged_at, self.judging_seconds = saved.get("judged_at", 0), saved.get("judging_seconds", 0.0)
        self.load_random(saved)

    def _all_networks(self) -> dict[str, nn.Module]:
        return {name: network for player in Player for name, network in self.parts(player).items()}


def new_training_state(
    recipe: Recipe,
    data: Prepared,
    networks: Networks,
    scaling: Scaling,
    device: torch.device,
    precision: str,
    seed: int,
    view: DataView | None = None,
    labelled_players: frozenset[Player] = frozenset(),
) -> TrainingState:
    """Put networks on the device, give each player its optimiser, and let every heuristic begin.

    Args:
        recipe: the recipe of the run.
        data: prepared images or vectors.
        networks: the players' networks and their companions.
        scaling: how data are scaled for the networks.
        device: where to train.
        precision: ``fp32`` or ``bf16``.
        seed: the seed of the order of the data, of the choice of known labels, and of the images that are held out.
        view: the part of the data and labels that the run uses; no labels when None.
        labelled_players: the players whose networks take labels.
    """
    players = {Player.GENERATOR: networks.generator, Player.DISCRIMINATOR: networks.discriminator}
    companions = networks.companions.values()
    for network in (*players.values(), *(companion.network for companion in companions)):
        network.to(device).train()
        _share(network)
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's stubs
    moving = {
        player: (network, *(companion.network for companion in companions if companion.player is player))
        for player, network in players.items()
    }
    optimizers = {
        player: recipe.update(player).optimizer(p for part in parts for p in part.parameters() if p.requires_grad)
        for player, parts in moving.items()
    }
    state = TrainingState(
        recipe=recipe,
        scaling=scaling,
        device=device,
        precision=precision,
        networks=players,
        companions=dict(networks.companions),
        optimizers=optimizers,
        loader=BatchLoader(data, scaling, device, seed, view or DataView(held_out_share=recipe.held_out_share)),
        labelled_players=labelled_players,
    )
    for heuristic in recipe.all(Remembers):
        state.memories[heuristic.name] = heuristic.initial_memory(state)
    for prepares in recipe.all(Begins):
        prepares.begin(state)
    if recipe.average is not None:
        state.averaged = copy.deepcopy(networks.generator).requires_grad_(False)
    return state


def fields_of(memory: Memory) -> dict[str, Any]:
    """The fields of a memory by name, as a checkpoint keeps them."""
    return {field.name: getattr(memory, field.name) for field in dataclasses.fields(memory)}


def _load_moments(optimizer: torch.optim.Optimizer, saved: dict[str, Any]) -> None:
    """Give an optimiser the moments of an earlier one, if it is of the same kind; its own numbers stay."""
    own = [{name: value for name, value in group.items() if name != "params"} for group in optimizer.param_groups]
    before = [{name: value for name, value in group.items() if name != "params"} for group in saved["param_groups"]]
    if [group.keys() for group in own] != [group.keys() for group in before]:
        return
    optimizer.load_state_dict(saved)
    for group, numbers in zip(optimizer.param_groups, own, strict=True):
        group.update(numbers)


def _share(network: nn.Module) -> None:
    """Give every process the same weights, and let batch norm use the whole batch of all processes."""
    if world_size() > 1:
        broadcast_(tensor for tensor in network.state_dict().values())
        synchronise_(network)


def _on_device(kept: Any, device: torch.device) -> Any:
    """Copy the tensors of a stored memory to the device."""
    if isinstance(kept, Tensor):
        return kept.to(device)
    if isinstance(kept, dict):
        return {name: _on_device(value, device) for name, value in kept.items()}
    if isinstance(kept, list | tuple):
        return type(kept)(_on_device(value, device) for value in kept)
    return kept


def _random_state(device: torch.device) -> dict[str, Tensor]:
    saved = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        saved["cuda"] = torch.cuda.get_rng_state(device)
    elif device.type == "mps":
        saved["mps"] = torch.mps.get_rng_state()
    return saved


def _load_random_state(saved: dict[str, Tensor], device: torch.device) -> None:
    torch.set_rng_state(saved["cpu"])
    if device.type == "cuda":
        torch.cuda.set_rng_state(saved["cuda"], device)
    elif device.type == "mps":
        torch.mps.set_rng_state(saved["mps"])
