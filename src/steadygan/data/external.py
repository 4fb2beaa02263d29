"""Finds data sources in other packages and in the user's own modules: functions that return arrays."""

import hashlib
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from steadygan.data.array_rows import classes_of, read_rows, rows_of
from steadygan.data.data_source import DataSource, Outcome, Progress, Sink
from steadygan.errors import SteadyganError
from steadygan.plugins import entry_point_names, is_reference, resolve
from steadygan.settings import DataSettings

GROUP = "steadygan.data"
"""The entry point group in which other packages declare data sources."""


def external_source(name: str) -> DataSource | None:
    """Finds a data source from outside the package.

    Args:
        name: the name of an entry point of the group ``steadygan.data``, or ``package.module:function``. It stands for
            a function without arguments that returns images, or images and labels, as arrays.

    Returns:
        The source, whose identity changes with the file that the function is in; None if the name has neither form.

    Raises:
        SteadyganError: when the name cannot be resolved, or stands for something that is not a function.
    """
    if not is_reference(name) and name not in entry_point_names(GROUP):
        return None
    function = resolve(name, GROUP)
    if not callable(function):
        raise SteadyganError(f"'{name}' is no data source; name a function that returns an array of images")

    def read(settings: DataSettings, sink: Sink, workers: int, progress: Progress) -> Outcome:
        images, labels = _called(function, name)
        classes = None if labels is None else classes_of(labels, len(images), f"'{name}'")
        return read_rows(rows_of(images), classes, f"'{name}'", settings, sink, progress)

    return DataSource(name, f"{name} {_version(function)}", read)


def _called(function: Callable[..., Any], name: str) -> tuple["np.ndarray[Any, Any]", "np.ndarray[Any, Any] | None"]:
    returned = function()
    images, labels = returned if isinstance(returned, tuple) and len(returned) == 2 else (returned, None)
    images, labels = np.asarray(images), None if labels is None else np.asarray(labels)
    if images.dtype.hasobject or images.ndim == 0:
        raise SteadyganError(
            f"The data source '{name}' returned {type(returned).__name__}; return an array of images [N, H, W] or "
            "[N, H, W, C], or a tuple of such an array and labels [N]"
        )
    return images, labels


def _version(function: Callable[..., Any]) -> str:
    """Hashes the file that a function is in, so that the data are prepared again when the file changes."""
    try:
        file = inspect.getsourcefile(inspect.unwrap(function))
    except TypeError:
        return ""
    return "" if file is None else hashlib.blake2b(Path(file).read_bytes(), digest_size=16).hexdigest()
