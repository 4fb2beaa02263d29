"""One player's turn: everything that a move computes, each thing once."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import torch
from torch import Tensor

from steadygan.distributed import (
    all_reduce,
    current_sharding,
    gather,
    local_rows,
    network_input,
    once,
    replicated,
    world_size,
)
from steadygan.feeding.loader import Batch
from steadygan.heuristics.turn import Answer, State
from steadygan.layers.sides import side_by_side
from steadygan.training.forward import discriminator_forward, generator_forward
from steadygan.training.state import TrainingState
from steadygan.vocabulary import Player, Side

MOST_SIDE_BY_SIDE = 2_000_000
"""Numbers in a batch of images, above which one pass over both sides gains nothing and takes twice the memory."""
_LABELS = {Side.REAL: 1.0, Side.FAKE: 0.0}


class Fakes(NamedTuple):
    """Fakes and what they were made from.

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
    """As many fakes as there are reals, of the same classes; they carry gradients if the generator trains now.

    Args:
        state: the state of the run.
        real: images of this move; where their class is unknown, the fakes' is drawn.
        parameters: what the generator has instead of its own.
    """
    latents = state.latents(len(real))
    labels = state.labels_like(real.labels)
    with state.in_precision(), network_input(len(real)):
        images = generator_forward(state.network(Player.GENERATOR), latents, labels, parameters)
    return Fakes(images, latents, labels)


class TrainingTurn:
    """A :class:`steadygan.heuristics.turn.Turn` over a game.

    On several processes images are this one's and networks run on these; what they answer is put together.

    Args:
        player: who moves.
        state: the state of the run.
        real: real images of this move.
        fakes: that were made before this move; the turn makes its own when None.
        differentiated: sides whose input gradients a penalty of this move asks for.
        quiet: whether nothing is noted.
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
        self._labels: dict[Side, Tensor | None] = {Side.REAL: real.labels}
        self._seen: dict[Side, Tensor] = {}
        self._answers: dict[Side, Answer] = {}  # to this process's images
        self._logits: dict[Side, Tensor] = {}  # to those of all
        self._features: dict[Side, Tensor] = {}
        self._class_logits: dict[Side, Tensor] = {}
        self._targets: dict[Side, Tensor] = {}
        self._class_targets: dict[Side, Tensor] = {}
        self._gradients: dict[Side, Tensor] = {}

    @property
    def player(self) -> Player:
        """Who moves."""
        return self._player

    @property
    def state(self) -> State:
        """The run that the move belongs to."""
        return self._state

    @property
    def images_seen(self) -> int:
        """Real images that the run has seen before this move."""
        return self._state.images_seen

    @property
    def count(self) -> int:
        """Images of one side in the whole batch."""
        return len(self._real) * world_size()

    def gather(self, values: Tensor) -> Tensor:
        """Values of all processes' images."""
        return gather(values)

    def local_rows(self, values: Tensor) -> Tensor:
        """Values of this process's images."""
        return local_rows(values)

    def all_reduce(self, values: Tensor) -> Tensor:
        """The sum of what each process has of something."""
        return values if current_sharding() is None else all_reduce(values)

    def replace(self, player: Player, parameters: Mapping[str, Tensor]) -> None:
        """Give a player's network other parameters for the rest of this turn."""
        self._parameters[player] = parameters
        if player is Player.GENERATOR:
            self._fakes = None  # those were made with its own

    # --- images

    @property
    def _made(self) -> Fakes:
        if self._fakes is None:
            with torch.set_grad_enabled(self._player is Player.GENERATOR):
                self._fakes = make_fakes(self._state, self._real, self._parameters.get(Player.GENERATOR))
        return self._fakes

    @property
    def latents(self) -> Tensor:
        """The latents of the fakes, float32 [N, D]."""
        return self._made.latents

    def raw(self, side: Side) -> Tensor:
        """Images before the input heuristics; fakes carry gradients only in the generator's move."""
        return self._real.images if side is Side.REAL else self._made.images

    def labels(self, side: Side) -> Tensor | None:
        """Classes of the images, int64 [N]."""
        if side not in self._labels:
            self._labels[side] = self._made.labels
        return self._labels[side]

    def relabel(self, side: Side, labels: Tensor) -> None:
        """Say what the images of a side are."""
        self._labels[side] = labels

    def generate(self, latents: Tensor, labels: Tensor | None) -> Tensor:
        """More fakes, float32 [N, ...]; they carry gradients only in the generator's move."""
        network = self._state.network(Player.GENERATOR)
        training = torch.set_grad_enabled(self._player is Player.GENERATOR)
        with training, self._state.in_precision(), network_input(len(latents)):
            images = generator_forward(network, latents, labels, self._parameters.get(Player.GENERATOR))
        return images.float()

    def see(self, images: Tensor, side: Side) -> Tensor:
        """What the input heuristics make of images, as if they were of that side."""
        for heuristic in self._state.recipe.inputs:
            images = heuristic.apply(images, side, self)
        return images

    def seen(self, side: Side) -> Tensor:
        """Images after the input heuristics."""
        if side not in self._seen:
            images = self.see(self.raw(side).float(), side)
            if side in self._differentiated:
                images = images.detach().requires_grad_()
            self._seen[side] = images
        return self._seen[side]

    # --- answers

    def logits(self, side: Side) -> Tensor:
        """The discriminator's answers, float32 [M]."""
        self._answer(side)
        return self._logits[side]

    def features(self, side: Side) -> Tensor:
        """Its last hidden layer, float32 [N, F]."""
        if side not in self._features:
            self._features[side] = gather(self._answer(side).features.float())
        return self._features[side]

    def class_logits(self, side: Side) -> Tensor:
        """Its logits of the classes, float32 [N, K]."""
        if side not in self._class_logits:
            logits = self._answer(side).class_logits
            if logits is None:
                raise ValueError("this discriminator names no classes")
            self._class_logits[side] = gather(logits)
        return self._class_logits[side]

    def answer(self, images: Tensor, labels: Tensor | None) -> Answer:
        """The discriminator's answer to other images as they are, in float32."""
        answer = self._ask(images, labels)
        return answer._replace(features=answer.features.float())

    def _ask(self, images: Tensor, labels: Tensor | None) -> Answer:
        """The same, but for features in the precision of the network: few ask for them, and they are large."""
        with self._state.in_precision(), network_input(len(images)):
            network = self._state.network(Player.DISCRIMINATOR)
            labels = labels if self._state.takes_labels_of(Player.DISCRIMINATOR) else None
            answer = discriminator_forward(network, images, labels, self._parameters.get(Player.DISCRIMINATOR))
        named = None if answer.class_logits is None else answer.class_logits.float()
        return Answer(answer.logits.float().flatten(), answer.features, named)

    def _answer(self, side: Side) -> Answer:
        if side not in self._answers:
            if any(heuristic.joins_batches for heuristic in self._state.recipe.inputs):
                self._answer_jointly(nullcontext())
            elif self._side_by_side:
                self._answer_jointly(side_by_side(self._state.network(Player.DISCRIMINATOR), len(Side)))
            else:
                seen = self.seen(side)  # first, because replay says anew what the fakes are
                self._answered(side, self._ask(seen, self.labels(side)))
        return self._answers[side]

    @property
    def _side_by_side(self) -> bool:
        """Whether one pass over both sides computes what two would, nothing in vain, and sooner."""
        small = self._real.images.numel() <= MOST_SIDE_BY_SIDE
        gradients = len(self._differentiated) in {0, len(Side)}  # of one side alone they would go through both
        plain = self._state.separable and Player.DISCRIMINATOR not in self._parameters
        alike = self._real.labels is None or self._state.takes_labels_of(
            Player.GENERATOR
        )  # both have labels, or none has
        return small and plain and gradients and alike and self._player is Player.DISCRIMINATOR

    def _answer_jointly(self, how: AbstractContextManager[None]) -> None:
        sides = (Side.REAL, Side.FAKE)
        seen = torch.cat([self.seen(side) for side in sides])  # first, because replay says anew what the fakes are
        labels = [self.labels(side) for side in sides]
        known = [each for each in labels if each is not None]
        joined = torch.cat(known) if len(known) == len(sides) else None
        with how:
            answer = self._ask(seen, joined)
        halves = [None if each is None else each.chunk(2) for each in answer]
        for place, side in enumerate(sides):
            logits, features, named = (None if half is None else half[place] for half in halves)
            assert logits is not None  # only the classes may be missing
            assert features is not None
            self._answered(side, Answer(logits, features, named))

    def _answered(self, side: Side, answer: Answer) -> None:
        self._answers[side] = answer
        self._logits[side] = gather(answer.logits)
        if self._player is Player.DISCRIMINATOR:
            self.note(f"logits/{side.value}", self._logits[side])

    # --- targets

    def targets(self, side: Side) -> Tensor:
        """Targets after the target heuristics, float32 [M]."""
        if side not in self._targets:
            # Both sides have as many logits; none are computed only to be counted.
            logits = next(iter(self._logits.values())) if self._logits else self.logits(side)
            count = min(self.count, len(logits))  # packed images share a target, patches repeat their image's
            targets = logits.new_full((count,), _LABELS[side])
            with replicated():  # of the whole batch
                for heuristic in self._state.recipe.targets:
                    targets = heuristic.apply(targets, self._player)
            self._targets[side] = targets.repeat_interleave(len(logits) // count)
        return self._targets[side]

    def class_targets(self, side: Side) -> Tensor:
        """Distributions over the classes after the target heuristics, float32 [N, K]; 0 where the class is unknown."""
        if side not in self._class_targets:
            self.seen(side)  # first, because replay says anew what the fakes are
            labels = self.labels(side)
            if labels is None:
                raise ValueError(f"the {side.value} images have no labels")
            labels = gather(labels)
            known = (labels >= 0).float().unsqueeze(1)
            targets = torch.nn.functional.one_hot(labels.clamp_min(0), self._state.classes).float() * known
            with replicated():  # of the whole batch
                for heuristic in self._state.recipe.targets:
                    targets = heuristic.apply_to_classes(targets, self._player)
            self._class_targets[side] = targets
        return self._class_targets[side]

    # --- gradients

    def input_gradient(self, side: Side) -> Tensor:
        """Gradient of each image's logit with respect to the image as seen; one pass serves every side."""
        if not self._gradients:
            sides = sorted(self._differentiated)
            # Patch logits of one image are averaged, so that a penalty does not grow with their number.
            total = torch.stack([self._mean_logits(side).sum() for side in sides]).sum()
            gradients = torch.autograd.grad(total, [self.seen(side) for side in sides], create_graph=True)
            self._gradients = dict(zip(sides, gradients, strict=True))
        return self._gradients[side]

    def _mean_logits(self, side: Side) -> Tensor:
        # Of this process's images: all processes' sums together are what each differentiates.
        logits = self._answer(side).logits
        return logits.view(min(len(logits), len(self._real)), -1).mean(1)

    def loss(self) -> Tensor:
        """The loss of the player who moves, a scalar, without penalties."""
        recipe = self._state.recipe
        losses = recipe.objective(self)
        for modifier in recipe.objective_modifiers:
            losses = modifier.apply(losses, self)
        total = losses.mean()
        for heuristic in recipe.heuristics:
            term = heuristic.term(self)
            if term is not None:
                total = total + term
        return total

    def discriminator_loss(self, parameters: dict[str, Tensor]) -> Tensor:
        """The discriminator's mean loss on this turn's images if these were its parameters, without penalties."""
        imagined = TrainingTurn(Player.DISCRIMINATOR, self._state, self._real, self._made, quiet=True)
        imagined.replace(Player.DISCRIMINATOR, parameters)
        return once(imagined.loss())

    def note(self, name: str, value: Tensor) -> None:
        """Measure."""
        if not self._quiet:
            self._state.note(name, value)
