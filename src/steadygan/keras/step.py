"""One step of training on any backend: the moves of both players, as in :mod:`steadygan.training.step`."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from keras import ops

from steadygan.feeding.loader import Batch
from steadygan.heuristics.moments import AddsLoss, AfterMove, AfterStep, BeforeUpdate, ReplacesOpponent
from steadygan.heuristics.roles import Penalty
from steadygan.keras.gradients import assign, choose, gradients
from steadygan.keras.images import image_view, images_of
from steadygan.keras.refusals import naming_the_heuristic
from steadygan.keras.state import KerasState, OptimizerView, PlayerFakes
from steadygan.keras.torch_view import UnsupportedError, tensor_of, view
from steadygan.keras.turn import KerasTurn
from steadygan.keras.vectors import as_vector
from steadygan.training.step import play_moves
from steadygan.vocabulary import Player, Side

Result = dict[str, Any]
"""What leaves the part of a move that is differentiated: gradients, outputs and logs, tensors of the backend."""


def step(state: KerasState, batches: Sequence[Batch]) -> None:
    """Make every move of the schedule, let heuristics act after it, and update the average of the generator.

    Args:
        state: of the model.
        batches: the real images that the moves of one step see, in order.
    """
    gan, recipe, remaining = state.gan, state.recipe, iter(batches)

    def play(player: Player, real: Batch, fakes: PlayerFakes | None) -> None:
        move(player, state, real, fakes)
        if player is Player.DISCRIMINATOR:
            gan.clock.assign_add(len(real))

    state.open_memories()
    moves = recipe.schedule.moves(state)
    for _ in range(recipe.schedule_passes):
        play_moves(recipe.schedule, moves, lambda: next(remaining), state.fakes_like, play)  # type: ignore[arg-type]
    for heuristic in recipe.all(AfterStep):
        heuristic.after_step(state)
    state.store_memories()
    if recipe.average is not None:
        _average(state, recipe.average.decay(state.images_seen, gan.images_per_step))
    state.end()


def batches_of_a_step(state: KerasState) -> int:
    """How many batches of real images one step sees."""
    count = 0

    def load() -> Batch:
        nonlocal count
        count += 1
        return Batch(torch.zeros(0))

    recipe = state.recipe
    moves = recipe.schedule.moves(state)
    for _ in range(recipe.schedule_passes):
        play_moves(recipe.schedule, moves, load, lambda real: PlayerFakes(None, None, None), lambda *_: None)  # type: ignore[arg-type, return-value]
    return count


def move(player: Player, state: KerasState, real: Batch, fakes: PlayerFakes | None) -> None:
    """One player changes its weights once.

    Args:
        player: the player who moves.
        state: of the model.
        real: views of a batch of real images.
        fakes: fakes of this move; new ones are made when None.
    """
    for heuristic in state.recipe.all(ReplacesOpponent):
        with naming_the_heuristic(heuristic):
            raise UnsupportedError("lets a player move against other weights than its opponent's")
    if fakes is None:
        fakes = state.fakes_like(real, differentiable=player is Player.GENERATOR)
    result = _with_due_penalties(player, state, real, fakes)
    state.log_all(result["logs"])
    found = result["gradients"]
    if fakes.pull is not None and player is Player.GENERATOR:
        by_images = fakes.pull(result["by_images"])
        # Companions come after the network, and images do not depend on them.
        beside, of_companions = found[: len(by_images)], found[len(by_images) :]
        found = [one + other for one, other in zip(beside, by_images, strict=True)] if beside else by_images
        found = [*found, *of_companions]
    _update(player, state, real, fakes, result, found)


def _update(
    player: Player, state: KerasState, real: Batch, fakes: PlayerFakes, result: Result, found: list[Any]
) -> None:
    gan, recipe = state.gan, state.recipe
    vector = as_vector(found)
    own = view(vector)[: gan.lists.size_of(player)]
    state.log(f"{player.value}/gradient_norm", own.square().sum().sqrt())
    turn = KerasTurn(player, state, real, fakes)
    turn.restore(result["outputs"])
    changing = recipe.all(BeforeUpdate)
    if changing:
        state.gradients[player] = OptimizerView(found)
        for heuristic in changing:
            heuristic.before_update(turn)
        found = state.gradients[player].gradients
    factor: Any = 1.0
    for modifier in recipe.update_modifiers:
        factor = factor * modifier.rate(player, state.images_seen)
    gan.update(player, found, as_vector(found) if changing else vector, tensor_of(factor))
    gan.moves[player].assign_add(1)
    for after in recipe.all(AfterMove):
        with torch.no_grad():
            after.after_move(turn)


def _with_due_penalties(player: Player, state: KerasState, real: Batch, fakes: PlayerFakes) -> Result:
    """The gradients of a move with the penalties that are due in it; some come in every so many moves only."""
    penalties = state.recipe.penalties(player)
    # Read here: inside of what is differentiated, some backends know only the variables of the networks.
    number = state.gan.moves[player].value
    waits = sorted({each.every for each in penalties if each.every > 1})

    def among(waits: Sequence[int], due: tuple[Penalty, ...]) -> Result:
        if not waits:
            return _differentiated(player, state, real, fakes, due)
        late = tuple(each for each in penalties if each.every == waits[0])
        is_due = ops.equal(ops.mod(number, waits[0]), 0)
        with_, without = partial(among, waits[1:], due + late), partial(among, waits[1:], due)
        if state.names is None:  # to find out what is logged, with and without
            without()
            return with_()
        return choose(is_due, with_, without, state.gan.lists.state)

    return among(waits, tuple(each for each in penalties if each.every == 1))


def _differentiated(
    player: Player, state: KerasState, real: Batch, fakes: PlayerFakes, due: tuple[Penalty, ...]
) -> Result:
    sides = frozenset(side for each in due for side in each.differentiates)
    penalties = tuple(each for each in state.recipe.penalties(player) if each in due)
    learns_from_images = player is Player.GENERATOR

    def loss(given: list[Any]) -> tuple[Any, Result]:
        made = fakes._replace(images=image_view(given[0])) if learns_from_images else fakes
        with state.recording() as frame:
            turn = KerasTurn(player, state, real, made, sides)
            value = tensor_of(turn.loss(penalties))
            if player is Player.DISCRIMINATOR and state.recipe.all(AfterMove):
                for side in Side:
                    turn.scores(side)
            outputs = turn.outputs() if player is Player.DISCRIMINATOR else {}
            return value, {"outputs": outputs, "logs": state.logged(frame)}

    inputs = [images_of(fakes.images)] if learns_from_images else []
    weights = state.gan.lists.moved_by(player) if _depends_on_weights(player, state) else []
    _, result, by_weights, by_images = gradients(loss, weights, inputs, state.gan.lists.state)
    return {**result, "gradients": by_weights, "by_images": by_images[0] if by_images else ops.zeros(())}


def _depends_on_weights(player: Player, state: KerasState) -> bool:
    """Whether a loss depends on the player's weights otherwise than through the fakes of the move."""
    recipe = state.recipe
    return player is Player.DISCRIMINATOR or bool(recipe.penalties(player) or recipe.all(AddsLoss))


def _average(state: KerasState, decay: Any) -> None:
    """Move the averaged generator towards the live one; the states of its own seeds stay."""
    share = 1.0 - ops.cast(ops.convert_to_tensor(tensor_of(decay)), "float32")
    old, new = state.gan.lists.averaged
    with torch.no_grad():
        pairs = [(view(one), view(other)) for one, other in zip(old, new, strict=True)]
        assign(old, [tensor_of(one.lerp(other, view(share))) for one, other in pairs])
