"""Unrolled GANs."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.moments import ReplacesOpponent
from steadygan.heuristics.roles import ScheduleModifier
from steadygan.heuristics.turn import Turn
from steadygan.heuristics.updates.differentiable import adam_step, sgd_step
from steadygan.vocabulary import Failure, Player

Weights = dict[str, Tensor]


Rule = Callable[[Tensor, Tensor], Tensor]
"""A parameter and its gradient to the parameter after the step; it keeps moments from call to call."""


def unroll(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    loss: Callable[[Weights], Tensor],
    steps: int = 5,
    through: bool = True,
    average: Callable[[Tensor], Tensor] | None = None,
) -> Weights:
    """A network's parameters after some steps of its optimiser; network and optimiser stay as they are.

    Args:
        network: whose parameters.
        optimizer: whose rule, rates and moments are used: Adam's, SGD's, or plain gradient steps for any other;
            weight decay and other variants are not followed. Parameters that it does not move stay.
        loss: parameters by name, as in ``network.named_parameters()``, to a scalar.
        steps: how many, at least 1.
        through: whether gradients flow through the steps into what else the loss depends on; otherwise the result
            is constant.
        average: from a gradient to what the steps follow, such as its mean over processes; itself when None.

    Returns:
        Parameters by name.

    Source: Metz et al. 2016, section 2.2.
    """
    groups = {id(weight): group for group in optimizer.param_groups for weight in group["params"]}
    own = dict(network.named_parameters())
    rules = {name: _rule(optimizer, groups[id(own[name])], own[name]) for name in own if id(own[name]) in groups}
    fixed = {name: weight.detach() for name, weight in own.items() if name not in rules}
    weights = {name: own[name].detach().requires_grad_() for name in rules}
    with torch.enable_grad():
        for _ in range(steps):
            gradients = torch.autograd.grad(
                loss({**fixed, **weights}), list(weights.values()), create_graph=through, allow_unused=True
            )
            if average is not None:
                gradients = tuple(None if each is None else average(each) for each in gradients)
            weights = {
                name: weights[name] if gradient is None else rules[name](weights[name], gradient)
                for name, gradient in zip(weights, gradients, strict=True)
            }
            if not through:
                weights = {name: weight.detach().requires_grad_() for name, weight in weights.items()}
    if not through:
        weights = {name: weight.detach() for name, weight in weights.items()}
    return {name: fixed[name] if name in fixed else weights[name] for name in own}


def _rule(optimizer: torch.optim.Optimizer, group: dict[str, Any], weight: nn.Parameter) -> Rule:
    # .get: the state is a defaultdict, and an empty entry would be saved.
    state: Mapping[str, Any] = optimizer.state.get(weight, {})
    if isinstance(optimizer, torch.optim.Adam):
        return _adam_rule(state, group, weight)
    momentum = group["momentum"] if isinstance(optimizer, torch.optim.SGD) else 0.0
    velocity = state.get("momentum_buffer") if momentum else None
    return _sgd_rule(torch.zeros_like(weight) if velocity is None else velocity, group["lr"], momentum)


def _adam_rule(state: Mapping[str, Any], group: dict[str, Any], weight: Tensor) -> Rule:
    fresh = "exp_avg" not in state
    first = torch.zeros_like(weight) if fresh else state["exp_avg"]
    second = torch.zeros_like(weight) if fresh else state["exp_avg_sq"]
    step = 0 if fresh else state["step"]

    def move(parameter: Tensor, gradient: Tensor) -> Tensor:
        nonlocal first, second, step
        step = step + 1
        moved, first, second = adam_step(
            parameter, gradient, first, second, step, group["lr"], group["betas"], group["eps"]
        )
        return moved

    return move


def _sgd_rule(velocity: Tensor, lr: float, momentum: float) -> Rule:
    def move(parameter: Tensor, gradient: Tensor) -> Tensor:
        nonlocal velocity
        moved, velocity = sgd_step(parameter, gradient, velocity, lr, momentum)
        return moved

    return move


class Unrolled(ScheduleModifier, ReplacesOpponent):
    """The generator moves against the discriminator of some steps later."""

    name: ClassVar[str] = "unrolled"
    card: ClassVar[Card] = Card(
        summary="The generator moves against the discriminator as it would be some steps later, with their answer in "
        "its gradient.",
        formula="θ_G ← θ_G - lr · ∇ L_G(θ_G, θ_D^K(θ_G)), θ_D^(k+1) = θ_D^k - step of D's optimiser on L_D(θ_G, θ_D^k)",
        sources=(Source(citation="metz2016unrolled", where="sections 2.2 to 2.4"),),
        treats=(Failure.MODE_COLLAPSE, Failure.MODE_DROPPING, Failure.OSCILLATION),
        cost="K forward and backward passes through D a generator move; with through, about twice that and K graphs",
        example=(
            "from steadygan.heuristics.schedules import unroll\nfrom torch.func import functional_call\n"
            "optimizer = torch.optim.Adam(discriminator.parameters(), lr=1e-3)\n"
            "def loss_of(weights):\n    return functional_call(discriminator, weights, (fake,)).mean()\n"
            "later = unroll(discriminator, optimizer, loss_of, steps=5)"
        ),
        note=(
            "All steps are on the images of the generator's move, as in the authors' notebook, and follow the "
            "discriminator's own optimiser from its moments on, but neither penalties nor clipping. The generator's "
            "loss is that of the recipe's objective; the authors' is the minimax game's. With through off the answer "
            "of the discriminator is taken as given, which leaves out the second term of the gradient (section 2.4) "
            "and nearly all of what the paper is about, but costs less. The discriminator's own moves do not change."
        ),
    )
    steps: int = Field(5, ge=1, le=100)
    through: bool = Field(True, description="whether the generator's gradient flows through the steps")

    def opponent(self, turn: Turn) -> Mapping[str, Tensor] | None:
        """See :func:`unroll`; the discriminator's buffers are copied, so that its imagined steps leave no trace."""
        if turn.player is not Player.GENERATOR:
            return None
        network = turn.state.network(Player.DISCRIMINATOR)
        buffers = {name: buffer.detach().clone() for name, buffer in network.named_buffers()}

        def loss(weights: Weights) -> Tensor:
            return turn.loss_of(Player.DISCRIMINATOR, {**buffers, **weights})

        def average(gradient: Tensor) -> Tensor:
            return turn.gather(gradient[None]).mean(0)

        optimizer = turn.state.optimizer(Player.DISCRIMINATOR)
        return {**buffers, **unroll(network, optimizer, loss, self.steps, self.through, average)}
