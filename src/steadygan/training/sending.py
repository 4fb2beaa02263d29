"""From the machine's memory to the device on which a run trains, without waiting for either."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from steadygan.training.ahead import Rows

SHARE = 4
"""Data stay on the device if they take at most this part of its free memory: networks need the rest."""
ROWS = 4096


def sent(tensor: Tensor, device: torch.device) -> Tensor:
    """A tensor of the machine's memory on the device, where it arrives before anything that is asked of it.

    Args:
        tensor: on the CPU; it may be forgotten at once.
        device: on CUDA the tensor goes by way of pinned memory, because otherwise the copy would be waited for.
    """
    if device.type == "cuda":
        tensor = tensor.pin_memory()
    return tensor.to(device, non_blocking=True)


class Items:
    """Stored items, from which batches come to the device.

    Args:
        stored: uint8 [N, H, W, C] or float32 [N, D]; in memory or on the disk.
        device: where they go. Where they all fit beside the networks they go once, and batches are taken there.
    """

    def __init__(self, stored: "np.ndarray[Any, Any]", device: torch.device) -> None:
        self._rows = Rows(stored)
        self._device = device
        self._resident = _whole(stored, device) if stored.nbytes * SHARE <= free_memory(device) else None

    def ask(self, places: "np.ndarray[Any, np.dtype[np.int64]]") -> None:
        """Say that these items will be wanted soon."""
        if self._resident is None:
            self._rows.ask(places)

    def at(self, places: "np.ndarray[Any, np.dtype[np.int64]]") -> Tensor:
        """Items by their places, in the type in which they are stored, on the device."""
        if self._resident is not None:
            return self._resident.index_select(0, sent(torch.from_numpy(places), self._device))
        return sent(torch.from_numpy(self._rows.read(places)), self._device)


def free_memory(device: torch.device) -> int:
    """Bytes that are free on a CUDA device; 0 elsewhere, where nothing is gained by keeping data there."""
    return int(torch.cuda.mem_get_info(device)[0]) if device.type == "cuda" else 0


def _whole(stored: "np.ndarray[Any, Any]", device: torch.device) -> Tensor:
    dtype = torch.from_numpy(np.zeros(0, stored.dtype)).dtype
    whole = torch.empty(stored.shape, dtype=dtype, device=device)
    for low in range(0, len(stored), ROWS):
        rows = np.array(stored[low : low + ROWS])  # a copy, because what is mapped from the disk cannot be written to
        whole[low : low + len(rows)].copy_(torch.from_numpy(rows))
    return whole
