"""One step of training: the moves of both players."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain

import torch
from torch import Tensor, nn

from steadygan.distributed import average_gradients, sharded, world_size
from steadygan.feeding.loader import Batch
from steadygan.heuristics.averages import ema_update
from steadygan.heuristics.moments import AfterMove, AfterStep, BeforeUpdate, ReplacesOpponent
from steadygan.training.state import TrainingState
from steadygan.training.turn import Fakes, TrainingTurn, make_fakes
from steadygan.vocabulary import Player


def step(state: TrainingState) -> None:
    """Make every move of the schedule, let heuristics act after it, and update the average of the generator."""
    before = state.images_seen
    with sharded(state.batch // world_size()):
        moves = state.recipe.schedule.moves(state)
        for _ in range(
            state.recipe.schedule_passes
        ):  # the same moves again, so that a player who looked ahead also moves
            _play_moves(state, moves)
        for heuristic in state.recipe.all(AfterStep):
            heuristic.after_step(state)
    if state.averaged is not None and state.recipe.average is not None:
        decay = state.recipe.average.decay(state.images_seen, state.images_seen - before)
        ema_update(_tensors(state.averaged), _tensors(state.networks[Player.GENERATOR]), decay)
    state.record.end_step()
    state.steps += 1


def _play_moves(state: TrainingState, moves: tuple[Player, ...]) -> None:
    schedule = state.recipe.schedule
    real: Batch | None = None
    fakes: Fakes | None = None
    for player, following in zip(moves, (*moves[1:], None), strict=True):
        if player is Player.DISCRIMINATOR or real is None or schedule.fresh_reals:
            real = state.next_real()
        if player is Player.DISCRIMINATOR:
            if schedule.reuse_fakes and following is Player.GENERATOR:
                fakes = make_fakes(state, real)
            move(player, state, real, None if fakes is None else fakes.detached())
            state.images_seen += len(real) * world_size()
        else:
            move(player, state, real, fakes)
            fakes = None


def move(player: Player, state: TrainingState, real: Batch, fakes: Fakes | None = None) -> None:
    """One player changes its weights once.

    Args:
        player: the player who moves.
        state: the state of the run.
        real: a batch of real images.
        fakes: fakes for this move, which carry gradients in the generator's move; new ones are made when None.
    """
    recipe, optimizer = state.recipe, state.optimizers[player]
    due = [each for each in recipe.penalties(player) if state.moves[player] % each.every == 0]
    turn = TrainingTurn(player, state, real, fakes, frozenset(side for each in due for side in each.differentiates))
    optimizer.zero_grad(set_to_none=True)
    with only_trains(player, state):
        _replace_opponent(turn, state)
        turn.backward(due)
    average_gradients(_trained(optimizer))
    turn.log(f"{player.value}/gradient_norm", _gradient_norm(state.networks[player]))
    _update(turn, state, optimizer)
    state.moves[player] += 1
    for heuristic in recipe.all(AfterMove):
        heuristic.after_move(turn)


def _replace_opponent(turn: TrainingTurn, state: TrainingState) -> None:
    """Replace the current opponent by another one, if a heuristic asks for it."""
    for heuristic in state.recipe.all(ReplacesOpponent):
        parameters = heuristic.opponent(turn)
        if parameters is not None:
            turn.replace(turn.player.other, parameters)
            return


def _update(turn: TrainingTurn, state: TrainingState, optimizer: torch.optim.Optimizer) -> None:
    for heuristic in state.recipe.all(BeforeUpdate):
        heuristic.before_update(turn)
    modifiers = state.recipe.update_modifiers
    if modifiers:
        factor = 1.0
        for modifier in modifiers:
            factor *= modifier.rate(turn.player, state.images_seen)
        for group, rate in zip(optimizer.param_groups, state.rates[turn.player], strict=True):
            group["lr"] = rate * factor
    optimizer.step()


@contextmanager
def only_trains(player: Player, state: TrainingState) -> Iterator[None]:
    """Freeze the opponent's networks, so that no unused gradients are computed."""
    frozen = [parameter for parameter in _trained(state.optimizers[player.other]) if parameter.requires_grad]
    for parameter in frozen:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in frozen:
            parameter.requires_grad_(True)


def _trained(optimizer: torch.optim.Optimizer) -> Iterator[nn.Parameter]:
    return (parameter for group in optimizer.param_groups for parameter in group["params"])


def _gradient_norm(network: nn.Module) -> Tensor:
    return nn.utils.get_total_norm([each.grad for each in network.parameters() if each.grad is not None])


def _tensors(network: nn.Module) -> Iterator[Tensor]:
    return chain(network.parameters(), network.buffers())
