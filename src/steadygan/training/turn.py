"""One player's turn: everything that a move computes, each thing once."""

import torch
from torch import Tensor

from steadygan.heuristics.base import Player, Side
from steadygan.training.game import Game

_LABELS = {Side.REAL: 1.0, Side.FAKE: 0.0}


class GameTurn:
    """A :class:`steadygan.heuristics.base.Turn` over a game.

    Args:
        player: who moves.
        game: the state of the run.
        real: real images of this move, float32 [N, ...].
        fakes: images that were made before this move; the turn makes its own when None.
        differentiated: sides whose input gradients a penalty of this move asks for.
    """

    def __init__(
        self, player: Player, game: Game, real: Tensor, fakes: Tensor | None, differentiated: frozenset[Side]
    ) -> None:
        self._player = player
        self._game = game
        self._raw = {Side.REAL: real} if fakes is None else {Side.REAL: real, Side.FAKE: fakes}
        self._differentiated = differentiated
        self._seen: dict[Side, Tensor] = {}
        self._logits: dict[Side, Tensor] = {}
        self._targets: dict[Side, Tensor] = {}
        self._gradients: dict[Side, Tensor] = {}

    @property
    def player(self) -> Player:
        """Who moves."""
        return self._player

    @property
    def images_seen(self) -> int:
        """Real images that the run has seen before this move."""
        return self._game.images_seen

    def raw(self, side: Side) -> Tensor:
        """Images before the input heuristics; fakes carry gradients only in the generator's move."""
        if side not in self._raw:
            with torch.set_grad_enabled(self._player is Player.GENERATOR):
                self._raw[side] = self._game.make_fakes(len(self._raw[Side.REAL]))
        return self._raw[side]

    def seen(self, side: Side) -> Tensor:
        """Images after the input heuristics."""
        if side not in self._seen:
            images = self.raw(side).float()
            for heuristic in self._game.recipe.inputs:
                images = heuristic.apply(images, side, self)
            if side in self._differentiated:
                images = images.detach().requires_grad_()
            self._seen[side] = images
        return self._seen[side]

    def logits(self, side: Side) -> Tensor:
        """The discriminator's answers, float32 [M]."""
        if side not in self._logits:
            if any(heuristic.joins_batches for heuristic in self._game.recipe.inputs):
                joined = self._judge(torch.cat([self.seen(Side.REAL), self.seen(Side.FAKE)]))
                self._answered(dict(zip((Side.REAL, Side.FAKE), joined.chunk(2), strict=True)))
            else:
                self._answered({side: self._judge(self.seen(side))})
        return self._logits[side]

    def _answered(self, logits: dict[Side, Tensor]) -> None:
        self._logits.update(logits)
        if self._player is Player.DISCRIMINATOR:
            for side, values in logits.items():
                self.note(f"logits/{side.value}", values)

    def _judge(self, images: Tensor) -> Tensor:
        with self._game.in_precision():
            logits: Tensor = self._game.networks[Player.DISCRIMINATOR](images)
        return logits.float().flatten()

    def targets(self, side: Side) -> Tensor:
        """Targets after the target heuristics, float32 [M]."""
        if side not in self._targets:
            # Both sides have as many logits; none are computed only to be counted.
            logits = next(iter(self._logits.values())) if self._logits else self.logits(side)
            count = len(self._raw[Side.REAL])
            targets = logits.new_full((count,), _LABELS[side])
            for heuristic in self._game.recipe.targets:
                targets = heuristic.apply(targets, self._player)
            self._targets[side] = targets.repeat_interleave(len(logits) // count)
        return self._targets[side]

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
        return self.logits(side).view(len(self.seen(side)), -1).mean(1)

    def note(self, name: str, value: Tensor) -> None:
        """Measure."""
        self._game.record.note(name, value)
