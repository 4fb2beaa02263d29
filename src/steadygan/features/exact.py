"""Features that are the same on a GPU as on the CPU, but for rounding to float32."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

CPU = torch.device("cpu")


@contextmanager
def full_precision(device: torch.device) -> Iterator[None]:
    """Let networks keep all bits of float32, of which GPUs leave 13 of 23 out unless they are told not to.

    Args:
        device: where a network runs.
    """
    if device.type != "cuda":
        yield
        return
    switches = (torch.backends.cudnn.conv, torch.backends.cuda.matmul)  # type: ignore[attr-defined]  # missing in its stubs
    kept = [switch.fp32_precision for switch in switches]
    try:
        for switch in switches:
            switch.fp32_precision = "ieee"
        yield
    finally:
        for switch, precision in zip(switches, kept, strict=True):
            switch.fp32_precision = precision
