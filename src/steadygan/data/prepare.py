"""The one function that turns what the user named into prepared data."""

import time
from pathlib import Path

from steadygan.data.pool import default_workers
from steadygan.data.prepared import Prepared
from steadygan.data.reading import Outcome, Progress, no_progress
from steadygan.data.settings import DEFAULT_SETTINGS, DataSettings
from steadygan.data.sources import Named, find_source
from steadygan.data.store import Writer, cache_folder, key_of, load_or_build


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
        source: a folder of images (sub-folders are classes), an ``.npz`` or ``.npy`` file, ``digits``, a data set of
            the Hugging Face hub or one saved to disk, an array, a tensor, or data that is prepared already.
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
    found = find_source(source)
    key = key_of(found.identity, settings.model_dump_json())

    def fill(writer: Writer) -> Outcome:
        return found.read(settings, writer, workers or default_workers(), progress or no_progress)

    about = {"source": found.name, "settings": settings.model_dump()}
    stored, from_cache = load_or_build(cache_folder(cache), key, about, fill)
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
