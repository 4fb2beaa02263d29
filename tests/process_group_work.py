"""What tests ask the processes of a crew to train; imported there before anything is asked."""

import pkgutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from steadygan.recipes import parse
from steadygan.runs.folder import RunFolder
from steadygan.runs.sampling import temporary_seed
from steadygan.settings import TrainingSettings
from steadygan.training.session import CustomNetworks, new_players
from steadygan.training.state import TrainingState
from steadygan.training.step import step
from tests import tiny
from tests.eager import doubled
from tests.training import players

STEPS = 3


def played(
    text: str, data: str = "images", own: str = "", precision: str = "fp32", steps: int = STEPS
) -> dict[str, Any]:
    """What a game of a few steps came to.

    Args:
        text: a recipe as a file.
        data: a function of :mod:`tests.tiny`.
        own: ``patches`` or ``dropout`` for a discriminator of the user's own.
        precision: of the networks; ``fp64`` for float64 in everything.
        steps: how many.
    """
    if precision == "fp64":
        return exactly(played, text, data, own, "fp32", steps)
    torch.manual_seed(0)
    training = TrainingSettings.model_validate({"device": "cpu", "precision": precision})
    brought = CustomNetworks(players.generator(), _judge(own)) if own else CustomNetworks()
    items = tiny.vectors() if data == "vectors" else tiny.images()
    state, _ = new_players(parse(text, "test"), items, brought, torch.device("cpu"), training)
    for _ in range(steps):
        step(state)
    return _outcome(state)


def all_played(games: Mapping[str, tuple[Any, ...]]) -> dict[str, Any]:
    """The same for many games, by name; one process after the other would only wait for the others to start."""
    return {name: played(*each) for name, each in games.items()}


def _judge(own: str) -> nn.Module:
    if own == "patches":
        return players.patches()
    return nn.Sequential(
        *players.discriminator(norm=True)[:-2], nn.Dropout2d(0.4), nn.Flatten(), nn.Dropout(0.2), nn.Linear(32, 1)
    )  # type: ignore[index]


def _outcome(state: TrainingState) -> dict[str, Any]:
    weights = {
        f"{name} {key}": tensor
        for name, network in state._all_networks().items()
        for key, tensor in network.state_dict().items()
    }
    if state.averaged is not None:
        weights |= {f"averaged {key}": tensor for key, tensor in state.averaged.state_dict().items()}
    saved = state.state_dict()
    return {
        "weights": weights,
        "memories": _plain(saved["memories"]),
        "row": state.record.row(),
        "random": torch.get_rng_state(),
        "counts": [state.images_seen, state.steps, *state.moves.values(), *saved["sampler"].values()],
    }


def _plain(kept: Any, where: str = "") -> dict[str, Any]:
    """Everything in a memory, by its place."""
    if isinstance(kept, dict):
        return {key: each for name, value in kept.items() for key, each in _plain(value, f"{where}/{name}").items()}
    if isinstance(kept, list):
        return {
            key: each for place, value in enumerate(kept) for key, each in _plain(value, f"{where}/{place}").items()
        }
    return {where: kept}


def exactly(work: Callable[..., Any], *arguments: Any) -> Any:
    """What a function does where everything is float64."""
    with doubled():
        return work(*arguments)


def sat(folder: str, text: str, steps: int, images: int) -> dict[str, Any]:
    """One sitting of a run: begin it, or go on with it, for so many steps.

    Returns:
        Images seen, and what this process was.
    """
    for name, value in tiny.BRIEF.items():
        module, _, constant = name.rpartition(".")
        setattr(pkgutil.resolve_name(module), constant, value)
    path, stop = Path(folder), tiny.after(steps)
    with temporary_seed(0, torch.device("cpu")):
        if RunFolder(path).exists():
            loop: Any = tiny.resume(path, tiny.images())
        else:
            loop = tiny.begin(parse(text, "test"), path, tiny.images(), images=images, seed=3, precision="fp32")
        loop.run(stop)
    return {"images": loop.state.images_seen, "kind": type(loop).__name__}
