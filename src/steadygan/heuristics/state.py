"""The part of the training state that heuristics may use, and the memories of heuristics."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Generic, Protocol, TypeVar

import torch
from torch import Tensor, nn

from steadygan.vocabulary import Player


@dataclass
class Memory:
    """The memory of a heuristic: a dataclass of tensors, numbers, and lists and dictionaries of these.

    Checkpoints keep every field. Of several processes all must have the same memory.
    """


M = TypeVar("M", bound=Memory)


class Remembers(ABC, Generic[M]):
    """Has a memory, which :meth:`State.memory` returns."""

    name: ClassVar[str]

    @abstractmethod
    def initial_memory(self, state: "State") -> M:
        """Make the memory of a new run; a resumed run then gets its stored values."""


class State(Protocol):
    """The training state, as far as heuristics may use it."""

    @property
    def images_seen(self) -> int:
        """The number of real images that the run has seen so far, which is the clock of every schedule."""
        ...

    @property
    def device(self) -> torch.device:
        """The device of the networks."""
        ...

    @property
    def batch(self) -> int:
        """Real images in one move, over all processes."""
        ...

    def network(self, player: Player) -> nn.Module:
        """A player's network."""
        ...

    def optimizer(self, player: Player) -> torch.optim.Optimizer:
        """A player's optimiser; the companions of a player move with it."""
        ...

    def companion(self, name: str) -> nn.Module:
        """A network besides those of the players, such as an encoder."""
        ...

    def memory(self, heuristic: Remembers[M]) -> M:
        """The memory of a heuristic."""
        ...

    def latents(self, count: int) -> Tensor:
        """Fresh latents on the device, float32 [count, D]."""
        ...

    def random_labels(self, count: int) -> Tensor | None:
        """Labels with the frequencies of the data, int64 [count]; None where the generator takes none."""
        ...

    def reference(self, count: int) -> tuple[Tensor, Tensor | None]:
        """A fixed batch of real images as networks see them, float32 [count, ...], with their labels if networks take
        labels; drawn with repetition if there are fewer.
        """
        ...

    def labelled(self, count: int) -> tuple[Tensor, Tensor]:
        """Random real images whose labels are known, every class equally often: this process's share of ``count``,
        float32 [N, ...] and int64 [N].
        """
        ...

    def held_out(self, count: int) -> tuple[Tensor, Tensor | None]:
        """Random real images that no move is trained on, with true labels if the data have any: this process's share
        of ``count``, float32 [N, ...] and int64 [N]; only for heuristics with a :attr:`Heuristic.held_out_share`.
        """
        ...

    def held_out_chunks(self, size: int) -> Iterator[tuple[Tensor, Tensor | None]]:
        """All images that no move is trained on, in order, ``size`` at a time, like :meth:`held_out`."""
        ...

    def log(self, name: str, value: Tensor) -> None:
        """Record a measurement: the mean of ``value`` over all processes goes into the next row of metrics."""
        ...
