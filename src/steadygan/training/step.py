"""One step of training: the moves of both players."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain

import torch
from torch import Tensor, nn

from steadygan.distributed import average_gradients, sharded, world_size
from steadygan.feeding.loader import Batch
from steadygan.heuristics.averages import ema_update
from steadygan.heuristics.moments import AfterMove, AfterStep, BeforeUpdate, ReplacesOpponent
from steadygan.heuristics.roles import Schedule
from steadygan.training.state import TrainingState
from steadygan.training.turn import Fakes, TrainingTurn, make_fakes
from steadygan.vocabulary import Player


def step(state: TrainingState) -> None:
    """Make every move of the schedule, let heuristics act after it, and update the average of the generator."""
    before = state.images_seen

    def play(player: Player, real: Batch, fakes: Fakes | None) -> None:
        move(player, state, real, fakes)
        if player is Player.DISCRIMINATOR:
            state.images_seen += len(real) * world_size()

    with sharded(state.batch // world_size()):
        moves = state.recipe.schedule.moves(state)
        # The same moves again, if a player only looked ahead in the first pass.
        for _ in range(state.recipe.schedule_passes):
            play_moves(state.recipe.schedule, moves, state.next_real, partial(make_fakes, state), play)
        for heuristic in state.recipe.all(AfterStep):
            heuristic.after_step(state)
    if state.averaged is not None and state.recipe.average is not None:
        decay = float(state.recipe.average.decay(state.images_seen, state.images_seen - before))
        ema_update(_tensors(state.averaged), _tensors(state.networks[Player.GENERATOR]), decay)
    state.record.end_step()
    state.steps += 1


def play_moves(
    schedule: Schedule,
    moves: tuple[Player, ...],
    next_real: Callable[[], Batch],
    fakes_like: Callable[[Batch], Fakes],
    play: Callable[[Player, Batch, Fakes | None], None],
) -> None:
    """Let the players move in turn, each with the images that it should see.

    Args:
        schedule: says which moves share their images.
        moves: in order.
        next_real: loads the next batch of real images.
        fakes_like: makes fakes, as many as there are real images, that carry gradients to the generator.
        play: makes one move on real images and on fakes; it makes new fakes where it is given none.
    """
    real: Batch | None = None
    fakes: Fakes | None = None
    for player, following in zip(moves, (*moves[1:], None), strict=True):
        if player is Player.DISCRIMINATOR or real is None or schedule.fresh_reals:
            real = next_real()
        if player is Player.DISCRIMINATOR:
            if schedule.reuse_fakes and following is Player.GENERATOR:
                fakes = fakes_like(real)
            play(player, real, None if fakes is None else fakes.detached())
        else:
            play(player, real, fakes)
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
            factor *= float(modifier.rate(turn.player, state.images_seen))
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
