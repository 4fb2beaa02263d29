"""What the command line frees on the disk: checkpoints of runs that need not go on, and the cache of prepared data."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from steadygan.amounts import things
from steadygan.data.cache_removal import cached_files, remove_cached_files
from steadygan.data.store import cache_folder
from steadygan.errors import SteadyganError
from steadygan.runs.folder import RunFolder
from steadygan.runs.lock import locked

_UNITS = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def clean(runs: Sequence[Path], cache: bool, remove: bool) -> str:
    """Remove the checkpoints of runs, or the cache of prepared data, or only say what that would free.

    Generators, samples, metrics and reports stay. Nothing is removed if one of the folders is refused.

    Args:
        runs: their folders.
        cache: whether the cache of prepared data is meant too.
        remove: whether to remove anything.

    Returns:
        What was found and what became of it, in lines.

    Raises:
        SteadyganError: when nothing is named; when a folder holds no run, a run without a generator, or one that trains
            at the moment; when something cannot be removed.
    """
    if not runs and not cache:
        raise SteadyganError("Nothing is named to clean; give run folders, or --cache for the cache of prepared data")
    try:
        return _clean(runs, cache, remove)
    except OSError as error:
        where = f" '{error.filename}'" if error.filename else ""
        raise SteadyganError(f"Cannot clean{where}: {error.strerror or error}; make the folder writable") from error


def _clean(runs: Sequence[Path], cache: bool, remove: bool) -> str:
    folders = [_checked(RunFolder(path)) for path in runs]
    root = cache_folder(None) if cache else None
    before = _size(_all_files(folders, root))
    lines = [_run_line(folder) for folder in folders]
    lines += [_cache_line(root)] if root else []
    if before == 0:
        return "\n".join([*lines, "nothing to free"])
    if not remove:
        return "\n".join([*lines, f"would free {size_text(before)}; run again with --yes"])
    for folder in folders:
        _remove_checkpoints(folder)
    lines += _remove_cache(root) if root else []
    return "\n".join([*lines, f"freed {size_text(before - _size(_all_files(folders, root)))}"])


def size_text(count: int) -> str:
    """A number of bytes as a person reads it, such as ``376 MB`` or ``2.4 GB``."""
    factor, unit = next(((factor, unit) for factor, unit in _UNITS if count >= factor), (1.0, "bytes"))
    amount = count / factor
    return f"{amount:.1f} {unit}" if factor > 1 and amount < 9.95 else f"{amount:.0f} {unit}"


def _checked(folder: RunFolder) -> RunFolder:
    """The folder of a run that can do without its checkpoints."""
    folder.require()
    if folder.checkpoint_files():
        folder.require_generator()  # otherwise the checkpoints are all that is left of the training
    with locked(folder, otherwise=""):
        return folder


def _all_files(folders: Iterable[RunFolder], root: Path | None) -> Iterator[Path]:
    for folder in folders:
        yield from folder.checkpoint_files()
    for files in (cached_files(root) if root else {}).values():
        yield from files


def _size(files: Iterable[Path]) -> int:
    """Bytes that files take, those with several names once."""
    sizes: dict[tuple[int, int], int] = {}
    for path in files:
        with suppress(FileNotFoundError):  # another process may have removed it meanwhile
            found = path.lstat()
            sizes[found.st_dev, found.st_ino] = found.st_size
    return sum(sizes.values())


def _run_line(folder: RunFolder) -> str:
    files = folder.checkpoint_files()
    if not files:
        return f"{folder.path}: no checkpoints"
    return (
        f"{folder.path}: {things(len(files), 'checkpoint')}, {size_text(_size(files))}; "
        "without them the run cannot be resumed, its generator, samples and report stay"
    )


def _cache_line(root: Path) -> str:
    found = cached_files(root)
    if not found:
        return f"{root}: no prepared data"
    size = _size(path for files in found.values() for path in files)
    return (
        f"{root}: {things(len(found), 'prepared data set')}, {size_text(size)}; what is needed again is prepared again"
    )


def _remove_checkpoints(folder: RunFolder) -> None:
    with locked(folder, otherwise=""):
        # the newest, from which a run goes on, last: whoever breaks this off can still resume
        for path in sorted(folder.checkpoint_files(), key=lambda path: path.name[:1].isdigit()):
            path.unlink(missing_ok=True)


def _remove_cache(root: Path) -> list[str]:
    left = remove_cached_files(root)
    return [f"left because another process prepares data there: {folder}" for folder in left]
