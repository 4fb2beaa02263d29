"""One player's turn: it computes everything that a move needs, and computes it only once."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import torch
from torch import Tensor

from steadygan.distributed import (
    gather,
    network_input,
)
from steadygan.feeding.loader import Batch
from steadygan.heuristics.moments import AddsLoss, ChangesOutput, ReplacesImages
from steadygan.heuristics.penalties import input_gradient
from steadygan.heuristics.roles import Penalty
from steadygan.heuristics.turn import DiscriminatorOutput
from steadygan.layers.kernels.joint_batches import joint_batches
from steadygan.training.forward import discriminator_forward, generator_forward
from steadygan.training.state import TrainingState
from steadygan.vocabulary import Player, Side

LARGEST_JOINT_BATCH = 2_000_000
"""For batches with more numbers than this, one pass over both sides gains nothing and takes twice the memory."""
_TARGETS = {Side.REAL: 1.0, Side.FAKE: 0.0}


class Fakes(NamedTuple):
    """Fakes, with their latents and labels.

    Attributes:
        images: as the generator made them, [N, ...].
        latents: float32 [N, D].
        labels: int64 [N]; None if the generator takes none.
    """

    images: Tensor
    latents: Tensor
    labels: Tensor | None

    def detached(self) -> "Fakes":
        """The same, carrying no gradients."""
        return Fakes(self.images.detach(), self.latents, self.labels)


def make_fakes(state: TrainingState, real: Batch, parameters: Mapping[str, Tensor] | None = None) -> Fakes:
    """Make as many fakes as there are reals, of the same classes; they carry gradients if gradients are enabled.

    Args:
        state: the state of the run.
        real: the real images of this move; if the class of one is unknown, that of the fake is drawn.
        parameters: replacements for the generator's parameters.
    """
    latents = state.latents(len(real))
    labels = state.labels_like(real.labels)
    with state.in_precision(), network_input(len(real)):
        images = generator_forward(state.network(Player.GENERATOR), latents, labels, parameters)
    return Fakes(images, latents, labels)


class TrainingTurn:
    """A :class:`steadygan.heuristics.turn.Turn` over the training state.

    Args:
        player: the player who moves.
        state: the state of the run.
        real: the real images of this move.
        fakes: fakes that were made before this move; the turn makes new ones when None.
        differentiated: the sides whose input gradients a penalty of this move needs.
        quiet: whether nothing is logged.
    """

    def __init__(
        self,
        player: Player,
        state: TrainingState,
        real: Batch,
        fakes: Fakes | None = None,
        differentiated: frozenset[Side] = frozenset(),
        quiet: bool = False,
    ) -> None:
        self._player, self._state, self._real, self._quiet = player, state, real, quiet
        self._fakes = fakes
        self._differentiated = differentiated
        self._parameters: dict[Player, Mapping[str, Tensor]] = {}
        self._after_replacement: dict[Side, tuple[Tensor, Tensor | None]] = {}
        self._inputs: dict[Side, Tensor] = {}
        self._outputs: dict[Side, DiscriminatorOutput] = {}
        self._scores: dict[Side, Tensor] = {}
        self._targets: dict[Side, Tensor] = {}
        self._gradients: dict[Side, Tensor] = {}

    @property
    def player(self) -> Player:
        """The player who moves."""
        return self._player

    @property
    def state(self) -> TrainingState:
        """The run that the move belongs to."""
        return self._state

    def gather(self, values: Tensor) -> Tensor:
        """The rows of all processes, [world * N, ...]."""
        return gather(values)

    def replace(self, player: Player, parameters: Mapping[str, Tensor]) -> None:
        """Replace parameters of a player's network for the rest of this turn."""
        self._parameters[player] = parameters
        if player is Player.GENERATOR:
            self._fakes = None  # those were made with its own

    # --- images

    @property
    def _current_fakes(self) -> Fakes:
        if self._fakes is None:
            self._fakes = self._make_fakes()
        return self._fakes

    def _make_fakes(self) -> Fakes:
        with torch.set_grad_enabled(self._player is Player.GENERATOR):
            return make_fakes(self._state, self._real, self._parameters.get(Player.GENERATOR))

    @property
    def latents(self) -> Tensor:
        """The latents of the fakes, float32 [N, D]."""
        return self._current_fakes.latents

    def images(self, side: Side) -> Tensor:
        """Images before the input heuristics, [N, ...]."""
        return self._real.images if side is Side.REAL else self._current_fakes.images

    def _own_labels(self, side: Side) -> Tensor | None:
        return self._real.labels if side is Side.REAL else self._current_fakes.labels

    def _images_after_replacement(self, side: Side) -> tuple[Tensor, Tensor | None]:
        """Images and labels of this move, after heuristics have replaced some of them."""
        if side not in self._after_replacement:
            images, labels = self.images(side).float(), self._own_labels(side)
            for heuristic in self._state.recipe.all(ReplacesImages):
                images, labels = heuristic.replace(images, labels, side, self)
            self._after_replacement[side] = images, labels
        return self._after_replacement[side]

    def labels(self, side: Side) -> Tensor | None:
        """Classes of the images after replacement, int64 [N]."""
        return (
            self._images_after_replacement(side)[1]
            if self._state.recipe.all(ReplacesImages)
            else self._own_labels(side)
        )

    def generate(self, latents: Tensor, labels: Tensor | None) -> Tensor:
        """Make further fakes, float32 [N, ...]."""
        network = self._state.network(Player.GENERATOR)
        training = torch.set_grad_enabled(self._player is Player.GENERATOR)
        with training, self._state.in_precision(), network_input(len(latents)):
            images = generator_forward(network, latents, labels, self._parameters.get(Player.GENERATOR))
        return images.float()

    def transform(self, images: Tensor, side: Side) -> Tensor:
        """Apply the input heuristics to images."""
        for heuristic in self._state.recipe.inputs:
            images = heuristic.apply(images, side, self)
        return images

    def inputs(self, side: Side) -> Tensor:
        """What the discriminator sees, float32 [N, ...]."""
        if side not in self._inputs:
            images = self.transform(self._images_after_replacement(side)[0], side)
            self._inputs[side] = self._leaf(images) if side in self._differentiated else images
        return self._inputs[side]

    def _leaf(self, images: Tensor) -> Tensor:
        """Images with respect to which scores will be differentiated."""
        return images.detach().requires_grad_()

    # --- the discriminator's output

    def logits(self, side: Side) -> Tensor:
        """The discriminator's logits, float32 [M]."""
        return self._output(side).logits

    def scores(self, side: Side) -> Tensor:
        """The objective's scores of the discriminator's output, float32 [M]."""
        if side not in self._scores:
            self._scores[side] = self._state.recipe.objective.score(self._output(side), self)
        return self._scores[side]

    def features(self, side: Side) -> Tensor:
        """The discriminator's last hidden layer, float32 [N, F]."""
        return self._output(side).features.float()

    def class_logits(self, side: Side) -> Tensor:
        """The discriminator's logits of the classes, float32 [N, K]."""
        logits = self._output(side).class_logits
        if logits is None:
            raise ValueError("this discriminator has no class logits")
        return logits

    def discriminate(self, images: Tensor, labels: Tensor | None) -> DiscriminatorOutput:
        """The discriminator's output for further images, without input heuristics, in float32."""
        output = self._forward(images, labels)
        return output._replace(features=output.features.float())

    def score(self, images: Tensor, labels: Tensor | None) -> Tensor:
        """The objective's scores of further images, float32 [M]."""
        return self._state.recipe.objective.score(self._forward(images, labels), self)

    def _forward(self, images: Tensor, labels: Tensor | None) -> DiscriminatorOutput:
        """The output with float32 logits; features, which are large and seldom needed, keep the network's precision."""
        output = self._change_output(self._discriminator_forward(images, labels), images)
        named = None if output.class_logits is None else output.class_logits.float()
        return output._replace(logits=output.logits.float().flatten(), class_logits=named)

    def _discriminator_forward(self, images: Tensor, labels: Tensor | None) -> DiscriminatorOutput:
        with self._state.in_precision(), network_input(len(images)):
            network = self._state.network(Player.DISCRIMINATOR)
            labels = labels if self._state.takes_labels_of(Player.DISCRIMINATOR) else None
            return discriminator_forward(network, images, labels, self._parameters.get(Player.DISCRIMINATOR))

    def _change_output(self, output: DiscriminatorOutput, images: Tensor) -> DiscriminatorOutput:
        for heuristic in self._state.recipe.all(ChangesOutput):
            output = heuristic.change_output(output, images, self)
        return output

    def _output(self, side: Side) -> DiscriminatorOutput:
        if side not in self._outputs:
            if any(heuristic.joins_batches for heuristic in self._state.recipe.inputs):
                self._discriminate_both(nullcontext())
            elif self._one_pass_suffices:
                self._discriminate_both(joint_batches(self._state.network(Player.DISCRIMINATOR), len(Side)))
            else:
                self._store_output(side, self._forward(self.inputs(side), self.labels(side)))
        return self._outputs[side]

    @property
    def _one_pass_suffices(self) -> bool:
        """Whether one pass over both sides gives what two passes would, without extra work, and is faster."""
        small = self._real.images.numel() <= LARGEST_JOINT_BATCH
        gradients = len(self._differentiated) in {0, len(Side)}  # gradients of one side alone would go through both
        plain = self._state.joint_batches_work and Player.DISCRIMINATOR not in self._parameters
        # Both sides have labels, or neither has.
        alike = self._real.labels is None or self._state.takes_labels_of(Player.GENERATOR)
        unchanged = not self._state.recipe.all(ChangesOutput)
        return small and plain and gradients and alike and unchanged and self._player is Player.DISCRIMINATOR

    def _discriminate_both(self, context: AbstractContextManager[None]) -> None:
        sides = (Side.REAL, Side.FAKE)
        images = torch.cat([self.inputs(side) for side in sides])
        labels = [self.labels(side) for side in sides]
        known = [each for each in labels if each is not None]
        joined = torch.cat(known) if len(known) == len(sides) else None
        with context:
            output = self._forward(images, joined)
        for index, side in enumerate(sides):
            named = None if output.class_logits is None else output.class_logits.chunk(2)[index]
            maps = {name: each.chunk(2)[index] for name, each in output.maps.items()}
            half = DiscriminatorOutput(output.logits.chunk(2)[index], output.features.chunk(2)[index], named, maps)
            self._store_output(side, half)

    def _store_output(self, side: Side, output: DiscriminatorOutput) -> None:
        self._outputs[side] = output
        if self._player is Player.DISCRIMINATOR:
            self.log(f"logits/{side.value}", output.logits)

    # --- targets

    def targets(self, side: Side) -> Tensor:
        """Targets after the target heuristics, float32 [M]."""
        if side not in self._targets:
            # Both sides have the same number of logits, so none are computed only to be counted.
            logits = next(iter(self._outputs.values())).logits if self._outputs else self.logits(side)
            count = min(len(self._real), len(logits))  # packed images share a target, patches repeat their image's
            targets = logits.new_full((count,), _TARGETS[side])
            for heuristic in self._state.recipe.targets:
                targets = heuristic.apply(targets, self._player)
            self._targets[side] = targets.repeat_interleave(len(logits) // count)
        return self._targets[side]

    def class_targets(self, labels: Tensor) -> Tensor:
        """Distributions over the classes for labels, int64 [N], after the target heuristics, float32 [N, K]."""
        known = (labels >= 0).float().unsqueeze(1)
        targets = torch.nn.functional.one_hot(labels.clamp_min(0), self._state.classes).float() * known
        for heuristic in self._state.recipe.targets:
            targets = heuristic.apply_to_classes(targets, self._player)
        return targets

    # --- gradients and losses

    def input_gradient(self, side: Side) -> Tensor:
        """Gradient of each image's score with respect to the discriminator's input; one pass serves every side."""
        if not self._gradients:
            sides = sorted(self._differentiated)
            # Patch logits of one image are averaged, so that a penalty does not grow with their number.
            total = torch.stack([self._mean_scores(side).sum() for side in sides]).sum()
            gradients = torch.autograd.grad(total, [self.inputs(side) for side in sides], create_graph=True)
            self._gradients = dict(zip(sides, gradients, strict=True))
        return self._gradients[side]

    def _mean_scores(self, side: Side) -> Tensor:
        scores = self.scores(side)
        return scores.view(min(len(scores), len(self._real)), -1).mean(1)

    def score_gradients(self, images: Tensor, labels: Tensor | None) -> Tensor:
        """Gradients of the scores of other images, one flat row for each input of the discriminator."""
        points = self._leaf(images)
        scores = self.score(points, labels)
        gradient = input_gradient(scores, points)
        return gradient.reshape(min(scores.numel(), len(points)), -1)

    def loss(self, penalties: Sequence[Penalty] = ()) -> Tensor:
        """The loss of the player who moves, with all its terms: the mean over this process's images.

        Args:
            penalties: the penalties that are due in this move; one that comes every k moves has k times its weight.
        """
        recipe = self._state.recipe
        losses = recipe.objective(self)
        for modifier in recipe.objective_modifiers:
            losses = modifier.apply(losses, self)
        loss = losses.mean()
        for heuristic in recipe.all(AddsLoss):
            term = heuristic.loss_term(self)
            loss = loss if term is None else loss + term
        self.log(f"{self._player.value}/loss", loss)
        for penalty in penalties:
            loss = loss + penalty.every * penalty(self).mean()
        return loss

    def backward(self, penalties: Sequence[Penalty] = ()) -> None:
        """Compute the gradients of :meth:`loss`, by one side after the other where the loss is a sum over them.

        What a network keeps for the derivatives of one side is then gone before the other side goes through it.

        Args:
            penalties: as in :meth:`loss`.
        """
        if penalties or not self._separable:
            torch.autograd.backward(self.loss(penalties))
            return
        real, fake = (self._backward_by(side) for side in (Side.REAL, Side.FAKE))
        self.log(f"{self._player.value}/loss", (real + fake).mean())

    @property
    def _separable(self) -> bool:
        """Whether nothing but the objective counts, and it takes the sides, which go through by themselves, apart.

        Networks whose weights enter a pass in several places, as with spectral normalisation, would add up their
        gradients in another order: they keep the one that they had.
        """
        recipe = self._state.recipe
        joined = any(heuristic.joins_batches for heuristic in recipe.inputs)
        sides_meet = joined or self._one_pass_suffices or not self._state.joint_batches_work
        others = (recipe.objective_modifiers, recipe.targets, recipe.all(AddsLoss), recipe.all(ChangesOutput))
        sums = recipe.objective.sums_sides
        return self._player is Player.DISCRIMINATOR and sums and not sides_meet and not any(others)

    def _backward_by(self, side: Side) -> Tensor:
        """The losses of one side, float32 [M], after their gradients; what is kept of it carries none any more."""
        losses = self._state.recipe.objective.side_loss(self.scores(side), side)
        assert losses is not None  # the objective sums them: see above
        torch.autograd.backward(losses.mean())
        self._scores[side] = self._scores[side].detach()
        self._outputs[side] = _detached(self._outputs[side])
        return losses.detach()

    def loss_of(self, player: Player, parameters: Mapping[str, Tensor]) -> Tensor:
        """A player's mean loss on this turn's images with other parameters, without penalties."""
        imagined = TrainingTurn(player, self._state, self._real, self._current_fakes, quiet=True)
        imagined.replace(player, parameters)
        return imagined.loss()

    def log(self, name: str, value: Tensor) -> None:
        """Record a measurement for the next row of metrics."""
        if not self._quiet:
            self._state.log(name, value)


def _detached(output: DiscriminatorOutput) -> DiscriminatorOutput:
    """The same, carrying no gradients."""
    named = None if output.class_logits is None else output.class_logits.detach()
    maps = {name: each.detach() for name, each in output.maps.items()}
    return DiscriminatorOutput(output.logits.detach(), output.features.detach(), named, maps)
