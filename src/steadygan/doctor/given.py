"""Arrays of any framework as tensors, and images of either layout as networks of this package see them."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from steadygan.errors import SteadyganError

CHANNELS = (1, 3, 4)


def as_tensor(values: Any, what: str) -> Tensor:
    """An array as a tensor on the CPU, which may share its memory.

    Args:
        values: a tensor of PyTorch, NumPy, JAX or TensorFlow, or anything that NumPy takes.
        what: what it is, for the message.

    Raises:
        SteadyganError: when it is no array of numbers.
    """
    if isinstance(values, Tensor):
        return values.detach().cpu()
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "biuf":
            array = array.astype(np.float32)  # bfloat16 is a kind of its own to NumPy
        if not array.flags.writeable or not array.flags.c_contiguous:  # as JAX' arrays are, or one that was flipped
            array = array.copy()
        return torch.from_numpy(array)
    except (TypeError, ValueError, RuntimeError):
        raise SteadyganError(
            f"{what} is a {type(values).__name__}, which is no array of numbers; give a tensor or an array"
        ) from None


def as_items(values: Any, what: str) -> Tensor:
    """Images as float32 [N, C, H, W], or vectors as float32 [N, D].

    Args:
        values: images with channels first or last, floats, or uint8 in 0..255; or vectors.
        what: what they are, for the message.

    Raises:
        SteadyganError: when they have neither two nor three nor four axes.
    """
    items = as_tensor(values, what)
    if items.ndim == 3:
        items = items.unsqueeze(1)
    if items.ndim not in (2, 4):
        raise SteadyganError(f"{what} has the shape {tuple(items.shape)}; give images [N, C, H, W] or vectors [N, D]")
    if items.ndim == 4 and items.shape[1] not in CHANNELS and items.shape[3] in CHANNELS:
        items = items.permute(0, 3, 1, 2)
    return items.float() / 127.5 - 1 if items.dtype is torch.uint8 else items.float()
