"""The precision that suits the device on which a run trains."""

import torch

from steadygan.devices import choose_device
from steadygan.distributed import world_size
from steadygan.errors import SteadyganError
from steadygan.layers.kernels.tuning import own_processor, processor_flags
from steadygan.settings import TrainingSettings


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
