"""What is evaluated: samples of a generator, or items that someone else made, in the form of the reference."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from steadygan.amounts import things
from steadygan.arrays import Array, Indices
from steadygan.data import DataInput, Prepared, prepare
from steadygan.data.data_source import no_progress
from steadygan.distributed import all_gather, rank, world_size
from steadygan.errors import SteadyganError
from steadygan.feeding.prefetch import RowReader
from steadygan.runs.export import TrainedGenerator, load_generator
from steadygan.runs.folder import RunFolder, write_errors_as_sentences
from steadygan.runs.run import Run
from steadygan.runs.stored import StoredRun, read_stored_run
from steadygan.settings import DataSettings

FEWEST = 20
"""Samples below which nothing is measured."""
_MADE_AT_ONCE = 256
"""Samples that a process makes of one seed: the same ones however many processes there are."""


@dataclass(frozen=True, eq=False)
class Samples:
    """What is evaluated.

    Args:
        items: uint8 [N, H, W, C], or for vectors float32 [N, D]; in random order.
        labels: int64 [N], indices into the class names of the reference; None where they are not known.
        name: as the user knows them.
        notes: sentences about what was left out.
    """

    items: Array
    labels: Indices | None
    name: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Generator:
    """A generator whose samples are evaluated.

    Args:
        made_with: it.
        name: as the user knows it.
        stored: the run that trained it; None for a generator alone.
    """

    made_with: TrainedGenerator
    name: str
    stored: StoredRun | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one sample: (H, W, C), or (D,) for vectors."""
        return self.made_with.config.shape


Evaluated = Run | TrainedGenerator | Generator | DataInput
"""Everything that can be evaluated."""


def find_generator(evaluated: Evaluated, device: torch.device | None = None) -> Generator | None:
    """The generator that is meant; None if the samples are there already.

    Args:
        evaluated: what the user named.
        device: where a generator of a folder is to run; the CPU when None. One that is given stays where it is.

    Raises:
        SteadyganError: when a run folder has no generator, or one that cannot be rebuilt.
    """
    if isinstance(evaluated, Generator):
        return evaluated
    if isinstance(evaluated, TrainedGenerator):
        return Generator(evaluated, "a generator")
    if isinstance(evaluated, Run):
        return Generator(evaluated.generator, str(evaluated.path), _stored(evaluated.folder))
    if not isinstance(evaluated, str | Path):
        return None
    folder = RunFolder(evaluated)
    if not (folder.exists() or folder.generator_config.is_file()):
        return None
    return Generator(load_generator(folder, device), str(evaluated), _stored(folder))


def _stored(folder: RunFolder) -> StoredRun | None:
    """The run that a generator is of: the one in its folder, or the one whose best generator lies there."""
    run = RunFolder(folder.path.resolve().parent)
    if not folder.exists() and run.best.path == folder.path.resolve():
        folder = run
    return read_stored_run(folder) if folder.exists() else None


def make_samples(
    generator: Generator, count: int, seed: int, reference: Prepared, scratch: Path, progress: object = None
) -> Samples:
    """Let a generator make samples; several processes share the work, and all of them call this and have all samples.

    Args:
        generator: of items like those of the reference.
        count: how many.
        seed: of latents and classes.
        reference: the real data.
        scratch: a folder for a file with the samples, which may take more memory than there is.
        progress: called with the number of samples made and of all.

    Raises:
        SteadyganError: when the disk is full.
    """
    made_with, report = generator.made_with, progress if callable(progress) else no_progress
    latents, labels = made_with.latents(count, seed), made_with.labels(count, seed)
    dtype = np.uint8 if len(generator.shape) == 3 else np.float32
    path = scratch / "samples.npy"
    with write_errors_as_sentences(path, "evaluate again"):
        items = np.lib.format.open_memmap(path, "w+", dtype, (count, *generator.shape))
        at_once = _MADE_AT_ONCE * world_size()
        for low in range(0, count, at_once):
            high = min(low + at_once, count)
            own = slice(low + rank() * _MADE_AT_ONCE, min(low + (rank() + 1) * _MADE_AT_ONCE, high))
            made = torch.zeros(_MADE_AT_ONCE, *generator.shape, dtype=torch.from_numpy(items[:0]).dtype)
            if own.start < own.stop:
                of = None if labels is None else labels[own]
                made[: own.stop - own.start] = made_with.images(latents[own], seed + own.start, of)
            items[low:high] = all_gather(made)[: high - low].numpy()
            report(high, count)
        items.flush()
    _refuse_unfinite(items, generator.name)
    names = made_with.config.class_names
    known = None if labels is None else _by_names(labels.numpy(), names, reference.class_names)
    return Samples(items, known, generator.name)


def read_samples(
    source: DataInput, count: int, seed: int, reference: Prepared, settings: DataSettings, scratch: Path
) -> Samples:
    """Read samples that someone else made, brought to the resolution and channels of the reference.

    Args:
        source: a folder, an array file, an array, or anything else that data can be named by.
        count: how many at most; if there are more, they are drawn at random.
        seed: of which ones are drawn, and of their order.
        reference: the real data.
        settings: how the reference was prepared.
        scratch: a folder for the prepared samples.

    Raises:
        SteadyganError: when there are none, too few, or of another kind than the reference.
    """
    found = prepare(source, settings if reference.kind == "images" else DataSettings(), cache=scratch)
    if found.kind != reference.kind or (found.kind == "vectors" and found.shape != reference.shape):
        shapes = (f"{each.kind} of {'x'.join(map(str, each.shape))}" for each in (found, reference))
        raise SteadyganError("The samples are {} and the real data are {}; compare like with like".format(*shapes))
    chosen = np.random.Generator(np.random.PCG64(seed)).permutation(len(found))[:count]
    order = np.argsort(chosen)
    items = np.empty((len(chosen), *found.shape), found.images.dtype)
    items[order] = RowReader(found.images).read(chosen[order])
    _refuse_unfinite(items, found.source)
    labels = None if found.labels is None else _by_names(found.labels, found.class_names, reference.class_names)
    left_out = things(len(found.skipped), "file is", "files are")
    notes = (f"{left_out} not among the samples: {found.skipped[0].reason}",) if found.skipped else ()
    return Samples(items, None if labels is None else labels[chosen], found.source, notes)


def refuse_few(count: int, what: str) -> None:
    """Refuse numbers of items of which nothing can be said.

    Raises:
        SteadyganError: when there are fewer than :data:`FEWEST`.
    """
    if count < FEWEST:
        raise SteadyganError(f"{things(count, what)} cannot be evaluated; give at least {FEWEST}, better 10,000")


def _by_names(labels: Indices, names: tuple[str, ...], wanted: tuple[str, ...]) -> Indices | None:
    """Labels as indices into other names of the same classes; None if a label has no such name."""
    places = np.asarray([wanted.index(name) if name in wanted else -1 for name in names], np.int64)
    found = np.where(labels >= 0, places[labels], -1) if len(places) else labels - labels - 1
    return None if (found < 0).any() else found


def _refuse_unfinite(items: Array, name: str) -> None:
    if items.dtype == np.float32 and not np.isfinite(items).all():
        raise SteadyganError(f"Samples of '{name}' are not finite: the training has diverged; train anew")


def as_tensor(items: Array) -> torch.Tensor:
    """Items as a tensor that shares their memory; nobody writes to it."""
    return torch.from_numpy(items if items.flags.writeable else np.array(items))
