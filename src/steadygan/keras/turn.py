"""One player's move over networks of Keras: the package's own turn, whose gradients Keras' backend computes."""

from contextlib import nullcontext
from typing import Any

import torch
from keras import ops

from steadygan.feeding.loader import Batch
from steadygan.heuristics.turn import DiscriminatorOutput
from steadygan.keras.gradients import input_gradients
from steadygan.keras.images import image_view, images_of
from steadygan.keras.state import KerasState, PlayerFakes
from steadygan.keras.torch_view import UnsupportedError, tensor_of, view
from steadygan.training.turn import TrainingTurn
from steadygan.vocabulary import Player, Side

_BOTH = (Side.REAL, Side.FAKE)
Outputs = dict[str, dict[str, Any]]
"""By side the parts of the discriminator's output, tensors of the backend."""


class KerasTurn(TrainingTurn):
    """A :class:`steadygan.heuristics.turn.Turn` over views of Keras tensors.

    Args:
        player: the player who moves.
        state: the state of the step.
        real: views of the real images of this move.
        fakes: fakes of this move, whose images may carry gradients.
        differentiated: the sides whose input gradients a penalty of this move needs.
    """

    _state: KerasState  # type: ignore[assignment]  # what stands in for the package's own state

    def __init__(
        self,
        player: Player,
        state: KerasState,
        real: Batch,
        fakes: PlayerFakes,
        differentiated: frozenset[Side] = frozenset(),
    ) -> None:
        super().__init__(player, state, real, fakes, differentiated)  # type: ignore[arg-type]  # stand-ins of both

    def gather(self, values: Any) -> Any:
        """The values themselves: the backend shares a batch among devices by itself."""
        return values

    def generate(self, latents: Any, labels: Any) -> Any:
        """Make further fakes; they carry gradients only in the generator's move."""
        images = self._state.generate(latents, labels)
        return images if self._player is Player.GENERATOR else images.detach()

    def loss_of(self, player: Player, parameters: Any) -> Any:
        """Refuse: networks of Keras have no other parameters than their own.

        Raises:
            UnsupportedError: always.
        """
        raise UnsupportedError("needs a network with other weights than its own")

    def outputs(self) -> Outputs:
        """Everything that the discriminator has answered, to leave what is compiled by itself."""
        return {
            side.value: _known(output) | {"scores": tensor_of(self.scores(side))}
            for side, output in self._outputs.items()
        }

    def restore(self, outputs: Outputs) -> None:
        """Take over what :meth:`outputs` of another turn returned, without gradients."""
        for name, parts in outputs.items():
            side = Side(name)
            plain = {key: view(ops.stop_gradient(part)) for key, part in parts.items()}
            self._scores[side] = plain.pop("scores")
            self._outputs[side] = DiscriminatorOutput(**plain)

    def score_gradients(self, images: Any, labels: Any) -> Any:
        """Gradients of the scores of other images, one flat row for each input of the discriminator."""
        rows = len(images)

        def total(points: list[Any]) -> tuple[Any, tuple[()]]:
            nonlocal rows
            scores = self.score(image_view(points[0]), labels)
            rows = min(len(scores), len(images))
            return tensor_of(_sum_of_means(scores, rows)), ()

        points = [images_of(images.detach())]
        _, _, (gradient,) = input_gradients(total, points, self._state.gan.lists.state)
        return image_view(gradient).reshape(rows, -1)

    def input_gradient(self, side: Side) -> Any:
        """Gradient of each image's score with respect to the discriminator's input."""
        self._output(side)
        return self._gradients[side]

    def _leaf(self, images: Any) -> Any:
        return images.detach()

    def _discriminator_forward(self, images: Any, labels: Any) -> DiscriminatorOutput:
        return self._state.discriminate(images, labels)

    def _output(self, side: Side) -> DiscriminatorOutput:
        if side not in self._outputs:
            joined = any(heuristic.joins_batches for heuristic in self._state.recipe.inputs)
            if joined and self._differentiated:
                self._differentiate(_BOTH, joined)
            elif side in self._differentiated:
                # All of them at once: one pass backwards serves every side.
                self._differentiate(tuple(each for each in _BOTH if each in self._differentiated), joined)
            else:
                self._discriminate(_BOTH if joined else (side,), joined)
        return self._outputs[side]

    def _discriminate(self, sides: tuple[Side, ...], joined: bool) -> None:
        if joined:
            self._discriminate_both(nullcontext())
            return
        for side in sides:
            self._store_output(side, self._forward(self.inputs(side), self.labels(side)))

    def _differentiate(self, sides: tuple[Side, ...], joined: bool) -> None:
        """Discriminate, and differentiate each image's score with respect to the image."""
        given = [self.inputs(side) for side in sides]

        def total(points: list[Any]) -> tuple[Any, Outputs]:
            self._inputs.update(zip(sides, map(image_view, points), strict=True))
            with self._state.recording():  # logged below, outside of what is differentiated
                self._discriminate(sides, joined)
            wanted = [
                _sum_of_means(self.scores(side), self._rows(side)) for side in sides if side in self._differentiated
            ]
            return tensor_of(torch.stack(wanted).sum()), self.outputs()

        tensors = [images_of(each) for each in given]
        _, outputs, found = input_gradients(total, tensors, self._state.gan.lists.state)
        self._inputs.update(zip(sides, given, strict=True))
        self._gradients.update(zip(sides, map(image_view, found), strict=True))
        for name, parts in outputs.items():
            plain = {key: view(part) for key, part in parts.items()}
            self._scores[Side(name)] = plain.pop("scores")
            self._store_output(Side(name), DiscriminatorOutput(**plain))

    def _rows(self, side: Side) -> int:
        return min(len(self.scores(side)), len(self._real))


def _known(output: DiscriminatorOutput) -> dict[str, Any]:
    """The parts that there are, by their names; maps stay behind."""
    parts = {"logits": output.logits, "features": output.features, "class_logits": output.class_logits}
    return {name: tensor_of(part) for name, part in parts.items() if part is not None}


def _sum_of_means(scores: Any, rows: int) -> Any:
    """The sum over images of the mean score of each; patches of an image are averaged."""
    return scores.view(rows, -1).mean(1).sum()
