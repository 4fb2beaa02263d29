"""What heuristics see of a run between moves, and what they remember from one to the next."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Generic, Protocol, TypeVar

import torch
from torch import Tensor, nn

from steadygan.vocabulary import Player


@dataclass
class Memory:
    """What a heuristic remembers: subclasses are dataclasses of tensors, numbers, and lists and dictionaries of them.

    Checkpoints keep every field. On several processes each of them remembers the same.
    """


M = TypeVar("M", bound=Memory)


class Remembers(ABC, Generic[M]):
    """Has a memory, which :meth:`State.memory` gives back."""

    name: ClassVar[str]

    @abstractmethod
    def initial_memory(self, state: "State") -> M:
        """The memory of a run that begins; a resumed run gets its stored values."""


class State(Protocol):
    """The training state, as far as heuristics may use it."""

    @property
    def images_seen(self) -> int:
        """Real images that the run has seen so far: the clock of every schedule."""
        ...

    @property
    def device(self) -> torch.device:
        """Where the networks are."""
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
        """A network beside the two, such as an encoder."""
        ...

    def memory(self, heuristic: Remembers[M]) -> M:
        """What a heuristic remembers."""
        ...

    def latents(self, count: int) -> Tensor:
        """Fresh latents on the device, float32 [count, D]."""
        ...

    def random_labels(self, count: int) -> Tensor | None:
        """Labels with the frequencies of the data, int64 [count]; None where the generator takes none."""
        ...

    def reference(self, count: int) -> tuple[Tensor, Tensor | None]:
        """Always the same real images as networks see them, float32 [count, ...], with their labels if networks take
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
        """Measure: the mean of ``value`` over all processes goes into the next row of metrics."""
        ...
