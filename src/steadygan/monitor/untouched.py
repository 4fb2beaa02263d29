"""Uses networks of PyTorch as training uses them, and leaves no trace."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def untouched(*networks: nn.Module) -> Iterator[None]:
    """Compute without gradients; afterwards random numbers and the networks' buffers are as they were.

    Args:
        networks: what is used within the block, in the mode in which it is trained.
    """
    kept = [(buffer, buffer.clone()) for network in networks for buffer in network.buffers()]
    devices = {each.device for network in networks for each in network.parameters() if each.device.type == "cuda"}
    with torch.random.fork_rng(devices=list(devices)), torch.no_grad():
        try:
            yield
        finally:
            for buffer, before in kept:
                buffer.copy_(before)
