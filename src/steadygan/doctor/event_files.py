"""Event files of TensorBoard as rows."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from steadygan.errors import SteadyganError

STEP = "step"


def read_events(path: Path) -> list[dict[str, Any]]:
    """Read the scalars of an event file, or of all event files of one folder.

    Args:
        path: the file, or a folder that holds some; they may lie in one folder below it.

    Returns:
        A row for each step, with ``step`` and the scalars of that step by their tags.

    Raises:
        SteadyganError: when there are none, when they lie in several folders, or when TensorBoard's library is not
            installed.
    """
    if path.is_dir():
        path = _only_folder(path)
    if find_spec("tensorboard") is None:
        raise SteadyganError(
            f"'{path}' needs the library tensorboard to be read; install it with pip install 'steadygan[tensorboard]'"
        )
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

    events = EventAccumulator(str(path), size_guidance={"scalars": 0, "tensors": 0})
    events.Reload()
    rows: dict[int, dict[str, Any]] = {}
    for tag in events.Tags()["scalars"]:
        for event in events.Scalars(tag):
            rows.setdefault(event.step, {STEP: event.step})[tag] = float(event.value)
    for tag in events.Tags()["tensors"]:  # as TensorFlow writes scalars
        for event in events.Tensors(tag):
            value = make_ndarray(event.tensor_proto)
            if value.ndim == 0 and value.dtype.kind in "fiu":
                rows.setdefault(event.step, {STEP: event.step})[tag] = float(value)
    if not rows:
        raise SteadyganError(f"'{path}' holds no scalars; give the event files of a training that wrote its losses")
    return [rows[step] for step in sorted(rows)]


def _only_folder(path: Path) -> Path:
    folders = sorted({file.parent for file in path.rglob("*tfevents*") if file.is_file()})
    if not folders:
        raise SteadyganError(
            f"'{path}' is neither a run folder nor one with event files of TensorBoard; name the file of measurements"
        )
    if len(folders) > 1:
        shown = ", ".join(str(each) for each in folders[:4]) + (", ..." if len(folders) > 4 else "")
        raise SteadyganError(f"'{path}' holds event files of several trainings; name one of: {shown}")
    return folders[0]
