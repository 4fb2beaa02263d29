"""The real data of an evaluation: a training split to compare with, and held-out items that set the floor."""

from dataclasses import dataclass

import numpy as np

from steadygan.amounts import things
from steadygan.arrays import Indices
from steadygan.data import IN_MEMORY, DataInput, DataSettings, Prepared, split_held_out
from steadygan.errors import SteadyganError
from steadygan.evaluation.samples import Generator
from steadygan.features import split_indices
from steadygan.feeding.loader import MOST_HELD_OUT
from steadygan.runs.stored import StoredRun

ORDER_SEED = 2014
MOST = 50_000
"""Items of the training split that samples are compared with: as many as the field takes, and enough."""


@dataclass(frozen=True, eq=False)
class Split:
    """Which items of the data are compared with, and which set the floor.

    Args:
        training: int64, in random order.
        held_out: int64, in random order, none of them in ``training``.
        sentence: how they were chosen.
    """

    training: Indices
    held_out: Indices
    sentence: str


def find_reference(against: DataInput | None, generator: Generator | None) -> DataInput:
    """The real data: those that are named, or those of the run.

    Args:
        against: what the user named.
        generator: what they evaluate, if it is a generator.

    Raises:
        SteadyganError: when they named none and the run's own cannot be found.
    """
    if against is not None:
        return against
    if generator is None or generator.stored is None:
        raise SteadyganError("Name the real data that the samples are to be compared with: --against DATA")
    record = generator.stored.manifest.data
    if record.source.startswith(IN_MEMORY):
        raise SteadyganError(
            f"'{generator.name}' was trained on data that only your program has ({record.source}); "
            "give them again as against="
        )
    try:
        return generator.stored.find_data()
    except SteadyganError:
        raise SteadyganError(
            f"The data of this run are no longer at '{record.location}'; name their new place: --against NEW_PLACE"
        ) from None


def reference_settings(given: DataSettings, generator: Generator | None) -> DataSettings:
    """How the real data are prepared: as they were for the training, at the size of the samples.

    Args:
        given: what the user asked for.
        generator: what they evaluate, if it is a generator.

    Raises:
        SteadyganError: when a generator makes images of another size, or not square ones.
    """
    if generator is None or len(generator.shape) != 3:
        return given
    height, width, channels = generator.shape
    if height != width:
        raise SteadyganError(f"The generator makes images of {height}x{width}; only square ones can be evaluated")
    if given.resolution not in (None, height) or given.channels not in (None, channels):
        raise SteadyganError(
            f"'{generator.name}' makes images of {height}x{width}x{channels}, at which they are evaluated; "
            "leave --resolution and --channels out"
        )
    base = given if generator.stored is None else generator.stored.manifest.data_settings
    return base.model_copy(update={"resolution": height, "channels": channels})


def split(data: Prepared, generator: Generator | None) -> Split:
    """Split real data; the same data are always split alike.

    A run that held items out of its training keeps to its own split.

    Args:
        data: the real data.
        generator: what is evaluated, if it is a generator.

    Raises:
        SteadyganError: when there are too few to split.
    """
    own = None if generator is None or generator.stored is None else _own_split(data, generator.stored)
    training, held_out = own or split_indices(len(data))  # the split that encoders of the data keep to
    if len(held_out) < 2 or len(training) < 2:
        raise SteadyganError(
            f"{things(len(data), 'real item is', 'real items are')} too few to hold some out as a floor; give more"
        )
    random = np.random.Generator(np.random.PCG64(ORDER_SEED))
    reference = random.permutation(training)[:MOST]
    kept = "" if len(reference) == len(training) else f"{len(reference):,} of the "
    who = "which this run was not trained on" if own else "drawn at random"
    if own is None and generator is not None and generator.stored is not None:
        who += ", which the run may have been trained on too"
    sentence = (
        f"reference: {kept}{things(len(training), data.kind[:-1])} of the training split; "
        f"floor: {things(len(held_out), data.kind[:-1])} held out of it, {who}"
    )
    return Split(reference, random.permutation(held_out), sentence)


def _own_split(data: Prepared, stored: StoredRun) -> tuple[Indices, Indices] | None:
    """The split of a run on these very data; None if it held nothing out."""
    manifest = stored.manifest
    if not manifest.held_out or manifest.data.fingerprint != data.fingerprint:
        return None
    labels = data.labels if manifest.classes else None
    share, seed = stored.recipe.held_out_share, manifest.training.seed
    training, held_out = split_held_out(len(data), labels, share, MOST_HELD_OUT, seed)
    return (training, held_out) if len(held_out) == manifest.held_out else None
