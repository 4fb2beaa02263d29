"""What heuristics see of a run: the table on which everything lies between moves, and one player's turn."""

from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn

from steadygan.vocabulary import Player, Side

Memory = dict[str, Any]
"""What a heuristic remembers from move to move: tensors, numbers, and lists and dictionaries of them."""


class Answer(NamedTuple):
    """What a discriminator says of images.

    Attributes:
        logits: real or fake, float [M]; M = N, N times the patches, or N divided by the packing.
        features: its last hidden layer, float [N, F].
        class_logits: which class, float [N, K]; None if it does not say.
    """

    logits: Tensor
    features: Tensor
    class_logits: Tensor | None = None


class State(Protocol):
    """The state of a run, as far as heuristics may use it between moves."""

    @property
    def images_seen(self) -> int:
        """Real images that the run has seen so far: the clock of every schedule."""
        ...

    @property
    def steps(self) -> int:
        """Steps so far."""
        ...

    @property
    def device(self) -> torch.device:
        """Where the networks are."""
        ...

    @property
    def batch(self) -> int:
        """Real images in one move."""
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

    def moves_of(self, player: Player) -> int:
        """Moves that a player has made."""
        ...

    def memory(self, name: str) -> Memory:
        """What the heuristic of this name remembers; checkpoints keep it."""
        ...

    def latents(self, count: int) -> Tensor:
        """Fresh latents on the device, float32 [count, D]."""
        ...

    def random_labels(self, count: int) -> Tensor | None:
        """Labels with the frequencies of the data, int64 [count]; None where the networks take none."""
        ...

    def reference(self, count: int) -> tuple[Tensor, Tensor | None]:
        """Always the same real images as networks see them, float32 [count, ...], with their labels if networks take
        labels; drawn with repetition if there are fewer.
        """
        ...

    def labelled(self, count: int) -> tuple[Tensor, Tensor]:
        """Random real images whose labels are known, every class equally often, float32 [count, ...], int64 [count]."""
        ...

    def held_out(self, count: int) -> tuple[Tensor, Tensor | None]:
        """Random real images that no move is trained on, float32 [count, ...], with true labels if the data have any,
        int64 [count]; only for heuristics with a :attr:`Heuristic.held_out_share`.
        """
        ...

    def held_out_chunks(self, size: int) -> Iterator[tuple[Tensor, Tensor | None]]:
        """All of the images that no move is trained on, in order, ``size`` at a time, like :meth:`held_out`."""
        ...

    def note(self, name: str, value: Tensor) -> None:
        """Measure: the mean of ``value`` goes into the next row of metrics, without waiting for the device."""
        ...


class Turn(Protocol):
    """What one player's move knows; everything is computed on first use and kept.

    Heuristics read a turn and never reach around it.

    Where several processes train together, each has N images of the batch, and so have :attr:`latents`, :meth:`raw`,
    :meth:`labels`, :meth:`seen`, :meth:`input_gradient`, :meth:`generate`, :meth:`see`, :meth:`answer`, and random
    numbers that are drawn. What the players answer (:meth:`logits`, :meth:`features`, :meth:`class_logits`) and should
    answer is always that of the whole batch, and so must be what a heuristic adds to a loss, notes or remembers:
    :meth:`gather` makes values of the whole batch from those of N images.
    """

    @property
    def player(self) -> Player:
        """Who moves."""
        ...

    @property
    def state(self) -> State:
        """The run that the move belongs to."""
        ...

    @property
    def images_seen(self) -> int:
        """Real images that the run has seen before this move: the clock of every schedule."""
        ...

    @property
    def latents(self) -> Tensor:
        """The latents of the fakes, float32 [N, D]."""
        ...

    @property
    def count(self) -> int:
        """Images of one side in the whole batch."""
        ...

    def gather(self, values: Tensor) -> Tensor:
        """What was computed from this process's images, [N, ...], put together with that of the others' images, in
        the order of the batch; gradients flow through it.
        """
        ...

    def local_rows(self, values: Tensor) -> Tensor:
        """Of values of the whole batch, one row for each image, those of this process's images."""
        ...

    def all_reduce(self, values: Tensor) -> Tensor:
        """The sum of what each process has of something, such as a gradient of weights; gradients flow through it."""
        ...

    def raw(self, side: Side) -> Tensor:
        """Images before the input heuristics, float [N, ...]; fakes carry gradients only in the generator's move."""
        ...

    def labels(self, side: Side) -> Tensor | None:
        """Classes of the images, int64 [N], -1 where unknown; None where the networks take no labels and none are
        needed. Fakes have the labels that the generator was given.
        """
        ...

    def relabel(self, side: Side, labels: Tensor) -> None:
        """Say what the images of a side are, for input heuristics that exchange images; int64 [N]."""
        ...

    def seen(self, side: Side) -> Tensor:
        """Images after the input heuristics, float32 [N, C, H, W] (vectors: [N, D])."""
        ...

    def logits(self, side: Side) -> Tensor:
        """The discriminator's raw answers to what it has seen, float32 [M]; M = N, or N times the patches, or N divided
        by the packing.
        """
        ...

    def features(self, side: Side) -> Tensor:
        """The discriminator's last hidden layer for what it has seen, float32 [N, F]."""
        ...

    def class_logits(self, side: Side) -> Tensor:
        """The discriminator's logits of the classes for what it has seen, float32 [N, K]."""
        ...

    def targets(self, side: Side) -> Tensor:
        """What the discriminator should answer, or the generator wants it to, float32 [M]."""
        ...

    def class_targets(self, side: Side) -> Tensor:
        """Distribution over the classes that the class logits should have, float32 [N, K]; rows of unknown classes
        are 0.
        """
        ...

    def input_gradient(self, side: Side) -> Tensor:
        """Gradient of each image's logit with respect to that image as seen, float32, of its shape; differentiable."""
        ...

    def generate(self, latents: Tensor, labels: Tensor | None) -> Tensor:
        """More fakes, from given latents and labels; they carry gradients only in the generator's move."""
        ...

    def see(self, images: Tensor, side: Side) -> Tensor:
        """What the input heuristics make of other images, as if they were of that side."""
        ...

    def answer(self, images: Tensor, labels: Tensor | None) -> Answer:
        """The discriminator's answer to other images as they are, in float32."""
        ...

    def discriminator_loss(self, parameters: dict[str, Tensor]) -> Tensor:
        """The discriminator's mean loss on this turn's images if these were its parameters (a scalar that carries
        gradients to them), without penalties. Each process has its part of these gradients, see :meth:`all_reduce`.
        """
        ...

    def note(self, name: str, value: Tensor) -> None:
        """Measure: the mean of ``value`` goes into the next row of metrics, without waiting for the device."""
        ...
