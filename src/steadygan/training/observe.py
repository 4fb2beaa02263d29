"""Observers of a run, such as the progress line and TensorBoard, which the loop calls."""

from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from PIL import Image

from steadygan.doctor.finding import Finding
from steadygan.errors import SteadyganError


class Observer(Protocol):
    """An object whose methods the loop calls while a run trains; one that lacks some of them is not told of those."""

    def begin(self, images_seen: int, seconds: float, fraction: float) -> None:
        """Called before the first step of a sitting; a run that is resumed begins where it stopped.

        A run that is rescued begins another sitting, after :meth:`close`, at an earlier state.
        """
        ...

    def tick(self, images_seen: int, seconds: float, fraction: float) -> None:
        """Called after every step."""
        ...

    def row(self, row: dict[str, Any]) -> None:
        """Called after every row of metrics."""
        ...

    def grid(self, images_seen: int, path: Path) -> None:
        """Called after every grid of samples."""
        ...

    def finding(self, message: str) -> None:
        """Called when something is wrong."""
        ...

    def diagnosis(self, finding: Finding) -> None:
        """Called when the doctor finds something, and again when it has ended.

        An observer without this method is told the finding's message by :meth:`finding` when it begins.
        """
        ...

    def note(self, message: str) -> None:
        """Called when there is something to say that is no warning, such as how far the budget will reach."""
        ...

    def conclusion(self, message: str, command: str) -> None:
        """Called when training has ended well or was stopped: what can be said of it, and a command to try next."""
        ...

    def close(self) -> None:
        """Called when the loop ends, even by an error."""
        ...


METHODS = ("begin", "tick", "row", "grid", "finding", "diagnosis", "note", "conclusion", "close")
"""Those that the loop calls."""


def check_observers(observers: Iterable[object]) -> None:
    """Refuse an observer that has none of the methods that the loop calls.

    Raises:
        SteadyganError: for the first of them.
    """
    for observer in observers:
        if not any(callable(getattr(observer, method, None)) for method in METHODS):
            raise SteadyganError(
                f"An observer is a {type(observer).__name__}, which has none of the methods {', '.join(METHODS)}; "
                "give it one of them, as in steadygan.training.observe.Observer"
            )


class Audience:
    """All observers of a run as one.

    Args:
        observers: objects with some of the methods of :class:`Observer`.
    """

    def __init__(self, observers: Iterable[object]) -> None:
        observers = tuple(observers)
        self._listening = {method: _methods(observers, method) for method in METHODS}
        plainer = [each for each in observers if not _methods([each], "diagnosis")]
        self._told_plainly = _methods(plainer, "finding")

    def begin(self, images_seen: int, seconds: float, fraction: float) -> None:
        """See :meth:`Observer.begin`."""
        self._tell("begin", images_seen, seconds, fraction)

    def tick(self, images_seen: int, seconds: float, fraction: float) -> None:
        """See :meth:`Observer.tick`."""
        self._tell("tick", images_seen, seconds, fraction)

    def row(self, row: dict[str, Any]) -> None:
        """See :meth:`Observer.row`."""
        self._tell("row", row)

    def grid(self, images_seen: int, path: Path) -> None:
        """See :meth:`Observer.grid`."""
        self._tell("grid", images_seen, path)

    def finding(self, message: str) -> None:
        """See :meth:`Observer.finding`."""
        self._tell("finding", message)

    def diagnosis(self, finding: Finding) -> None:
        """See :meth:`Observer.diagnosis`."""
        self._tell("diagnosis", finding)
        for tell in self._told_plainly if finding.ended_at is None else ():
            tell(finding.message)

    def note(self, message: str) -> None:
        """See :meth:`Observer.note`."""
        self._tell("note", message)

    def conclusion(self, message: str, command: str) -> None:
        """See :meth:`Observer.conclusion`."""
        self._tell("conclusion", message, command)

    def close(self) -> None:
        """See :meth:`Observer.close`."""
        self._tell("close")

    def _tell(self, method: str, *given: object) -> None:
        for listen in self._listening[method]:
            listen(*given)


def _methods(observers: Iterable[object], name: str) -> list[Callable[..., None]]:
    """The methods of this name of those that have it."""
    found = [getattr(each, name, None) for each in observers]
    return [method for method in found if callable(method)]


def require_tensorboard() -> None:
    """Check that TensorBoard is installed.

    Raises:
        SteadyganError: when its library is not installed.
    """
    if find_spec("tensorboard") is None:
        raise SteadyganError(
            "--tensorboard needs the library tensorboard; install it with pip install 'steadygan[tensorboard]'"
        )


class TensorBoard:
    """Writes rows and grids for TensorBoard.

    Args:
        folder: the folder for its event files.
        from_images: rows at or after this many images seen replace earlier ones.
    """

    def __init__(self, folder: Path, from_images: int) -> None:
        require_tensorboard()
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(folder), purge_step=from_images or None)

    def tick(self, images_seen: int, seconds: float, fraction: float) -> None:
        """Do nothing between rows."""

    def row(self, row: dict[str, Any]) -> None:
        """Write one scalar for each number."""
        for name, value in row.items():
            if isinstance(value, int | float) and name != "images":
                self._writer.add_scalar(name, value, row["images"])

    def grid(self, images_seen: int, path: Path) -> None:
        """Write the grid as an image."""
        import numpy as np

        pixels = np.asarray(Image.open(path).convert("RGB"))
        self._writer.add_image("samples", pixels, images_seen, dataformats="HWC")

    def finding(self, message: str) -> None:
        """Do nothing, because findings are written to findings.jsonl."""

    def diagnosis(self, finding: Finding) -> None:
        """Do nothing, as with findings."""

    def close(self) -> None:
        """Write what is left, and close the files."""
        self._writer.close()
