"""The slow way: what the package computes, written without anything that makes it quick; and in double precision."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any, NamedTuple
from unittest import mock

import torch
from torch import Tensor, nn

from steadygan.layers.kernels.convolution import Convolution, TransposedConvolution
from steadygan.layers.kernels.leaky_relu import InplaceLeakyReLU
from steadygan.recipe import Recipe
from steadygan.settings import TrainingSettings
from steadygan.training import step as steps
from steadygan.training.session import CustomNetworks, new_players
from steadygan.training.state import TrainingState
from steadygan.training.turn import TrainingTurn
from steadygan.vocabulary import Player, Side
from tests import tiny

SIZE = 16
STEPS = 3


@contextmanager
def doubled() -> Iterator[None]:
    """Where everything is float64: new weights, random numbers, and what the package makes float32."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with mock.patch.object(torch.Tensor, "float", torch.Tensor.double):
            yield
    finally:
        torch.set_default_dtype(before)


def in_kind(kind: torch.dtype) -> AbstractContextManager[None]:
    """Where everything is of this type."""
    return doubled() if kind is torch.float64 else nullcontext()


# --- the slow way


def slow_(state: TrainingState) -> TrainingState:
    """Let networks compute by PyTorch's own layers in channels first, each side alone, and optimisers weight by weight.

    Args:
        game: before its first step; it is changed.
    """
    for network in (*state.networks.values(), *(each.network for each in state.companions.values())):
        slow_network_(network)
    for optimizer in state.optimizers.values():
        for group in optimizer.param_groups:
            group["fused"] = group["foreach"] = False
    state.joint_batches_work = False
    return state


def slow_network_(network: nn.Module) -> None:
    """The same for one network."""
    network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]  # missing in torch's stubs
    for module in network.modules():
        if isinstance(module, Convolution | TransposedConvolution):
            module.forward = partial(_convolved, module)  # type: ignore[method-assign]
        elif isinstance(module, InplaceLeakyReLU):
            module.forward = partial(_rectified, module)  # type: ignore[method-assign]
        elif isinstance(module, nn.LeakyReLU | nn.ReLU):
            module.inplace = False


def slow_step(state: TrainingState) -> None:
    """A step in which nobody is frozen and each side's input gradient is a pass of its own."""
    with (
        mock.patch.object(steps, "only_trains", _all_train),
        mock.patch.object(TrainingTurn, "input_gradient", _own_gradient),
    ):
        steps.step(state)


def _convolved(layer: Convolution | TransposedConvolution, x: Tensor) -> Tensor:
    if isinstance(layer, TransposedConvolution):
        return nn.ConvTranspose2d.forward(layer, x.contiguous())
    return nn.Conv2d.forward(layer, x.contiguous())


def _rectified(layer: InplaceLeakyReLU, x: Tensor) -> Tensor:
    return torch.where(x > 0, x, layer.slope * x)


def _all_train(player: Player, state: TrainingState) -> AbstractContextManager[None]:
    return nullcontext()


def _own_gradient(turn: TrainingTurn, side: Side) -> Tensor:
    (gradient,) = torch.autograd.grad(turn.logits(side).sum(), turn.inputs(side), create_graph=True)
    return gradient


# --- games and what they come to


class State(NamedTuple):
    """What a step came to, by name.

    Attributes:
        row: every measurement.
        gradients: of each player's last move.
        weights: of both networks and the average, with buffers.
    """

    row: dict[str, float]
    gradients: dict[str, Tensor]
    weights: dict[str, Tensor]


def new_training_state(chosen: Recipe) -> TrainingState:
    """A game on small coloured images; a recipe's games begin alike and draw the same numbers."""
    torch.manual_seed(0)
    training = TrainingSettings.model_validate({"device": "cpu", "precision": "fp32"})
    state, _ = new_players(chosen, tiny.images(size=SIZE, channels=3), CustomNetworks(), torch.device("cpu"), training)
    torch.manual_seed(1)
    return state


def played(chosen: Recipe, kind: torch.dtype, slow: bool = False) -> list[State]:
    """What each of a few steps of a new game came to.

    Args:
        chosen: the recipe.
        kind: in which everything is computed.
        slow: whether in the slow way.
    """
    with in_kind(kind):
        state = slow_(new_training_state(chosen)) if slow else new_training_state(chosen)
        step: Callable[[TrainingState], None] = slow_step if slow else steps.step
        gradients = _watched(state)
        states = []
        for _ in range(STEPS):
            step(state)
            row = {name: float(value) for name, value in state.record.row().items() if value is not None}
            states.append(State(row, dict(gradients), weights_of(state)))
    return states


def _watched(state: TrainingState) -> dict[str, Tensor]:
    """The gradients by which weights were last moved, kept up to date."""
    gradients: dict[str, Tensor] = {}

    def look(player: Player, *_: Any) -> None:
        named = state.networks[player].named_parameters()
        gradients.update({f"{player.value} {name}": each.grad.clone() for name, each in named if each.grad is not None})

    for player, optimizer in state.optimizers.items():
        optimizer.register_step_pre_hook(partial(look, player))
    return gradients


def weights_of(state: TrainingState) -> dict[str, Tensor]:
    """Copies of all weights and buffers."""
    networks = {player.value: network for player, network in state.networks.items()}
    if state.averaged is not None:
        networks["averaged"] = state.averaged
    return {f"{of} {name}": each.clone() for of, net in networks.items() for name, each in net.state_dict().items()}


def farthest(ours: Mapping[str, Tensor | float], truth: Mapping[str, Tensor | float]) -> float:
    """The largest difference between numbers of the same names."""
    assert ours.keys() == truth.keys()
    pairs = [(torch.as_tensor(each), torch.as_tensor(truth[name])) for name, each in ours.items()]
    return max(float((one.double() - other.double()).abs().max()) for one, other in pairs if one.numel())
