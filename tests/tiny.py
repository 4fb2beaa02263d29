"""The smallest things that train, for tests: a few 8x8 images, narrow networks, a run of a second."""

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from steadygan.data import DataSettings, Prepared
from steadygan.recipe import Recipe
from steadygan.recipes import recipe
from steadygan.runs.checkpoint import checkpoints, load_checkpoint
from steadygan.runs.folder import RunFolder
from steadygan.runs.sampling import temporary_seed
from steadygan.runs.stored import read_stored_run
from steadygan.settings import TrainingSettings
from steadygan.training import session
from steadygan.training.loop import Loop
from steadygan.training.observe import Observer
from steadygan.training.session import CustomNetworks

BATCH = 4
CLASSES = ("first", "second", "third")
BRIEF = {
    "steadygan.training.loop.GRIDS_PER_RUN": 8,
    "steadygan.training.loop.GRIDS_PER_MEASUREMENT": 2,
    "steadygan.training.gallery.MEASURED_SAMPLES": 64,
    "steadygan.training.gallery.GRID_IMAGES": 16,
    "steadygan.runs.sampling.STANDING_BATCHES": 2,
    "steadygan.runs.sampling.STANDING_BATCH": 16,
    "steadygan.training.loop.SECONDS_PER_ROW": math.inf,
    "steadygan.training.loop.CHECKPOINT_SECONDS": math.inf,
}
"""Constants with which a run spends little on pictures, and writes as much on a busy machine as on a quiet one."""
TIMINGS = ("seconds", "images_per_second", "time/data", "time/without_core", "time/judging", "time/watching")


def prepared(items: "np.ndarray[Any, Any]") -> Prepared:
    """An array as prepared data."""
    labels = np.arange(len(items)) % len(CLASSES)
    return Prepared(items, labels, CLASSES, (), "tiny", f"tiny {items.shape} {int(items.sum())}", 0.0, False)


def images(count: int = 24, size: int = 8, channels: int = 1, seed: int = 0) -> Prepared:
    """Images with a bright square at a random place."""
    random = np.random.default_rng(seed)
    made = random.integers(0, 60, (count, size, size, channels), dtype=np.uint8)
    for image in made:
        top, left = random.integers(0, size // 2, 2)
        image[top : top + size // 2, left : left + size // 2] += 180
    return prepared(made)


def vectors(count: int = 24, length: int = 3) -> Prepared:
    """Points far from 0, of unlike spread."""
    made = np.random.default_rng(1).normal(50.0, 4.0, (count, length)) * np.arange(1, length + 1)
    return prepared(made.astype(np.float32))


def small(chosen: Recipe | str, **values: Any) -> Recipe:
    """A recipe with narrow networks and small batches."""
    chosen = recipe(chosen) if isinstance(chosen, str) else chosen
    return chosen.change(values={"batch": BATCH, "width": 2, **values})


def stateful() -> Recipe:
    """Every heuristic that draws, counts, averages or remembers, in one recipe."""
    chosen = small("dcgan").without("one-sided-smoothing").with_("sphere-latent", dimension=8)
    for name in (
        "diff-augment",
        "horizontal-flip",
        "noisy-labels",
        "soft-labels",
        "mixed-batches",
        "larger-discriminator",
    ):
        chosen = chosen.with_(name)
    chosen = chosen.with_("instance-noise", std=0.2, images=300).with_("generator-dropout", probability=0.2)
    chosen = chosen.with_("r1", every=3, gamma=0.1).with_("r2", every=2, gamma=0.1).with_("ema", half_life=100)
    chosen = chosen.with_("sgd-discriminator", lr=0.01, momentum=0.9)
    return chosen.with_("alternate", discriminator_moves=2, generator_moves=1, reuse_fakes=True)


def begin(
    chosen: Recipe,
    folder: Path,
    data: Prepared,
    own: CustomNetworks | None = None,
    observers: Sequence[Observer] = (),
    **given: Any,
) -> Loop:
    """A new run."""
    training = TrainingSettings(device="cpu", **given)
    return session.begin(
        data, chosen, training, DataSettings(), RunFolder(folder), own or CustomNetworks(), False, (), tuple(observers)
    )


def resume(
    folder: Path, data: Prepared, own: CustomNetworks | None = None, observers: Sequence[Observer] = (), **given: Any
) -> Loop:
    """A run that goes on."""
    stored = read_stored_run(RunFolder(folder))
    training = stored.manifest.training.model_copy(update=given)
    return session.resume(RunFolder(folder), stored, training, data, own or CustomNetworks(), tuple(observers))


def never() -> bool:
    """Nobody interrupts."""
    return False


def after(steps: int) -> Callable[[], bool]:
    """Someone interrupts after so many steps."""
    asked = -1

    def interrupted() -> bool:
        nonlocal asked
        asked += 1
        return asked >= steps

    return interrupted


def play(chosen: Recipe, folder: Path, data: Prepared, stop: Callable[[], bool] = never, **given: Any) -> Loop:
    """A new run, trained."""
    with temporary_seed(0, torch.device("cpu")):
        loop = begin(chosen, folder, data, **given)
        loop.run(stop)
    return loop


def play_on(folder: Path, data: Prepared, stop: Callable[[], bool] = never, **given: Any) -> Loop:
    """A run that goes on, trained."""
    with temporary_seed(7, torch.device("cpu")):
        loop = resume(folder, data, **given)
        loop.run(stop)
    return loop


# --- comparing runs


def newest(folder: Path) -> dict[str, Any]:
    """The state in the newest checkpoint, without what tells the time."""
    state = load_checkpoint(checkpoints(RunFolder(folder))[0])
    for key in ("seconds", "judging_seconds", "files"):
        del state[key]
    return state


def rows(folder: Path) -> list[dict[str, Any]]:
    """The rows of metrics without what tells the time."""
    lines = (folder / "metrics.jsonl").read_text("utf-8").splitlines()
    return [{key: value for key, value in json.loads(line).items() if key not in TIMINGS} for line in lines]


def grids(folder: Path) -> dict[str, bytes]:
    """The bytes of every picture by its name."""
    return {path.name: path.read_bytes() for path in sorted((folder / "samples").glob("*.png"))}


def differences(one: Any, other: Any, where: str = "") -> list[str]:
    """Places at which two nested states differ, bit for bit."""
    if isinstance(one, dict) and isinstance(other, dict):
        names = {*one, *other}
        return [d for name in names for d in differences(one.get(name), other.get(name), f"{where}/{name}")]
    if isinstance(one, list | tuple) and isinstance(other, list | tuple) and len(one) == len(other):
        return [
            d for place, pair in enumerate(zip(one, other, strict=True)) for d in differences(*pair, f"{where}/{place}")
        ]
    if isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor):
        same = one.dtype == other.dtype and torch.equal(one, other)
    else:
        same = type(one) is type(other) and one == other
    return [] if same else [where]


def assert_same_run(unbroken: Path, broken: Path, stops: Sequence[int] = ()) -> None:
    """Both ended alike, bit for bit.

    Args:
        unbroken: a run folder.
        broken: another, of a run that stopped and went on.
        stops: images seen where it stopped in an orderly way, which leaves a grid.
    """
    assert differences(newest(unbroken), newest(broken)) == []
    assert (unbroken / "generator.safetensors").read_bytes() == (broken / "generator.safetensors").read_bytes()
    assert rows(unbroken) == rows(broken)
    expected, found = grids(unbroken), grids(broken)
    assert {*found} - {*expected} <= {f"{stop:012d}.png" for stop in stops}
    assert {name: found.get(name) for name in expected} == expected
