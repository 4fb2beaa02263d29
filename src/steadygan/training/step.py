"""The heart: one step of the game."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain

import torch
from torch import Tensor, nn

from steadygan.heuristics.averages import ema_update
from steadygan.heuristics.base import Player
from steadygan.training.game import Game
from steadygan.training.turn import GameTurn


def step(game: Game) -> None:
    """Every move of the schedule, then the average."""
    before = game.images_seen
    real: Tensor | None = None
    fakes: Tensor | None = None
    moves = game.recipe.schedule.moves()
    for player, following in zip(moves, (*moves[1:], None), strict=True):
        if player is Player.DISCRIMINATOR or real is None:
            real = game.next_real()
        if player is Player.DISCRIMINATOR:
            if game.recipe.schedule.reuse_fakes and following is Player.GENERATOR:
                fakes = game.make_fakes(len(real))
            move(player, game, real, None if fakes is None else fakes.detach())
            game.images_seen += len(real)
        else:
            move(player, game, real, fakes)
            fakes = None
    if game.averaged is not None and game.recipe.average is not None:
        decay = game.recipe.average.decay(game.images_seen, game.images_seen - before)
        ema_update(_tensors(game.averaged), _tensors(game.networks[Player.GENERATOR]), decay)
    game.steps += 1


def move(player: Player, game: Game, real: Tensor, fakes: Tensor | None = None) -> None:
    """One player changes its weights once.

    Args:
        player: who moves.
        game: the state of the run.
        real: a batch of real images; the generator's move reuses the discriminator's.
        fakes: fakes to answer for, carrying gradients in the generator's move; new ones are made when None.
    """
    network, optimizer = game.networks[player], game.optimizers[player]
    due = [each for each in game.recipe.penalties(player) if game.moves[player] % each.every == 0]
    turn = GameTurn(player, game, real, fakes, frozenset(side for penalty in due for side in penalty.differentiates))
    optimizer.zero_grad(set_to_none=True)
    with only_trains(player, game):
        loss = game.recipe.objective(turn).mean()
        turn.note(f"{player.value}/loss", loss)
        for penalty in due:
            # A penalty that comes every k moves weighs k times as much.
            loss = loss + penalty.every * penalty(turn).mean()
        torch.autograd.backward(loss)
    turn.note(f"{player.value}/gradient_norm", _gradient_norm(network))
    optimizer.step()
    game.moves[player] += 1


@contextmanager
def only_trains(player: Player, game: Game) -> Iterator[None]:
    """Freeze every other player, so that no gradient is computed that nobody uses."""
    frozen = [
        parameter
        for other, network in game.networks.items()
        if other is not player
        for parameter in network.parameters()
        if parameter.requires_grad
    ]
    for parameter in frozen:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in frozen:
            parameter.requires_grad_(True)


def _gradient_norm(network: nn.Module) -> Tensor:
    return nn.utils.get_total_norm([each.grad for each in network.parameters() if each.grad is not None])


def _tensors(network: nn.Module) -> Iterator[Tensor]:
    return chain(network.parameters(), network.buffers())
