"""Refuses processes that cannot train together, because of uneven batches or different settings."""

import torch

from steadygan.data import Prepared
from steadygan.distributed import differs_between_processes, world_size
from steadygan.errors import SteadyganError
from steadygan.heuristics.composition import refusals
from steadygan.recipe import Recipe
from steadygan.settings import TrainingSettings


def refuse_uneven_batches(recipe: Recipe) -> None:
    """Refuse a batch that the processes cannot share evenly.

    Raises:
        SteadyganError: whose message proposes a batch that they can share.
    """
    batch, processes = recipe.settings.batch, world_size()
    if processes == 1:
        return
    if batch % processes:
        raise SteadyganError(
            f"A batch of {batch} cannot be shared evenly by {processes} processes; "
            f"use --set batch={processes * max(1, round(batch / processes))}, or another number of processes"
        )
    refusal = next(refusals(recipe.heuristics, batch, processes), None)
    if refusal:
        raise SteadyganError(refusal)


def refuse_different_runs(recipe: Recipe, data: Prepared, training: TrainingSettings) -> None:
    """Refuse processes that were started with different settings, data or versions.

    Raises:
        SteadyganError: on every process.
    """
    asked = [
        recipe.to_toml(),
        data.fingerprint,
        training.precision,
        training.tuned_for,
        str(training.seed),
        str(torch.__version__),
    ]
    if differs_between_processes("\0".join(asked)):
        raise SteadyganError(
            "The processes do not train the same: data, settings or versions differ between them; "
            "start all of them with the same command on the same data"
        )
