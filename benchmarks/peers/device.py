"""Makes servers for contestants that use PyTorch."""

from collections.abc import Mapping

import torch
from torch import nn

from peers.step_server import StepServer


def step_server(device: torch.device, facts: Mapping[str, float]) -> StepServer:
    """A server that waits for the device before it answers, and on CUDA reports the memory of the device.

    Args:
        device: the device on which a contestant trains.
        facts: numbers that are added to every answer.
    """
    if device.type == "cuda":
        return StepServer(facts, torch.cuda.synchronize, torch.cuda.max_memory_allocated)
    return StepServer(facts)


def parameters(*networks: nn.Module) -> int:
    """The number of parameters of some networks."""
    return sum(parameter.numel() for network in networks for parameter in network.parameters())
