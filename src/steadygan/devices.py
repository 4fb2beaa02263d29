"""The device that computes."""

import torch

from steadygan.distributed import local_rank, world_size
from steadygan.errors import SteadyganError


def choose_device(name: str) -> torch.device:
    """The device of that name, if it exists.

    Args:
        name: ``auto`` takes CUDA, else MPS, else the CPU.

    Raises:
        SteadyganError: when there is no such device.
    """
    available = ["cpu"]
    if torch.cuda.is_available():
        available = ["cuda", *(f"cuda:{each}" for each in range(torch.cuda.device_count())), *available]
    elif torch.backends.mps.is_available():
        available = ["mps", *available]
    if name == "auto":
        return torch.device(available[0])
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise SteadyganError(f"There is no device '{name}' here: {_why_no_cuda()}; or leave --device out")
    if name not in available:
        raise SteadyganError(f"There is no device '{name}' here; choose one of: auto, {', '.join(available)}")
    return torch.device(name)


def _why_no_cuda() -> str:
    """Why PyTorch offers no GPU, and what to do."""
    if torch.version.cuda is None and torch.version.hip is None:
        return (
            f"PyTorch {torch.__version__} is a build without CUDA; install the build for your GPU "
            "that https://pytorch.org/get-started names"
        )
    return (
        f"PyTorch {torch.__version__} is built for {'CUDA' if torch.version.cuda else 'ROCm'} "
        f"{torch.version.cuda or torch.version.hip} and finds no GPU; see whether "
        f"{'nvidia-smi' if torch.version.cuda else 'rocm-smi'} lists one and the driver is new enough"
    )


def process_device(name: str) -> torch.device:
    """The device on which this process computes; each of several processes on one machine has a GPU of its own.

    Args:
        name: as for :func:`choose_device`.

    Raises:
        SteadyganError: when there is no such device.
    """
    if world_size() > 1 and name.startswith("cuda"):
        return torch.device("cuda", local_rank())
    return choose_device(name)
