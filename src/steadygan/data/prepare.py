"""The function that turns a path, a name or an array into prepared data."""

import time
from pathlib import Path

from steadygan.data.cached import read_cached
from steadygan.data.data_source import Progress, no_progress
from steadygan.data.decoder_pool import default_workers
from steadygan.data.prepared import Prepared
from steadygan.data.resolution import DEFAULT_SETTINGS
from steadygan.data.sources import DataInput, find_source
from steadygan.data.store import cache_folder
from steadygan.settings import DataSettings


def prepare(
    source: DataInput,
    settings: DataSettings = DEFAULT_SETTINGS,
    *,
    cache: Path | None = None,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Prepared:
    """Decodes, crops and resizes data once; later calls open the result from the cache.

    Args:
        source: one of the following. A folder of images, whose sub-folders are classes, and in which images beside
            these are unlabelled; an ``.npz`` or ``.npy`` file; ``glyphs``, possibly with a size and channels as in
            ``glyphs:28x28x1``, which the settings override; ``digits``, ``grid25`` or ``ring8``; a data set of the
            Hugging Face hub, or one that was saved to disk; ``stacked:`` followed by any of these with images;
            ``streamed:`` followed by the name of a data set on the hub, which is then read as it arrives instead of
            being downloaded first; an array, a tensor, or a torch ``Dataset`` or ``DataLoader`` with a length, alone or
            in a pair with labels; prepared data. A label of -1 means that an item is unlabelled.
        settings: the resolution and channels of the prepared images.
        cache: the folder in which prepared data are kept; ``$STEADYGAN_CACHE`` or ``~/.cache/steadygan`` when None.
        progress: called now and then with the number of items done and the number of all items.
        workers: how many decoding processes to use; one for each core when None.

    Returns:
        The prepared data.

    Raises:
        SteadyganError: when the data cannot be found or read, contain nothing usable, or the cache cannot be written.
    """
    started = time.perf_counter()
    if isinstance(source, Prepared) and _fits(source, settings):
        return source
    root = cache_folder(cache)
    found = find_source(source, root)
    stored, from_cache = read_cached(found, settings, root, workers or default_workers(), progress or no_progress)
    return Prepared(
        images=stored.images,
        labels=stored.labels,
        class_names=stored.class_names,
        skipped=stored.skipped,
        source=found.name,
        fingerprint=stored.fingerprint,
        seconds=time.perf_counter() - started,
        from_cache=from_cache,
        notes=stored.notes,
        single_colour=stored.single_colour,
    )


def _fits(prepared: Prepared, settings: DataSettings) -> bool:
    if prepared.kind == "vectors":
        return settings.resolution is None and settings.channels is None
    resolution, _, channels = prepared.shape
    return settings.resolution in (None, resolution) and settings.channels in (None, channels)
