"""The heart: one step of the game."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain

import torch
from torch import Tensor, nn

from steadygan.heuristics.averages import ema_update
from steadygan.heuristics.base import Player
from steadygan.processes import once, share_gradients, together, world_size
from steadygan.training.game import Game
from steadygan.training.supply import Batch
from steadygan.training.turn import Fakes, GameTurn, make_fakes


def step(game: Game) -> None:
    """Every move of the schedule, then what feeds back, then the average."""
    before = game.images_seen
    with together(game.batch // world_size()):
        moves = game.recipe.schedule.moves(game)
        for _ in range(game.recipe.rounds):  # of the same moves, so that whoever looked ahead also comes back
            _play(game, moves)
        for heuristic in game.recipe.heuristics:
            heuristic.after_step(game)
    if game.averaged is not None and game.recipe.average is not None:
        decay = game.recipe.average.decay(game.images_seen, game.images_seen - before)
        ema_update(_tensors(game.averaged), _tensors(game.networks[Player.GENERATOR]), decay)
    game.steps += 1


def _play(game: Game, moves: tuple[Player, ...]) -> None:
    real: Batch | None = None
    fakes: Fakes | None = None
    for player, following in zip(moves, (*moves[1:], None), strict=True):
        if player is Player.DISCRIMINATOR or real is None:
            real = game.next_real()
        if player is Player.DISCRIMINATOR:
            if game.recipe.schedule.reuse_fakes and following is Player.GENERATOR:
                fakes = make_fakes(game, real)
            move(player, game, real, None if fakes is None else fakes.detached())
            game.images_seen += len(real) * world_size()
        else:
            move(player, game, real, fakes)
            fakes = None


def move(player: Player, game: Game, real: Batch, fakes: Fakes | None = None) -> None:
    """One player changes its weights once.

    Args:
        player: who moves.
        game: the state of the run.
        real: a batch of real images; the generator's move reuses the discriminator's.
        fakes: fakes to answer for, carrying gradients in the generator's move; new ones are made when None.
    """
    recipe, optimizer = game.recipe, game.optimizers[player]
    due = [each for each in recipe.penalties(player) if game.moves[player] % each.every == 0]
    turn = GameTurn(player, game, real, fakes, frozenset(side for penalty in due for side in penalty.differentiates))
    optimizer.zero_grad(set_to_none=True)
    with only_trains(player, game):
        _face_opponent(turn, game)
        loss = turn.loss()
        turn.note(f"{player.value}/loss", loss)
        for penalty in due:
            # A penalty that comes every k moves weighs k times as much.
            loss = loss + penalty.every * penalty(turn).mean()
        torch.autograd.backward(once(loss))
    share_gradients(_trained(optimizer))
    turn.note(f"{player.value}/gradient_norm", _gradient_norm(game.networks[player]))
    _update(turn, game, optimizer)
    game.moves[player] += 1
    for heuristic in recipe.heuristics:
        heuristic.after_move(turn)


def _face_opponent(turn: GameTurn, game: Game) -> None:
    """Put another opponent in the place of this moment's, if a heuristic wants one."""
    for heuristic in game.recipe.heuristics:
        parameters = heuristic.opponent(turn)
        if parameters is not None:
            turn.replace(turn.player.other, parameters)
            return


def _update(turn: GameTurn, game: Game, optimizer: torch.optim.Optimizer) -> None:
    for heuristic in game.recipe.heuristics:
        heuristic.before_update(turn)
    modifiers = game.recipe.update_modifiers
    if modifiers:
        factor = 1.0
        for modifier in modifiers:
            factor *= modifier.rate(turn.player, game.images_seen)
        for group, rate in zip(optimizer.param_groups, game.rates[turn.player], strict=True):
            group["lr"] = rate * factor
    optimizer.step()


@contextmanager
def only_trains(player: Player, game: Game) -> Iterator[None]:
    """Freeze every other network, so that no gradient is computed that nobody uses."""
    frozen = [parameter for parameter in _trained(game.optimizers[player.other]) if parameter.requires_grad]
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
