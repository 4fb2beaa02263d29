"""Transfers from the machine's memory to the device on which a run trains, without waiting for either."""

import numpy as np
import torch
from torch import Tensor

from steadygan.arrays import Array, Indices
from steadygan.feeding.prefetch import RowReader

FREE_MEMORY_FACTOR = 4
"""Data stay on the device if its free memory is at least this many times as large: networks need the rest."""
COPIED_ROWS = 4096
"""Rows that are copied to the device at a time."""


def to_device(tensor: Tensor, device: torch.device) -> Tensor:
    """Copy a tensor to the device without waiting; later work on the device finds it there.

    Args:
        tensor: on the CPU; the caller may drop it at once.
        device: on CUDA the tensor goes by way of pinned memory, because otherwise the copy would be waited for.
    """
    if device.type == "cuda":
        tensor = tensor.pin_memory()
    return tensor.to(device, non_blocking=True)


class DeviceReader:
    """Reads batches of stored items onto the device.

    Args:
        stored: uint8 [N, H, W, C] or float32 [N, D]; in memory or on the disk.
        device: where batches go. If all items fit beside the networks, they are copied there once.
    """

    def __init__(self, stored: Array, device: torch.device) -> None:
        self._rows = RowReader(stored)
        self._device = device
        fits = stored.nbytes * FREE_MEMORY_FACTOR <= free_memory(device)
        self._resident = _copy_to_device(stored, device) if fits else None

    def prefetch(self, indices: Indices) -> None:
        """Announce that these items, int64 [n], will be read soon."""
        if self._resident is None:
            self._rows.prefetch(indices)

    def read(self, indices: Indices) -> Tensor:
        """Items [n, ...] by their indices, int64 [n]: on the device, in the dtype in which they are stored."""
        if self._resident is not None:
            return self._resident.index_select(0, to_device(torch.from_numpy(indices), self._device))
        return to_device(torch.from_numpy(self._rows.read(indices)), self._device)


def free_memory(device: torch.device) -> int:
    """Bytes that are free on a CUDA device; 0 elsewhere, where nothing is gained by keeping data there."""
    return int(torch.cuda.mem_get_info(device)[0]) if device.type == "cuda" else 0


def _copy_to_device(stored: Array, device: torch.device) -> Tensor:
    dtype = torch.from_numpy(np.zeros(0, stored.dtype)).dtype
    resident = torch.empty(stored.shape, dtype=dtype, device=device)
    for low in range(0, len(stored), COPIED_ROWS):
        rows = np.array(stored[low : low + COPIED_ROWS])  # a copy, because a memory map cannot be written to
        resident[low : low + len(rows)].copy_(torch.from_numpy(rows))
    return resident
