"""What heuristics see of one player's move."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from torch import Tensor

from steadygan.heuristics.state import State
from steadygan.vocabulary import Player, Side


class DiscriminatorOutput(NamedTuple):
    """What a discriminator says of images.

    Attributes:
        logits: real or fake, float [M]; M = N, N times the patches, or N divided by the packing.
        features: its last hidden layer, float [N, F].
        class_logits: which class, float [N, K]; None if it does not say.
        maps: hidden maps by name, of networks that offer them, float [N, C, H, W].
    """

    logits: Tensor
    features: Tensor
    class_logits: Tensor | None = None
    maps: Mapping[str, Tensor] = {}  # nobody writes into it


class Turn(Protocol):
    """One player's move; everything is computed on first use and kept.

    Heuristics read a turn and never reach around it. Where several processes train together, everything with a batch
    axis is this process's share of the batch, random numbers included. A formula that couples the images of a batch
    calls :meth:`gather`; means of terms of single images need nothing, because gradients are averaged over processes.
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
    def latents(self) -> Tensor:
        """The latents of the fakes, float32 [N, D]."""
        ...

    def gather(self, values: Tensor) -> Tensor:
        """The rows of all processes, in the order of the batch, [world * N, ...]; gradients flow through it.

        Args:
            values: this process's rows, [N, ...].
        """
        ...

    def images(self, side: Side) -> Tensor:
        """Images before the input heuristics, float [N, ...]; fakes carry gradients only in the generator's move."""
        ...

    def labels(self, side: Side) -> Tensor | None:
        """Classes of the images, int64 [N], -1 where unknown; None where the networks take no labels and none are
        needed. Fakes have the labels that the generator was given.
        """
        ...

    def inputs(self, side: Side) -> Tensor:
        """What the discriminator sees: images after the input heuristics, float32 [N, C, H, W] (vectors: [N, D])."""
        ...

    def logits(self, side: Side) -> Tensor:
        """The discriminator's logits of its inputs, float32 [M]; M = N, N times the patches, or N divided by the
        packing.
        """
        ...

    def scores(self, side: Side) -> Tensor:
        """What the objective makes of the discriminator's output for its inputs, float32 [M]: larger is more real."""
        ...

    def features(self, side: Side) -> Tensor:
        """The discriminator's last hidden layer for its inputs, float32 [N, F]."""
        ...

    def class_logits(self, side: Side) -> Tensor:
        """The discriminator's logits of the classes for its inputs, float32 [N, K]."""
        ...

    def targets(self, side: Side) -> Tensor:
        """What the discriminator should answer, or the generator wants it to, float32 [M]."""
        ...

    def class_targets(self, labels: Tensor) -> Tensor:
        """Distributions over the classes that class logits should have, float32 [N, K], for labels, int64 [N]; rows of
        unknown classes are 0.
        """
        ...

    def input_gradient(self, side: Side) -> Tensor:
        """Gradient of each image's score with respect to that image as the discriminator sees it, float32, of its
        shape; differentiable.
        """
        ...

    def generate(self, latents: Tensor, labels: Tensor | None) -> Tensor:
        """More fakes, from given latents and labels; they carry gradients only in the generator's move."""
        ...

    def transform(self, images: Tensor, side: Side) -> Tensor:
        """What the input heuristics make of other images, as if they were of that side."""
        ...

    def discriminate(self, images: Tensor, labels: Tensor | None) -> DiscriminatorOutput:
        """The discriminator's output for other images as they are, in float32."""
        ...

    def score(self, images: Tensor, labels: Tensor | None) -> Tensor:
        """What the objective makes of the discriminator's output for other images, float32 [M]."""
        ...

    def loss_of(self, player: Player, parameters: Mapping[str, Tensor]) -> Tensor:
        """A player's mean loss on this turn's images if its network had these parameters and buffers, without
        penalties: a scalar that carries gradients to them.
        """
        ...

    def log(self, name: str, value: Tensor) -> None:
        """Measure: the mean of ``value`` over all processes goes into the next row of metrics."""
        ...
