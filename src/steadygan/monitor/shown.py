"""What a loop shows, as the doctor sees it."""

import math
from collections.abc import Iterable, Mapping
from functools import partial
from types import FunctionType, MethodType
from typing import Any

import torch
from torch import Tensor

from steadygan.doctor.given import as_items, as_tensor
from steadygan.doctor.looks import Shown
from steadygan.errors import SteadyganError
from steadygan.monitor.networks import as_network, gradient_norm, is_finite

AT_A_LOOK = 128
"""Items of a batch that are looked at."""
LOGITS = ("real_logits", "fake_logits", "held_out_logits")
ITEMS = ("real", "fake", "fixed")
NETWORKS = ("generator", "discriminator")


def as_shown(steps: int, given: Mapping[str, Any]) -> tuple[Shown, int]:
    """What is shown, as tensors and modules.

    Args:
        steps: of the training so far.
        given: arrays, functions that make them, and networks, by the names of LOGITS, ITEMS and NETWORKS.

    Returns:
        What there is to look at, and how many things of it hold a number that is not finite.

    Raises:
        SteadyganError: when something is no array of numbers, or shapes do not fit.
    """
    made = {name: _made(name, value) for name, value in given.items()}
    _refuse_shapes({name: each for name, each in made.items() if name in ITEMS})
    finite = [bool(each.isfinite().all()) if isinstance(each, Tensor) else is_finite(each) for each in made.values()]
    return Shown(steps, **made), finite.count(False)


def length(items: Any) -> int | None:
    """How many items there are; None if that is not known, as of a function that makes them."""
    shape = getattr(items, "shape", None)
    if shape is not None:
        return int(shape[0]) if len(shape) else None
    return len(items) if isinstance(items, list | tuple) else None


def gradient_norms(shown: Shown) -> dict[str, float | None]:
    """The lengths of the networks' gradients, where they keep any, by their names in rows; None if not finite."""
    networks = {"generator": shown.generator, "discriminator": shown.discriminator}
    found = {name: gradient_norm(each) for name, each in networks.items() if each is not None}
    return {
        f"{name}/gradient_norm": norm if math.isfinite(norm) else None
        for name, norm in found.items()
        if norm is not None
    }


def wait_for_devices(given: Iterable[Any]) -> None:
    """Let GPUs finish what the loop has asked of them, so that the time is not taken for the doctor's."""
    devices = {each.device for each in given if isinstance(each, Tensor) and each.device.type == "cuda"}
    for device in devices:
        torch.cuda.synchronize(device)


def _made(name: str, value: Any) -> Any:
    """What was given under a name, as a tensor or a network."""
    if name in NETWORKS:
        # networks can be called themselves
        is_function = isinstance(value, FunctionType | MethodType | partial)
        return as_network(value() if is_function else value, name)
    value = value() if callable(value) else value
    if name in LOGITS:
        return as_tensor(value, name).float().flatten()
    try:
        return as_items(value[:AT_A_LOOK], name)  # fewer to fetch from a device
    except (TypeError, KeyError, IndexError):
        return as_items(value, name)[:AT_A_LOOK]


def _refuse_shapes(items: Mapping[str, Tensor]) -> None:
    shapes = {name: tuple(each.shape[1:]) for name, each in items.items()}
    if len(set(shapes.values())) > 1:
        said = ", ".join(f"{name} {list(shape)}" for name, shape in shapes.items())
        raise SteadyganError(f"Items are of different shapes: {said}; show real and generated ones of one size")
