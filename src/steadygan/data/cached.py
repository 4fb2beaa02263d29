"""A source by way of the cache: what was prepared before is opened, anything else is read first."""

from pathlib import Path

from steadygan.data.reading import DataSource, Outcome, Progress
from steadygan.data.store import StoredData, Writer, key_of, load_or_build
from steadygan.settings import DataSettings


def read_cached(
    source: DataSource, settings: DataSettings, root: Path, workers: int, progress: Progress
) -> tuple[StoredData, bool]:
    """Opens the prepared content of a source, or prepares it.

    Args:
        source: what to read.
        settings: what the items become.
        root: the cache.
        workers: how many decoding processes.
        progress: called with the number of items done and of all.

    Returns:
        The content, and whether it was there already.

    Raises:
        SteadyganError: the source cannot be read, or the cache cannot be written.
    """

    def fill(writer: Writer) -> Outcome:
        return source.read(settings, writer, workers, progress)

    about = {"source": source.name, "settings": settings.model_dump()}
    return load_or_build(root, key_of(source.identity, settings.model_dump_json()), about, fill)
