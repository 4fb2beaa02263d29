"""What a run ran on: versions and the kind of machine, never its name or paths."""

import os
import platform
from importlib.metadata import version

import numpy as np
import torch

from steadygan.distributed import world_size
from steadygan.layers.kernels.tuning import processor_says


def environment(device: torch.device) -> dict[str, str | int]:
    """Versions, processor, cores, threads, processes and device."""
    return {
        "steadygan": version("steadygan"),
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "threads": torch.get_num_threads(),
        "processes": world_size(),
        "device": device_name(device),
    }


def device_name(device: torch.device) -> str:
    """The device in words, such as the name of a GPU."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return device.type


def _processor() -> str:
    return processor_says("model name") or platform.processor() or "unknown"
