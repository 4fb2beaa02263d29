"""Writes the run folder of a GAN that Keras trains: like any other run's, but for checkpoints."""

import datetime
import json
import math
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import torch

from steadygan.arrays import Array
from steadygan.data.in_memory import IN_MEMORY
from steadygan.errors import SteadyganError
from steadygan.heuristics.architecture import unscale_images
from steadygan.keras.export import export
from steadygan.keras.gradients import BACKEND
from steadygan.keras.to_pytorch import networks_like, trained_generator
from steadygan.metrics import METRICS
from steadygan.metrics.stored import channels_first, floats
from steadygan.networks import Networks
from steadygan.recipe import Recipe
from steadygan.report import write_report
from steadygan.runs.environment import environment
from steadygan.runs.export import TrainedGenerator, save_generator
from steadygan.runs.folder import RunFolder, write_atomically, write_json
from steadygan.runs.grid import image_grid, save_picture
from steadygan.runs.lock import locked
from steadygan.runs.manifest import CUSTOM, DataRecord, NetworkRecord, RunManifest, read_manifest, write_manifest
from steadygan.runs.rows import RowFile
from steadygan.settings import DataSettings, TrainingSettings
from steadygan.vocabulary import Player

SEED = 20141
MEASURED = 1000
"""Samples, and at most as many real images, that are measured."""
MOST_CLASS_ROWS = 16
GIVEN_TO_FIT = "data given to fit()"
_GO_ON = "free the disk and call fit() again"


class _Exported(NamedTuple):
    """What is exported to Keras."""

    generator: TrainedGenerator


class RunWriter:
    """The files of one run.

    Args:
        folder: the run folder.
        samples: images in a grid.
        data: real images as :func:`stored_images` takes them; None where there are none to compare with.
    """

    def __init__(self, folder: RunFolder, samples: int, data: Any = None) -> None:
        self.folder = folder
        self.samples = samples
        self._data = data
        self._real: Array | None = None
        self._rows: RowFile | None = None
        self._networks: Networks | None = None

    # --- beginning

    def begin(self, model: Any, overwrite: bool) -> None:
        """Make the folder of a new run and write what is known before the first step.

        Args:
            model: the GAN.
            overwrite: whether a run that is there may be replaced.

        Raises:
            SteadyganError: when a run or something else is there, or the folder cannot be written.
        """
        folder = self.folder
        if folder.exists() and not overwrite:
            raise SteadyganError(
                f"'{folder.path}' holds a run already; choose another folder, go on with append=True, or replace it "
                "with overwrite=True"
            )
        self._read_real(model)
        self._networks = networks_like(model)
        with locked(folder, ""):
            folder.create(overwrite)
            write_atomically(folder.recipe, model.recipe.to_toml())
            write_json(folder.environment, _environment(model))
            write_json(folder.skipped, [])
            write_manifest(folder, self._manifest(model))
        self._rows = RowFile(folder.metrics)
        if self._real is not None:
            save_picture(image_grid(self._real[: self.samples]), folder.samples / "real.png")

    def reopen(self, model: Any) -> float:
        """Go on with the run that is there, without what it wrote after the images that the model has seen.

        Args:
            model: the GAN.

        Returns:
            The seconds that the run has taken so far.

        Raises:
            SteadyganError: when the run is another one, or the model begins anew.
        """
        folder, seen = self.folder, int(model.images_seen)
        if read_manifest(folder).keras_backend is None:
            raise SteadyganError(
                f"'{folder.path}' was not trained with Keras; go on with steadygan.resume('{folder.path}')"
            )
        if folder.recipe.read_text("utf-8") != model.recipe.to_toml():
            raise SteadyganError(f"'{folder.path}' was trained with another recipe; choose another folder")
        rows = folder.read_rows(folder.metrics)
        if rows and not seen:
            raise SteadyganError(
                f"'{folder.path}' cannot be gone on with by a model that has seen no images; load the model that was "
                "saved, or replace the run with overwrite=True"
            )
        self._read_real(model)
        self._networks = networks_like(model)
        kept = [row for row in rows if row["images"] <= seen]
        self.close()
        with locked(folder, ""):
            folder.remove_unfinished_files()
            write_atomically(folder.metrics, "".join(f"{json.dumps(row)}\n" for row in kept), _GO_ON)
        for images, grid in folder.sample_grids():
            if images > seen:
                grid.unlink()
        self._rows = RowFile(folder.metrics)
        return max((row["seconds"] for row in kept if "seconds" in row), default=0.0)

    def plan(self, images: int) -> None:
        """Write how many real images the run will have seen at its end."""
        manifest = read_manifest(self.folder)
        training = manifest.training.model_copy(update={"images": images})
        write_manifest(self.folder, manifest.model_copy(update={"training": training}))

    # --- meanwhile

    def row(self, row: dict[str, Any]) -> None:
        """Append a row to ``metrics.jsonl``."""
        assert self._rows is not None  # begin or reopen came before
        self._rows.append(row)

    def grid(self, model: Any) -> None:
        """Draw samples of the same latents as always; of a GAN with classes a row of each."""
        labels, columns = None, None
        names: tuple[str, ...] = ()
        classes = min(int(model.classes or 0), MOST_CLASS_ROWS)
        if classes:
            columns = max(1, math.isqrt(self.samples))
            labels, names = np.arange(classes).repeat(columns), tuple(str(each) for each in range(classes))
        made = _generated(model, self.samples if labels is None else len(labels), labels)
        save_picture(image_grid(made, columns), self.folder.sample_grid(int(model.images_seen)), names)

    @property
    def measures(self) -> bool:
        """Whether there are real images with which samples can be compared."""
        return self._real is not None

    def measure(self, model: Any) -> None:
        """Measure samples against the real images, and append the figures as a row."""
        assert self._real is not None
        labels = np.arange(MEASURED) % int(model.classes) if model.classes else None
        fake, real = (torch.from_numpy(each) for each in (_generated(model, MEASURED, labels), self._real))
        row: dict[str, Any] = {"images": int(model.images_seen)}
        for metric in METRICS:
            pair = (
                (real, fake)
                if metric.needs.images == "uint8"
                else tuple(map(floats, map(channels_first, (real, fake))))
            )
            row[metric.key] = _rounded(metric.measure(*pair))
            if metric.data_value:
                row[metric.data_key] = _rounded(metric.measure(pair[0], pair[0]))
        self.row(row)

    def save_generator(self, model: Any) -> None:
        """Save the generator of which samples are made, each file whole or not at all.

        Where it is built from the recipe, it is also saved as any other run's is, so that ``steadygan sample`` and
        ``interpolate`` take the folder.
        """
        if self._networks is not None:
            trained = trained_generator(model, self._networks.generator)
            save_generator(self.folder, trained.network, trained.config)
            export(_Exported(trained), self.folder.keras_generator)
            return
        with tempfile.TemporaryDirectory() as temporary:
            path = Path(temporary) / self.folder.keras_generator.name
            model.averaged.save(path)
            write_atomically(self.folder.keras_generator, path.read_bytes(), _GO_ON)

    # --- the end

    def report(self) -> None:
        """Write ``report.html``."""
        write_report(self.folder.path)

    def close(self) -> None:
        """Close the file of rows."""
        if self._rows is not None:
            self._rows.close()
            self._rows = None

    def _read_real(self, model: Any) -> None:
        if self._data is None or self._real is not None:
            return
        chosen = np.random.Generator(np.random.PCG64(SEED)).permutation(len(self._data))
        self._real = stored_images(np.asarray(self._data)[np.sort(chosen[: max(MEASURED, self.samples)])], model.shape)

    def _manifest(self, model: Any) -> RunManifest:
        recipe: Recipe = model.recipe
        given = None if self._data is None else np.asarray(self._data)
        players = {Player.GENERATOR: model.generator, Player.DISCRIMINATOR: model.discriminator}
        return RunManifest(
            version=version("steadygan"),
            name=self.folder.path.name,
            started=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            data=DataRecord(
                source=GIVEN_TO_FIT if given is None else f"{IN_MEMORY[0]}{given.dtype} {list(given.shape)}",
                kind="images",
                shape=tuple(model.shape),
                count=0 if given is None else len(given),
                labelled=bool(model.classes),
                fingerprint="",
            ),
            data_settings=DataSettings(),
            training=TrainingSettings(seed=int(model.seed or 0), precision=_precision(model)),
            networks={
                player: NetworkRecord(
                    name=CUSTOM if self._networks is None else recipe.network,
                    parameters=sum(math.prod(each.shape) for each in network.trainable_variables),
                )
                for player, network in players.items()
            },
            classes=int(model.classes or 0),
            held_out=0,
            keras_backend=BACKEND,
        )


def stored_images(images: Any, shape: Sequence[int]) -> Array:
    """Images as they are stored.

    Args:
        images: uint8 [N, H, W, C], or float [N, H, W, C] in [-1, 1].
        shape: (H, W, C) of what the GAN makes.

    Returns:
        uint8 [N, H, W, C].

    Raises:
        SteadyganError: when they have another shape.
    """
    given: Array = np.asarray(images)
    if given.ndim != 4 or given.shape[1:] != tuple(shape):
        raise SteadyganError(
            f"RunLogger was given data of the shape {list(given.shape)}, and the GAN makes images of the shape "
            f"{list(shape)}; give the images that fit() is given, [N, H, W, C]"
        )
    if given.dtype == np.uint8:
        return given
    stored: Array = unscale_images(torch.from_numpy(np.array(given, np.float32))).numpy()
    return stored


def _generated(model: Any, count: int, labels: Array | None) -> Array:
    return stored_images(model.generate(count, labels=labels, seed=SEED), model.shape)


def _rounded(value: float) -> float | None:
    return round(value, 6) if math.isfinite(value) else None


def _precision(model: Any) -> Any:
    return "bf16" if "bfloat16" in model.dtype_policy.name else "fp32"


def _environment(model: Any) -> dict[str, Any]:
    """What a run ran on, with Keras and its backend."""
    facts: dict[str, Any] = dict(environment(torch.device("cpu")))
    if BACKEND != "torch":
        del facts["threads"]  # those of PyTorch, which does not train here
    device = str(getattr(model.generator.variables[0].value, "device", "cpu"))
    library = {BACKEND: str(getattr(sys.modules.get(BACKEND), "__version__", "unknown"))}
    return {**facts, "keras": keras.version(), "backend": BACKEND, **library, "device": device} | {
        "precision": _precision(model)
    }
