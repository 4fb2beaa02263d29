"""Evaluates samples against data: reads both, finds features, measures, and says what was found."""

import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import torch
from torch import nn

from steadygan.data import DataInput, DataSettings, Prepared, prepare
from steadygan.data.resolution import DEFAULT_SETTINGS
from steadygan.data.store import cache_folder, scratch_folder
from steadygan.devices import process_device
from steadygan.distributed import is_main_process, local_main_process_first
from steadygan.evaluation.extraction import real_material, sample_material
from steadygan.evaluation.figures import Floor, Sets, measured_figures
from steadygan.evaluation.notes import notes_on
from steadygan.evaluation.processes import by_main_process, refuse_unlike
from steadygan.evaluation.reference import Split, find_reference, reference_settings, split
from steadygan.evaluation.result import JSON_FILE, Evaluation, Figure
from steadygan.evaluation.samples import (
    Evaluated,
    Generator,
    Samples,
    find_generator,
    make_samples,
    read_samples,
    refuse_few,
)
from steadygan.evaluation.watcher import Watcher
from steadygan.features import Extractor, find_extractor
from steadygan.metrics import MEASURES, METRICS
from steadygan.metrics.catalogue import find_measure
from steadygan.runs.export import TrainedGenerator
from steadygan.runs.folder import write_atomically
from steadygan.runs.run import Run

FEATURES = "domain"
"""What samples are compared by where nobody says otherwise: it needs no network."""
SAMPLES = 10_000
"""How many samples are evaluated where nobody says otherwise."""


def evaluate(
    evaluated: Evaluated,
    against: DataInput | None = None,
    *,
    features: str | Path | nn.Module | Extractor = FEATURES,
    weights: Path | None = None,
    device: str = "auto",
    count: int = SAMPLES,
    seed: int = 0,
    settings: DataSettings = DEFAULT_SETTINGS,
    metrics: Sequence[str] = (),
    out: Path | None = None,
    cache: Path | None = None,
    watcher: Watcher | None = None,
) -> Evaluation:
    """Evaluate samples; see :func:`steadygan.evaluate`.

    Args:
        evaluated: a run, a generator, or anything that data can be named by.
        against: the real data; those of the run when None.
        features: the name of an extractor, the path of one, a module, or an extractor.
        weights: where the weights of a known extractor are.
        device: where a generator that is loaded, and the extractor, run.
        count: how many samples.
        seed: of the samples.
        settings: how the real data are prepared, where no generator says so.
        metrics: names of further metrics.
        out: a folder for the figures and for pictures of suspicious pairs.
        cache: the folder in which prepared data and features are kept.
        watcher: is told what happens.
    """
    started, watcher, root = time.perf_counter(), watcher or Watcher(), cache_folder(cache)
    refuse_few(count, "sample")
    metrics_wanted = [*MEASURES, *METRICS, *(find_measure(name) for name in metrics)]
    place = process_device(device)
    generator = find_generator(evaluated, place)
    named, settings = find_reference(against, generator), reference_settings(settings, generator)
    watcher.begins("preparing the real data")
    data = local_main_process_first(
        "real data", lambda: prepare(named, settings, cache=root, progress=watcher.progress)
    )
    refuse_unlike("data", data.fingerprint)
    parts = split(data, generator)
    with scratch_folder(root) as scratch:
        samples = _samples(evaluated, generator, count, seed, data, settings, scratch, watcher)
        extractor = local_main_process_first(
            "features", lambda: _extractor(features, weights, data, root, place, watcher)
        )
        refuse_unlike("features", extractor.name if extractor else "")
        sets = _extracted(samples, data, parts, extractor, root, watcher)

        def measured() -> Evaluation:
            found = measured_figures(metrics_wanted, sets, Floor(root, data, extractor), out, watcher)
            return _as_evaluation(found, sets, samples, parts, data, extractor, seed, started)

        found = by_main_process(measured)
    if out is not None and is_main_process():
        write_atomically(out / JSON_FILE, found.to_json() + "\n", "evaluate again")
    return found


def _samples(
    evaluated: Evaluated,
    generator: Generator | None,
    count: int,
    seed: int,
    data: Prepared,
    settings: DataSettings,
    scratch: Path,
    watcher: Watcher,
) -> Samples:
    if generator is not None:
        watcher.begins("making samples")
        return make_samples(generator, count, seed, data, scratch, watcher.progress)
    watcher.begins("reading samples")
    if data.kind == "images":
        settings = settings.model_copy(update={"resolution": data.shape[0], "channels": data.shape[2]})
    assert not isinstance(evaluated, Run | TrainedGenerator | Generator)  # these are generators
    samples = read_samples(evaluated, count, seed, data, settings, scratch)
    refuse_few(len(samples.items), "sample")
    return samples


def _extractor(
    features: str | Path | nn.Module | Extractor,
    weights: Path | None,
    data: Prepared,
    root: Path,
    device: torch.device,
    watcher: Watcher,
) -> Extractor | None:
    if data.kind != "images":
        return None
    if not isinstance(features, str | Path | nn.Module):
        return features
    watcher.begins("features (an encoder is trained once)")
    return find_extractor(features, data, root, weights=weights, progress=watcher.progress, device=device)


def _extracted(
    samples: Samples, data: Prepared, parts: Split, extractor: Extractor | None, root: Path, watcher: Watcher
) -> Sets:
    """All that several processes find together."""
    watcher.begins("features of the real data")
    real, held_out = real_material(data, parts, extractor, root, shared=True)
    watcher.begins("features of the samples")
    return Sets(real, held_out, sample_material(samples, extractor, len(data.class_names)))


def _as_evaluation(
    found: tuple[list[Figure], list[str]],
    sets: Sets,
    samples: Samples,
    parts: Split,
    data: Prepared,
    extractor: Extractor | None,
    seed: int,
    started: float,
) -> Evaluation:
    figures, not_measured = found
    count, held_out, dimensions = len(sets.fake), len(sets.held_out), sets.fake.dimensions
    return Evaluation(
        samples=samples.name,
        against=data.source,
        kind=data.kind,
        shape=data.shape,
        count=count,
        reference=len(sets.real),
        held_out=held_out,
        split=parts.sentence,
        features=extractor.name if extractor else "points",
        dimensions=dimensions,
        seed=seed,
        version=version("steadygan"),
        seconds=round(time.perf_counter() - started, 1),
        notes=(*samples.notes, *not_measured, *notes_on(figures, count, held_out, dimensions)),
        figures=tuple(figures),
    )
