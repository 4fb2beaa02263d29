"""The figures of an evaluation: every metric of the samples, and of held-out items in their place."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from steadygan.data import Prepared
from steadygan.data.toys import TOYS, Toy
from steadygan.errors import SteadyganError
from steadygan.evaluation.copies import with_nearest
from steadygan.evaluation.floors import kept_floor
from steadygan.evaluation.material import Material
from steadygan.evaluation.measuring import Findings, error_of, group, measurable, measure, measure_floor
from steadygan.evaluation.result import Figure
from steadygan.evaluation.suspects import write_suspects
from steadygan.evaluation.watcher import Watcher
from steadygan.features import Extractor
from steadygan.metrics import MEASURES, Metric


class Sets(NamedTuple):
    """The reference, the held-out items and the samples."""

    real: Material
    held_out: Material
    fake: Material


class Floor(NamedTuple):
    """Where figures of held-out items are kept, and whose they are."""

    root: Path
    data: Prepared
    extractor: Extractor | None

    @property
    def mixture(self) -> Toy | None:
        """The mixture that the data are drawn from, where that is known."""
        return TOYS.get(self.data.source)

    def of(self, metrics: Sequence[Metric], sets: Sets) -> Findings:
        """The figures of the held-out items."""
        real, held_out, count = sets.real, sets.held_out, len(sets.fake)
        name = self.extractor.name if self.extractor and metrics[0].needs.of not in _FEATURES_OF else ""
        identity = (self.data.fingerprint, name, f"{len(real)} {len(held_out)} {min(count, len(held_out))}")
        by = (*identity, real.digest, held_out.digest, f"labels {held_out.labels is not None}")
        return kept_floor(metrics, self.root, by, lambda: measure_floor(metrics, real, held_out, count, self.mixture))


def measured_figures(
    metrics: Sequence[Metric], sets: Sets, floor: Floor, out: Path | None, watcher: Watcher
) -> tuple[list[Figure], list[str]]:
    """Figures, and sentences about what could not be measured; pictures are in the folder."""
    real, held_out, fake = sets
    if floor.extractor is not None:
        watcher.begins("nearest training images")
        held_out, fake = with_nearest(real, held_out, fake, floor.root, floor.data.fingerprint, floor.extractor.name)
    if fake.labels is None:
        # classes of samples are what the features take them for, so those of real images are too
        real, held_out = real.without_labels(), held_out.without_labels()
    found = _figures(metrics, Sets(real, held_out, fake), floor, watcher)
    if out is not None and real.is_images:
        watcher.begins("drawing the most suspicious pairs")
        write_suspects(real, fake, held_out, out)
    return found


def _figures(metrics: Sequence[Metric], sets: Sets, floor: Floor, watcher: Watcher) -> tuple[list[Figure], list[str]]:
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
