"""Extrapolation with Adam (Extra-Adam)."""

from collections.abc import Callable, Iterable
from typing import ClassVar

import torch
from pydantic import Field
from torch import nn

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import Update
from steadygan.heuristics.updates.adam import Beta
from steadygan.vocabulary import Failure

STORED = "stored"
"""The key under which the optimiser's state of a weight keeps its value from before looking ahead."""


AHEAD = "ahead"
"""The key under which a parameter group says whether it has looked ahead."""


class ExtraAdam(torch.optim.Adam):
    """Extra-Adam: calls of :meth:`step` look ahead and move in turn.

    The first call stores the weights and takes an Adam step from them; the second puts them back and takes the Adam
    step from there, with the gradient of the place ahead. Both calls update the moments.

    Args:
        parameters: what to move.
        lr: learning rate, of looking ahead as of moving.
        betas: decay of the first and of the second moment.
        eps: added to the denominator.

    Source: Gidel et al. 2018, algorithm 4.
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        lr: float = 2e-4,
        betas: tuple[float, float] = (0.5, 0.999),
        eps: float = 1e-8,
    ) -> None:
        super().__init__(list(parameters), lr=lr, betas=betas, eps=eps, fused=True)
        self.defaults[AHEAD] = False
        for group in self.param_groups:
            group.setdefault(AHEAD, False)

    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Look ahead, or go back and move.

        Args:
            closure: computes loss and gradients anew, at the weights of this moment.

        Returns:
            What the closure returned.
        """
        loss: float | None = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        ahead = any(group[AHEAD] for group in self.param_groups)
        before = {} if ahead else self._store()
        if ahead:
            self._restore()
        super().step()
        for weight, stored in before.items():
            self.state[weight][STORED] = stored
        for group in self.param_groups:
            group[AHEAD] = not ahead
        return loss

    @torch.no_grad()
    def _store(self) -> dict[nn.Parameter, torch.Tensor]:
        """Store the weights that are about to move; Adam does not move those without a gradient."""
        weights = [each for group in self.param_groups for each in group["params"] if each.grad is not None]
        return {weight: weight.clone() for weight in weights}

    @torch.no_grad()
    def _restore(self) -> None:
        for weight, state in self.state.items():
            if STORED in state:
                weight.copy_(state.pop(STORED))


class ExtraAdamHeuristic(Update):
    """Both players move with the gradient at an extrapolated point."""

    name: ClassVar[str] = "extra-adam"
    extrapolates: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="Each player answers to where the other is about to be: look one step ahead, go back, then move.",
        formula="θ' = θ - Adam(∇L(θ)); θ ← θ - Adam(∇L(θ'))",
        sources=(Source(citation="gidel2018variational", where="algorithm 4"),),
        treats=(Failure.OSCILLATION,),
        cost="every step plays its moves twice: twice the time a step, one more copy of the weights",
        example=(
            "from steadygan.heuristics.updates import ExtraAdam\n"
            "optimizer = ExtraAdam(generator.parameters(), lr=2e-4)\n"
            "# each step of the game: gradients and optimizer.step() of both players, twice"
        ),
        note=(
            "The second pass has a batch of its own, as the authors' code does. Players look ahead and move in the "
            "schedule's order, so the generator's gradient is that against a discriminator which has already moved; "
            "in the paper both use the same moment. A schedule with several moves of one player alternates "
            "looking ahead and moving within a step. Defaults are the rates of DCGAN; the paper has "
            "betas (0.5, 0.9) and a rate of its own for each player (see two-time-scales). The clock counts the "
            "images of both passes. Beside sgd-discriminator only the generator looks ahead."
        ),
    )
    lr: float = Field(2e-4, gt=0)
    betas: tuple[Beta, Beta] = (0.5, 0.999)
    eps: float = Field(1e-8, gt=0)

    def optimizer(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        """See :class:`ExtraAdam`."""
        return ExtraAdam(parameters, self.lr, self.betas, self.eps)
