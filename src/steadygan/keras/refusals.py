"""What cannot run, said in one sentence that names it."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import keras

from steadygan.errors import SteadyganError
from steadygan.heuristics.base import Heuristic
from steadygan.heuristics.moments import Memory
from steadygan.keras.gradients import BACKEND
from steadygan.keras.torch_view import UnsupportedError

INSTEAD = "leave it out, or train with steadygan.train on PyTorch, where every heuristic runs"


class RefusedError(SteadyganError):
    """A heuristic cannot run on this backend; the message names it."""


@contextmanager
def naming_the_heuristic(heuristic: object = None) -> Iterator[None]:
    """Name the heuristic in a refusal that is raised inside.

    Args:
        heuristic: which it is; found from where the refusal was raised when None.

    Raises:
        RefusedError: in place of an :class:`UnsupportedError`, or of an error in a heuristic's own code, which was
            written for PyTorch's tensors.
    """
    try:
        yield
    except SteadyganError as error:
        if not isinstance(error, UnsupportedError):
            raise
        raise _refused(heuristic, error, str(error)) from error
    except (AttributeError, IndexError, NotImplementedError, TypeError) as error:
        if heuristic is None and _heuristic_in(error.__traceback__) is None:
            raise
        raise _refused(heuristic, error, f"calls there what Keras does not have ({_first_line(error)})") from error


def _refused(heuristic: object, error: Exception, why: str) -> RefusedError:
    culprit = heuristic if isinstance(heuristic, Heuristic) else _heuristic_in(error.__traceback__)
    who = f"'{culprit.name}'" if culprit is not None else "This recipe"
    return RefusedError(f"{who} cannot run in a step of Keras on {BACKEND}, because it {why}; {INSTEAD}")


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]


def _heuristic_in(traceback: TracebackType | None) -> Heuristic | None:
    """The innermost heuristic whose method is in a traceback."""
    found = None
    while traceback is not None:
        given = traceback.tb_frame.f_locals.get("self")
        found = given if isinstance(given, Heuristic) else found
        traceback = traceback.tb_next
    return found


def refuse_growing(memory: Memory) -> None:
    """Refuse a memory that is declared to begin empty: what comes later has no place in the variables of a model.

    Args:
        memory: of a heuristic, before the first step.

    Raises:
        UnsupportedError: when a list or a dictionary is what it begins with.
    """
    if any(field.default_factory is list or field.default_factory is dict for field in dataclasses.fields(memory)):
        raise UnsupportedError("has a memory that grows during training")


def refuse_float16() -> None:
    """Refuse float16, whose gradients need a scale that moves, and the two players have two.

    Raises:
        SteadyganError: when Keras' global policy is mixed_float16 or float16.
    """
    policy: Any = keras.config.dtype_policy()
    if policy.compute_dtype == "float16":
        raise SteadyganError(
            f"The dtype policy '{policy.name}' computes in float16, in which gradients of penalties vanish; use "
            "mixed_bfloat16 or float32"
        )
