"""What tests ask the processes of a crew to do, in modules that can be imported there."""

from typing import Any

import torch

from steadygan.recipe import Recipe
from steadygan.recipes import parse
from steadygan.training.game import Game
from steadygan.training.session import Own, new_players
from steadygan.training.settings import TrainingSettings
from steadygan.training.step import step
from tests import tiny

STEPS = 3


def played(chosen: Recipe, steps: int = STEPS) -> Game:
    """A game of a few steps."""
    torch.manual_seed(0)
    training = TrainingSettings(device="cpu", precision="fp32")
    game, _ = new_players(chosen, tiny.images(), Own(), torch.device("cpu"), training)
    for _ in range(steps):
        step(game)
    return game


def outcome(chosen: Recipe, steps: int = STEPS) -> dict[str, Any]:
    """What a game of a few steps came to."""
    game = played(chosen, steps)
    networks = {
        f"{name}.{key}": value
        for name, network in game._all_networks().items()
        for key, value in network.state_dict().items()
    }
    return {"weights": networks, "row": game.record.row(), "random": torch.get_rng_state(), "images": game.images_seen}


def outcomes(recipes: dict[str, str], steps: int = STEPS) -> dict[str, Any]:
    """The same for recipes as files."""
    return {name: outcome(parse(text, name), steps) for name, text in recipes.items()}
