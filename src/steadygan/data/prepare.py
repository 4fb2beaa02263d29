"""The one function that turns what the user named into prepared data."""

import time
from pathlib import Path

from steadygan.data.cached import read_cached
from steadygan.data.pool import default_workers
from steadygan.data.prepared import Prepared
from steadygan.data.reading import Progress, no_progress
from steadygan.data.resolution import DEFAULT_SETTINGS
from steadygan.data.sources import Named, find_source
from steadygan.data.store import cache_folder
from steadygan.settings import DataSettings


def prepare(
    source: Named,
    settings: DataSettings = DEFAULT_SETTINGS,
    *,
    cache: Path | None = None,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Prepared:
    """Decodes, crops and resizes data once; afterwards it is opened in no time.

    Args:
        source: a folder of images (sub-folders are classes, images beside them are unlabelled), an ``.npz`` (items
            with a label of -1 are unlabelled) or ``.npy`` file, ``glyphs`` (or with a size and channels, such as
            ``glyphs:28x28x1``; the settings win), ``digits``, ``grid25``, ``ring8``, a data set of the Hugging Face hub
            or one saved to disk (again -1), ``stacked:`` before any of these that holds images, ``streamed:`` before a
            name of the hub (read as it arrives, not downloaded first), an array, a tensor, or data that is prepared
            already.
        settings: what the images become.
        cache: where prepared data is kept; None is ``$STEADYGAN_CACHE``, or ``~/.cache/steadygan``.
        progress: called now and then with the number of items done and of all.
        workers: how many decoding processes; None is one per core.

    Returns:
        The prepared data.

    Raises:
        SteadyganError: nothing usable is there, or it cannot be read, or the cache cannot be written.
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
    )


def _fits(prepared: Prepared, settings: DataSettings) -> bool:
    if prepared.kind == "vectors":
        return settings.resolution is None and settings.channels is None
    resolution, _, channels = prepared.shape
    return settings.resolution in (None, resolution) and settings.channels in (None, channels)
