"""What a run ran on: versions and the kind of machine, never its name or paths."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch


def environment(device: torch.device) -> dict[str, str | int]:
    """Versions, processor, cores, threads and device."""
    return {
        "steadygan": version("steadygan"),
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "threads": torch.get_num_threads(),
        "device": device_name(device),
    }


def device_name(device: torch.device) -> str:
    """The device in words, such as the name of a GPU."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return device.type


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown")
