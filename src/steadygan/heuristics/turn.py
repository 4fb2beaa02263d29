"""The part of one player's move that heuristics may use."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from torch import Tensor

from steadygan.heuristics.state import State
from steadygan.vocabulary import Player, Side


class DiscriminatorOutput(NamedTuple):
    """The output of a discriminator for N images.

    Attributes:
        logits: real or fake, float [M]; M = N, N times the patches, or N divided by the packing.
        features: the last hidden layer, float [N, F].
        class_logits: logits of the classes, float [N, K]; None if the discriminator does not classify.
        maps: hidden maps by name, float [N, C, H, W], of networks that offer them.
    """

    logits: Tensor
    features: Tensor
    class_logits: Tensor | None = None
    maps: Mapping[str, Tensor] = {}  # nobody writes into it


class Turn(Protocol):
    """One player's move; everything is computed on first use and kept.

    Heuristics use only the turn to read a move. If several processes train together, everything with a batch axis is
    this process's share of the batch, including random numbers. A formula that couples the images of a batch calls
    :meth:`gather`; means over single images need nothing, because gradients are averaged over processes.
    """

    @property
    def player(self) -> Player:
        """The player who moves."""
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
        """Images before the input heuristics, float [N, ...]; fakes have gradients only in the generator's move."""
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
        """The objective's scores of the discriminator's output for its inputs, float32 [M]; larger is more real."""
        ...

    def features(self, side: Side) -> Tensor:
        """The discriminator's last hidden layer for its inputs, float32 [N, F]."""
        ...

    def class_logits(self, side: Side) -> Tensor:
        """The discriminator's logits of the classes for its inputs, float32 [N, K]."""
        ...

    def targets(self, side: Side) -> Tensor:
        """The targets of the discriminator, or the answers that the generator aims at, float32 [M]."""
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
        """Make further fakes from given latents and labels; they have gradients only in the generator's move."""
        ...

    def transform(self, images: Tensor, side: Side) -> Tensor:
        """Apply the input heuristics to other images, as if they were of that side."""
        ...

    def discriminate(self, images: Tensor, labels: Tensor | None) -> DiscriminatorOutput:
        """The discriminator's output for other images, without input heuristics, in float32."""
        ...

    def score(self, images: Tensor, labels: Tensor | None) -> Tensor:
        """The objective's scores of other images, float32 [M]."""
        ...

    def score_gradients(self, images: Tensor, labels: Tensor | None) -> Tensor:
        """Gradients of the scores of other images with respect to these, differentiable, float32 [R, P]: one row for
        each input of the discriminator, which is an image or a pack of images; several scores of an image are averaged.
        """
        ...

    def loss_of(self, player: Player, parameters: Mapping[str, Tensor]) -> Tensor:
        """A player's mean loss on this turn's images if its network had these parameters and buffers, without
        penalties: a scalar that carries gradients to them.
        """
        ...

    def log(self, name: str, value: Tensor) -> None:
        """Record a measurement: the mean of ``value`` over all processes goes into the next row of metrics."""
        ...
