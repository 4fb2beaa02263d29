"""Data that only a program has: arrays, tensors, torch data sets and loaders, alone or with labels."""

import sys
from collections.abc import Iterator, Sized
from typing import Any, NamedTuple

import numpy as np

from steadygan.arrays import Array
from steadygan.errors import SteadyganError

IN_MEMORY = ("array in memory, ", "tensor in memory, ", "dataset in memory, ")
"""How the names of sources begin that only the program that trained has."""


class Items(NamedTuple):
    """Items in memory.

    Attributes:
        array: images or vectors, [N, ...].
        labels: [N]; None if there are none.
        name: of the source.
        channels_first: whether an ambiguous shape has its channels first.
    """

    array: Array
    labels: Array | None
    name: str
    channels_first: bool


def items_in_memory(given: object) -> Items | None:
    """The items of an array, a tensor, a torch data set or loader, or of a pair of one of these and labels.

    A data set is gone through once, from its first item to its last: with random transforms, what they made that once
    is what is trained on.

    Args:
        given: anything.

    Returns:
        The items; None if it is none of these.

    Raises:
        SteadyganError: when a pair has no labels, or the items of a data set do not fit together.
    """
    if isinstance(given, tuple) and len(given) == 2:
        found = items_in_memory(given[0])
        if found is None:
            raise SteadyganError(
                f"Labels are given with an array, a tensor or a torch data set, not with {given[0]!r}; "
                "a folder has classes as its sub-folders, and an .npz file has labels as an array of its own."
            )
        return found._replace(labels=_array(given[1]))
    if isinstance(given, np.ndarray):
        return Items(given, None, f"{IN_MEMORY[0]}{given.dtype} {list(given.shape)}", channels_first=False)
    torch = sys.modules.get("torch")
    if torch is None:
        return None
    if isinstance(given, torch.Tensor):
        array = _array(given)
        return Items(array, None, f"{IN_MEMORY[1]}{array.dtype} {list(array.shape)}", channels_first=True)
    loader = isinstance(given, torch.utils.data.DataLoader)
    if loader or isinstance(given, torch.utils.data.Dataset):
        return _collected(given, loader)
    return None


def _collected(given: Any, loader: bool) -> Items:
    kind = type(given).__name__
    if not isinstance(given, Sized):
        raise SteadyganError(f"The {kind} has no length, so it might never end; give a torch Dataset with one.")
    pairs = [one if isinstance(one, tuple | list) else (one,) for one in _walked(given, loader)]
    if not pairs:
        raise SteadyganError(f"The {kind} is empty; give one with items.")
    channels_first = hasattr(pairs[0][0], "detach")
    try:
        array = _joined([_array(pair[0]) for pair in pairs], loader)
        labels = _joined([_array(pair[1]) for pair in pairs], loader) if len(pairs[0]) > 1 else None
    except (ValueError, IndexError, TypeError) as error:
        raise SteadyganError(
            f"The items of the {kind} do not fit together ({str(error).splitlines()[0]}); "
            "let each be an image, or an image and a label, all of one size."
        ) from None
    return Items(array, labels, f"{IN_MEMORY[2]}{kind} {array.dtype} {list(array.shape)}", channels_first)


def _walked(given: Any, loader: bool) -> Iterator[Any]:
    if loader:
        yield from given
    else:
        yield from (given[place] for place in range(len(given)))


def _joined(parts: list[Array], batches: bool) -> Array:
    joined: Array = np.concatenate(parts) if batches else np.stack(parts)
    return joined


def _array(values: Any) -> Array:
    """A tensor of any type and device, a picture or a list as an array."""
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        return np.asarray(values.float() if str(values.dtype) == "torch.bfloat16" else values)
    return np.asarray(values)
