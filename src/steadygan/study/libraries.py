"""The libraries that a study needs besides those of the package, which are the extra ``study``."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from steadygan.errors import SteadyganError

NEEDED = ("ray", "optuna", "pandas", "pyarrow", "scipy")


def require_libraries() -> None:
    """Check that the libraries are installed, before anything takes time.

    Raises:
        SteadyganError: when one of them is not.
    """
    for name in NEEDED:
        if find_spec(name) is None:
            raise _missing(name)


def library(name: str) -> Any:
    """A module of one of the libraries, which is imported only where it is used.

    Args:
        name: such as ``pyarrow.parquet``.

    Raises:
        SteadyganError: when its library is not installed.
    """
    try:
        return import_module(name)
    except ImportError:
        raise _missing(name.partition(".")[0]) from None


def _missing(name: str) -> SteadyganError:
    return SteadyganError(f"A study needs the library {name}; install it with pip install 'steadygan[study]'")
