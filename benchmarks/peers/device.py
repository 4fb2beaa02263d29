"""A clerk for contestants that use PyTorch."""

from collections.abc import Mapping

import torch
from torch import nn

from peers.serve import Clerk


def clerk_on(device: torch.device, facts: Mapping[str, float]) -> Clerk:
    """A clerk who waits for the device, and tells its memory where that is not the process's.

    Args:
        device: where a contestant trains.
        facts: go with every answer.
    """
    if device.type == "cuda":
        return Clerk(facts, torch.cuda.synchronize, torch.cuda.max_memory_allocated)
    return Clerk(facts)


def parameters(*networks: nn.Module) -> int:
    """How many there are."""
    return sum(parameter.numel() for network in networks for parameter in network.parameters())
