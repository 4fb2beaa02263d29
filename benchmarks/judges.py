"""Judges of samples, for the benchmarks: the package's own by one fixed protocol, and any program as a second opinion.

The package's own judge needs nothing that is not in the repository. It compares 10,000 samples with the training split
of the data in features of their domain, which an encoder of seed 0 learns from that split, and measures held-out images
in the place of samples as the floor. `steadygan evaluate RUN` does the same, and more. The encoder's name is part of
each result, and stands below each table: figures of encoders that differ do not compare.

A program is called as `EVALUATOR.py NAME SAMPLES.npz` and prints one JSON object.
"""

import json
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from steadygan.amounts import things
from steadygan.data import DataInput, DataSettings, prepare
from steadygan.data.store import cache_folder, scratch_folder
from steadygan.data.toys import TOYS
from steadygan.evaluation.extraction import real_material, sample_material
from steadygan.evaluation.measuring import Findings, group, measurable, measure, measure_floor
from steadygan.evaluation.reference import split
from steadygan.evaluation.samples import read_samples
from steadygan.features import find_extractor
from steadygan.metrics.catalogue import find_measure

FEATURES, SEED, SAMPLES = "domain", 0, 10_000
QUALITY = {
    "frechet_distance": "fid",
    "kernel_distance": "kid",
    "precision": "precision",
    "recall": "recall",
    "density": "density",
    "coverage": "coverage",
    "class_divergence": "class_kl",
}
"""What is measured of images, by the names of the package's measures, and what tables call it."""
MODES = {
    "mixture_modes": "modes",
    "mixture_high_quality": "high_quality",
    "mixture_reverse_kl": "reverse_kl",
    "mixture_spread": "spread_over_sigma",
    "modes": "modes",
    "reverse_kl": "reverse_kl",
}
"""What is measured where modes are counted: of points those of the mixture, of images the classes."""
COUNTS = ("samples", "of")
"""What a program says of its protocol and not of the samples."""
DECIMALS = {"kid": 3, "class_kl": 3}
"""Decimals of figures that are not given with two."""
LARGE = 100
"""From here on figures have no decimals."""

Figures = dict[str, float]
"""By the names of columns."""


class Judge(Protocol):
    """Measures samples."""

    @property
    def name(self) -> str:
        """The exact protocol, with all that figures depend on but the samples."""
        ...

    @property
    def title(self) -> str:
        """What stands before the names of its columns; empty for the package's own judge."""
        ...

    def figures(self, samples: Path, count: int) -> Figures:
        """Measure samples.

        Args:
            samples: an ``.npz`` file.
            count: how many are measured, of more that are there.
        """
        ...

    def floor(self, count: int) -> Figures:
        """The figures of held-out real items in the place of so many samples; none where it knows of none."""
        ...

    def caption(self, count: int) -> str:
        """What a reader of a table has to know of its figures of so many samples."""
        ...


class DomainJudge:
    """The package's own judge.

    Args:
        data: what ``steadygan train`` takes: what samples are compared with.
        settings: how they are prepared, as for the training.
        wanted: the names of measures, and of their columns; those that the data have no use for are left out.
        cache: where prepared data and their features are kept; the package's own folder when None.

    Attributes:
        name: the name of the features, such as ``domain-1-labels-3f9c2a81``; ``points`` for vectors.
        title: empty.
    """

    title = ""

    def __init__(
        self,
        data: DataInput,
        settings: DataSettings | None = None,
        wanted: Mapping[str, str] = QUALITY,
        cache: Path | None = None,
    ) -> None:
        self._root, self._settings, self._wanted = cache_folder(cache), settings or DataSettings(), wanted
        self._data = prepare(data, self._settings, cache=self._root)
        images = self._data.kind == "images"
        self._extractor = find_extractor(FEATURES, self._data, self._root, seed=SEED) if images else None
        self.name = self._extractor.name if self._extractor else "points"
        self._real, self._held_out = real_material(self._data, split(self._data, None), self._extractor, self._root)
        self._mixture = TOYS.get(self._data.source)

    def figures(self, samples: Path, count: int = SAMPLES) -> Figures:
        """See :meth:`Judge.figures`; samples of another size are brought to that of the data."""
        settings = self._settings
        if self._data.kind == "images":
            size, _, channels = self._data.shape
            settings = settings.model_copy(update={"resolution": size, "channels": channels})
        with scratch_folder(self._root) as scratch:
            found = read_samples(samples, count, SEED, self._data, settings, scratch)
        fake = sample_material(found, self._extractor, len(self._data.class_names))
        real, held_out, mixture = self._real, self._held_out, self._mixture
        metrics = measurable(map(find_measure, self._wanted), real, fake, held_out, mixture)
        return self._columns(measure(some, real, fake, held_out, mixture) for some in group(metrics))

    def floor(self, count: int = SAMPLES) -> Figures:
        """See :meth:`Judge.floor`."""
        real, held_out, mixture = self._real, self._held_out, self._mixture
        metrics = measurable(map(find_measure, self._wanted), real, held_out, held_out, mixture)
        return self._columns(measure_floor(some, real, held_out, count, mixture) for some in group(metrics))

    def caption(self, count: int = SAMPLES) -> str:
        """See :meth:`Judge.caption`."""
        item, fewer = self._data.kind[:-1], min(count, len(self._held_out))
        if self._extractor is None:
            return f"Figures are of {things(count, 'sample')}; the floor is that of {things(fewer, item)} of the data."
        return (
            f"Figures are by `{self.name}`, of {things(count, 'sample')} against {things(len(self._real), item)} of "
            f"the training split; the floor is that of {things(fewer, item)} held out from it."
        )

    def _columns(self, found: Iterable[Findings]) -> Figures:
        values = {name: one.estimate.value for some in found for name, one in some.items()}
        return {column: values[name] for name, column in self._wanted.items() if name in values}


class Program:
    """A program outside of the package, as a second opinion.

    Args:
        path: it is called as ``PATH DATA SAMPLES.npz`` and prints one JSON object.
        data: what it calls the data.

    Attributes:
        name: that of the program and of the data.
        title: the name of the program.
    """

    def __init__(self, path: str | Path, data: str) -> None:
        self._path, self._data = Path(path), data
        self.title = self._path.stem
        self.name = f"{self.title} {data}"

    def figures(self, samples: Path, count: int = SAMPLES) -> Figures:
        """See :meth:`Judge.figures`; it takes all samples of the file."""
        call = [sys.executable, str(self._path), self._data, str(samples)]
        answer = subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True)
        found = json.loads(answer.stdout)
        return {name: each for name, each in found.items() if isinstance(each, int | float) and name not in COUNTS}

    def floor(self, count: int = SAMPLES) -> Figures:
        """It knows of none."""
        return {}

    def caption(self, count: int = SAMPLES) -> str:
        """See :meth:`Judge.caption`."""
        return f"Columns that begin with {self.title} are a second opinion, of the program of that name."


def add_options(parser: ArgumentParser, samples: int = SAMPLES) -> None:
    """Add the options that :func:`judges_of` reads.

    Args:
        parser: of the benchmark.
        samples: how many are judged unless the user says otherwise.
    """
    parser.add_argument("--data", required=True, help="what steadygan train takes; samples are compared with them too")
    parser.add_argument("--evaluator", help="a program that is asked for a second opinion")
    parser.add_argument("--name", help="what that program calls the data, and runs are called by; their own when None")
    parser.add_argument("--samples", type=int, default=samples, help="how many are judged of each run")


def judges_of(
    arguments: Namespace, settings: DataSettings | None = None, wanted: Mapping[str, str] = QUALITY
) -> list[Judge]:
    """The package's own judge first, then the program, if there is one; it also gives the data a name that has none.

    Args:
        arguments: with the options of :func:`add_options`.
        settings: how the data are prepared.
        wanted: as for :class:`DomainJudge`.
    """
    arguments.name = arguments.name or Path(arguments.data).stem.replace(":", "-")
    judges: list[Judge] = [DomainJudge(arguments.data, settings, wanted)]
    return [*judges, Program(arguments.evaluator, arguments.name)] if arguments.evaluator else judges


def side_by_side(judges: Iterable[Judge], figures: Iterable[Figures]) -> Figures:
    """The figures of several judges by columns, which have unlike names: all but the first judge's begin with a title.

    Args:
        judges: whose they are.
        figures: of each judge.
    """
    return {
        column(judge, name): each for judge, found in zip(judges, figures, strict=True) for name, each in found.items()
    }


def column(judge: Judge, name: str) -> str:
    """The name of a column of a judge."""
    return f"{judge.title} {name}".strip()


def cell(column: str, value: float) -> str:
    """A figure with as many decimals as its column and its size ask for."""
    return f"{value:.{0 if abs(value) >= LARGE else DECIMALS.get(column.split()[-1], 2)}f}"
