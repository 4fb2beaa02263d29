"""Reads a source through the cache: data that were prepared before are opened, other data are prepared first."""

from pathlib import Path

from steadygan.data.data_source import DataSource, Outcome, Progress
from steadygan.data.store import StoredData, Writer, cache_key, load_or_build
from steadygan.settings import DataSettings


def read_cached(
    source: DataSource, settings: DataSettings, root: Path, workers: int, progress: Progress
) -> tuple[StoredData, bool]:
    """Opens the prepared data of a source, or prepares them.

    Args:
        source: the source to read.
        settings: the resolution and channels of the prepared images.
        root: the folder of the cache.
        workers: how many decoding processes to use.
        progress: called with the number of items done and the number of all items.

    Returns:
        The data, and whether they were in the cache already.

    Raises:
        SteadyganError: when the source cannot be read, or the cache cannot be written.
    """

    def fill(writer: Writer) -> Outcome:
        return source.read(settings, writer, workers, progress)

    about = {"source": source.name, "settings": settings.model_dump()}
    return load_or_build(root, cache_key(source.identity, settings.model_dump_json()), about, fill)
