"""The device on which a run trains, and the precision that suits it."""

import torch

from steadygan.distributed import local_rank, world_size
from steadygan.errors import SteadyganError
from steadygan.layers.kernels.tuning import own_processor, processor_flags
from steadygan.settings import TrainingSettings


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
    """The device on which this process trains; each of several processes on one machine has a GPU of its own.

    Args:
        name: the device in the settings of the run.

    Raises:
        SteadyganError: when there is no such device.
    """
    if world_size() > 1 and name.startswith("cuda"):
        return torch.device("cuda", local_rank())
    return choose_device(name)


def refuse_another_default_type() -> None:
    """Refuse to train while new tensors are not float32, as networks and losses are.

    Raises:
        SteadyganError: when PyTorch's default type is another.
    """
    if torch.get_default_dtype() != torch.float32:
        raise SteadyganError(
            f"PyTorch's default type is {torch.get_default_dtype()} and training needs float32; "
            "call torch.set_default_dtype(torch.float32) before"
        )


def resolve_settings(settings: TrainingSettings, kind: str = "images") -> TrainingSettings:
    """Choose the device, the precision and the processor to tune for wherever the settings say ``auto``.

    Args:
        settings: the settings that the user gave.
        kind: the kind of the data: ``images`` may be computed in bf16, whose 8 bits are too few for vectors.

    Returns:
        The settings without any ``auto``, as a run stores them.

    Raises:
        SteadyganError: when there is no such device.
    """
    device = choose_device(settings.device)
    if world_size() > 1 and device.type == "cuda" and device.index is not None:
        raise SteadyganError(f"Each of the {world_size()} processes takes a GPU of its own; use --device cuda")
    precision = settings.precision
    if precision == "auto":
        precision = "bf16" if kind == "images" and computes_bf16(device) else "fp32"
    tuned_for = own_processor() if settings.tuned_for == "auto" else settings.tuned_for
    return settings.model_copy(update={"device": str(device), "precision": precision, "tuned_for": tuned_for})


def computes_bf16(device: torch.device) -> bool:
    """Whether the device has instructions for bf16; without them it is emulated, and slower than fp32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        return not processor_flags().isdisjoint({"avx512_bf16", "amx_bf16"})
    return False
