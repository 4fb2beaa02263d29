"""The folder of a new run: the one that the user names, or the next free number, which is taken at once."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from steadygan.distributed import broadcast_string
from steadygan.errors import SteadyganError
from steadygan.runs.folder import RunFolder, write_errors_as_sentences
from steadygan.runs.lock import locked

LONGEST_NAME = 100
"""Characters in the name of a recipe after which a run folder is named."""


@contextmanager
def new_folder(out: str | Path | None, name: str, overwrite: bool) -> Iterator[RunFolder]:
    """Choose the folder of a new run, the same on all processes.

    Args:
        out: what the user asks for; None for the next number, ``runs/<name>-1``, ``runs/<name>-2``, ..., which no other
            training that starts at the same moment gets.
        name: of the recipe.
        overwrite: whether a run that is in ``out`` may be replaced.

    Yields:
        The folder. One that was made for the run is removed in the end if nothing was written to it.

    Raises:
        SteadyganError: on all processes, when the folder is occupied, another process trains there, or no folder can
            have this name.
    """
    made: list[Path] = []

    def choose() -> str:
        if out is not None:
            return str(_free(RunFolder(out), overwrite))
        path = next_folder(name)
        made.append(path)
        return str(path)

    try:
        yield RunFolder(broadcast_string("folder", choose))
    finally:
        for path in made:
            with suppress(OSError):  # it holds a run
                path.rmdir()
                path.parent.rmdir()


def _free(folder: RunFolder, overwrite: bool) -> Path:
    folder.refuse_occupied(overwrite)
    if folder.exists():
        with locked(folder):
            pass
    return folder.path


def next_folder(name: str) -> Path:
    """Make the first of ``runs/<name>-1``, ``runs/<name>-2``, ... that is not there.

    Args:
        name: of a recipe, which may come from a file and must not lead elsewhere.

    Raises:
        SteadyganError: when a folder cannot have this name, or cannot be made.
    """
    if not name or len(name) > LONGEST_NAME or not name.isprintable() or {*name} & {*"/\\:"}:
        raise SteadyganError(
            f"No run folder can be named after the recipe '{name[:LONGEST_NAME]}': change its name to letters and "
            "digits, or choose a folder with --out"
        )
    runs = Path("runs")
    with write_errors_as_sentences(runs):
        runs.mkdir(exist_ok=True)
        number = 1
        while True:
            path = runs / f"{name}-{number}"
            try:
                path.mkdir()
            except FileExistsError:
                number += 1
            else:
                return path
