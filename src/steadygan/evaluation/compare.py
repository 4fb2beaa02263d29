"""Evaluates samples against data: reads both, finds features, measures, and says what was found."""

import time
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from torch import nn

from steadygan.data import DataInput, DataSettings, Prepared, prepare
from steadygan.data.resolution import DEFAULT_SETTINGS
from steadygan.data.store import cache_folder, scratch_folder
from steadygan.data.toys import TOYS, Toy
from steadygan.errors import SteadyganError
from steadygan.evaluation.copies import with_nearest
from steadygan.evaluation.extraction import real_material, sample_material
from steadygan.evaluation.floors import kept_floor
from steadygan.evaluation.material import Material
from steadygan.evaluation.measuring import Findings, error_of, group, measurable, measure, measure_floor
from steadygan.evaluation.notes import notes_on
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
from steadygan.evaluation.suspects import write_suspects
from steadygan.features import Extractor, find_extractor
from steadygan.metrics import MEASURES, METRICS, Metric
from steadygan.metrics.catalogue import find_measure
from steadygan.runs.export import TrainedGenerator
from steadygan.runs.folder import write_atomically
from steadygan.runs.run import Run

FEATURES = "domain"
"""What samples are compared by where nobody says otherwise: it needs no network."""
SAMPLES = 10_000
"""How many samples are evaluated where nobody says otherwise."""


class Watcher:
    """Is told what an evaluation does at the moment; this one says nothing."""

    def begins(self, what: str) -> None:
        """A step begins."""

    def progress(self, done: int, total: int) -> None:
        """So much of the step is done."""


def evaluate(
    evaluated: Evaluated,
    against: DataInput | None = None,
    *,
    features: str | Path | nn.Module | Extractor = FEATURES,
    weights: Path | None = None,
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
    generator = find_generator(evaluated)
    named, settings = find_reference(against, generator), reference_settings(settings, generator)
    watcher.begins("preparing the real data")
    data = prepare(named, settings, cache=root, progress=watcher.progress)
    parts = split(data, generator)
    with scratch_folder(root) as scratch:
        samples = _samples(evaluated, generator, count, seed, data, settings, scratch, watcher)
        extractor = _extractor(features, weights, data, root, watcher)
        sets = _sets(samples, data, parts, extractor, root, watcher)
        figures, not_measured = _figures(metrics_wanted, sets, _Floor(root, data, extractor), watcher)
        if out is not None and data.kind == "images":
            watcher.begins("drawing the most suspicious pairs")
            write_suspects(sets.real, sets.fake, sets.held_out, out)
        found = Evaluation(
            samples=samples.name,
            against=data.source,
            kind=data.kind,
            shape=data.shape,
            count=len(sets.fake),
            reference=len(sets.real),
            held_out=len(sets.held_out),
            split=parts.sentence,
            features=extractor.name if extractor else "points",
            dimensions=sets.fake.dimensions,
            seed=seed,
            version=version("steadygan"),
            seconds=round(time.perf_counter() - started, 1),
            notes=(
                *samples.notes,
                *not_measured,
                *notes_on(figures, len(sets.fake), len(sets.held_out), sets.fake.dimensions),
            ),
            figures=tuple(figures),
        )
    if out is not None:
        write_atomically(out / JSON_FILE, found.to_json() + "\n", "evaluate again")
    return found


class _Sets(NamedTuple):
    """The reference, the held-out items and the samples."""

    real: Material
    held_out: Material
    fake: Material


class _Floor(NamedTuple):
    """Where figures of held-out items are kept, and whose they are."""

    root: Path
    data: Prepared
    extractor: Extractor | None

    @property
    def mixture(self) -> Toy | None:
        """The mixture that the data are drawn from, where that is known."""
        return TOYS.get(self.data.source)

    def of(self, metrics: Sequence[Metric], sets: _Sets) -> Findings:
        """The figures of the held-out items."""
        real, held_out, count = sets.real, sets.held_out, len(sets.fake)
        name = self.extractor.name if self.extractor and metrics[0].needs.of not in _FEATURES_OF else ""
        identity = (self.data.fingerprint, name, f"{len(real)} {len(held_out)} {min(count, len(held_out))}")
        by = (*identity, real.digest, held_out.digest, f"labels {held_out.labels is not None}")
        return kept_floor(metrics, self.root, by, lambda: measure_floor(metrics, real, held_out, count, self.mixture))


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
    features: str | Path | nn.Module | Extractor, weights: Path | None, data: Prepared, root: Path, watcher: Watcher
) -> Extractor | None:
    if data.kind != "images":
        return None
    if not isinstance(features, str | Path | nn.Module):
        return features
    watcher.begins("features (an encoder is trained once)")
    return find_extractor(features, data, root, weights=weights, progress=watcher.progress)


def _sets(
    samples: Samples, data: Prepared, parts: Split, extractor: Extractor | None, root: Path, watcher: Watcher
) -> _Sets:
    watcher.begins("features of the real data")
    real, held_out = real_material(data, parts, extractor, root)
    watcher.begins("features of the samples")
    fake = sample_material(samples, extractor, len(data.class_names))
    if extractor is not None:
        watcher.begins("nearest training images")
        held_out, fake = with_nearest(real, held_out, fake, root, data.fingerprint, extractor.name)
    if samples.labels is None:
        # classes of samples are what the features take them for, so those of real images are too
        real, held_out = real.without_labels(), held_out.without_labels()
    return _Sets(real, held_out, fake)


def _figures(metrics: Sequence[Metric], sets: _Sets, floor: _Floor, watcher: Watcher) -> tuple[list[Figure], list[str]]:
    """What was measured, and sentences about what could not be."""
    figures: list[Figure] = []
    refused: list[str] = []
    for some in group(measurable(metrics, sets.real, sets.fake, sets.held_out, floor.mixture)):
        watcher.begins(some[0].name.replace("_", " "))
        try:
            found = measure(some, sets.real, sets.fake, sets.held_out, floor.mixture)
        except SteadyganError as error:
            if some[0] not in MEASURES:
                raise
            refused.append(f"Not measured: {', '.join(each.name for each in some)} ({error})")
            continue
        try:
            floors = floor.of(some, sets)
        except SteadyganError:
            floors = {}  # too few held-out items for it
        figures += _as_figures(some, found, floors, floor.extractor)
    return figures, refused


def _as_figures(
    metrics: Sequence[Metric], found: Findings, floors: Findings, extractor: Extractor | None
) -> Iterator[Figure]:
    for metric in metrics:
        of = metric.needs.of
        for name in metric.names_in(found):
            value, least = found[name], floors.get(name)
            yield Figure(
                name=name,
                hint=metric.hint,
                value=value.estimate.value,
                error=error_of(value.estimate),
                floor=None if least is None else least.estimate.value,
                floor_error=None if least is None else error_of(least.estimate),
                lower_is_better=metric.lower_is_better,
                like_data=metric.like_data,
                features="points" if extractor is None else _FEATURES_OF.get(of, extractor.name),
                samples=value.measured,
                reference=value.reference,
                held_out=0 if least is None else least.measured,
            )


_FEATURES_OF = {"images": "pixels", "pixel distances": "pixels 16x16"}
