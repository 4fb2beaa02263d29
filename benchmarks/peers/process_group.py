"""One of several processes that train together, or the only one; the first writes losses and times to a file.

    torchrun --standalone --nproc-per-node N -m peers.process_group RECIPE DATA RESULT STEPS fp32|fp64

RECIPE and DATA are files. RESULT gets a JSON object with the losses of both players and the seconds of each step. With
fp64 everything is computed in float64, in which the package never trains: there the order of summation hardly matters,
so that any other difference would show.
"""

import json
import sys
import time
from pathlib import Path

import torch

from steadygan.data import prepare
from steadygan.distributed import is_main_process, start, stop
from steadygan.recipes import recipe
from steadygan.settings import TrainingSettings
from steadygan.training.process_settings import keep_memory
from steadygan.training.session import CustomNetworks, new_players
from steadygan.training.step import step
from steadygan.vocabulary import Player


def double() -> None:
    """Compute everything in float64 from here on, even where the package uses float32."""
    torch.set_default_dtype(torch.float64)
    torch.Tensor.float = torch.Tensor.double  # type: ignore[method-assign]


def main() -> None:
    name, data, result, steps, kind = sys.argv[1:]
    start()
    keep_memory()
    if kind == "fp64":
        double()
    torch.manual_seed(0)
    training = TrainingSettings.model_validate({"device": "cpu", "precision": "fp32"})
    state, _ = new_players(recipe(name), prepare(data), CustomNetworks(), torch.device("cpu"), training)
    losses: dict[str, list[float | int | None]] = {player.value: [] for player in Player}
    seconds = []
    for _ in range(int(steps)):
        begun = time.perf_counter()
        step(state)
        row = state.record.row()  # waits for everything
        seconds.append(time.perf_counter() - begun)
        for player in Player:
            losses[player.value].append(row[f"{player.value}/loss"])
    if is_main_process():
        Path(result).write_text(json.dumps({"losses": losses, "seconds": seconds}))
    stop()


if __name__ == "__main__":
    main()
