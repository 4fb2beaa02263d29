"""How long, on what and with which seed a run trains."""

from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict, Field

from steadygan.distributed import local_rank, world_size
from steadygan.errors import SteadyganError
from steadygan.layers.kernels.tuning import Choice, own_processor
from steadygan.training.environment import computes_bf16

DEFAULT_MINUTES = 30.0

Precision = Literal["auto", "fp32", "bf16"]


class TrainingSettings(BaseModel):
    """Settings of a run that are not the recipe's.

    Attributes:
        images: real images to see in all.
        minutes: time to train in all; with ``images``, whichever ends first. Without either: 30 minutes.
        seed: of initial weights, latents, and the order of data.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
        precision: of the networks; losses, penalties and weights stay fp32. ``auto`` is bf16 for images where the
            device has instructions for it, else fp32.
        tuned_for: the kind of processor on which convolutions go by the quickest ways; ``auto`` is this one's.
        compile: whether networks are compiled for the calls that allow it; a run may go on with the other setting.
        keep: how many checkpoints stay.
        labels: whether the generator is told classes even if no heuristic of the recipe asks for them.
        label_share: share of the labels that training knows.
        labels_per_class: how many labels of each class training knows, instead of a share.
        metrics: what is measured of samples beside the built-in metrics: entry points or ``package.module:METRIC``.
        tensorboard: whether rows and grids are written for TensorBoard too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    images: int | None = Field(None, ge=1)
    minutes: float | None = Field(None, gt=0, allow_inf_nan=False)
    seed: int = Field(0, ge=0, lt=2**63)
    device: str = "auto"
    precision: Precision = "auto"
    tuned_for: Choice = "auto"
    compile: bool = False
    keep: int = Field(3, ge=1, le=1000)
    labels: bool = False
    label_share: float = Field(1.0, gt=0, le=1)
    labels_per_class: int | None = Field(None, ge=1)
    metrics: tuple[str, ...] = ()
    tensorboard: bool = False

    @property
    def some_labels(self) -> bool:
        """Whether training knows only some of the labels."""
        return self.label_share < 1 or self.labels_per_class is not None


def choose_device(name: str) -> torch.device:
    """The device of that name, if it is there.

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
    if name not in available:
        raise SteadyganError(f"There is no device '{name}' here; choose one of: auto, {', '.join(available)}")
    return torch.device(name)


def own_device(name: str) -> torch.device:
    """The device on which this process trains: of several on one machine each has a GPU of its own.

    Args:
        name: as a run keeps it.

    Raises:
        SteadyganError: when there is no such device.
    """
    if world_size() > 1 and name.startswith("cuda"):
        return torch.device("cuda", local_rank())
    return choose_device(name)


def resolved(settings: TrainingSettings, kind: str = "images") -> TrainingSettings:
    """The settings with device, precision and what convolutions are tuned for chosen, as a run keeps them.

    Args:
        settings: as the user gave them.
        kind: of the data; 8 bits say enough of a pixel, but not of where a point lies.

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


class Budget(BaseModel):
    """When a run is over."""

    model_config = ConfigDict(frozen=True)

    images: int | None
    minutes: float | None

    @classmethod
    def of(cls, settings: TrainingSettings) -> "Budget":
        """The budget that the settings ask for, or the default."""
        if settings.images is None and settings.minutes is None:
            return cls(images=None, minutes=DEFAULT_MINUTES)
        return cls(images=settings.images, minutes=settings.minutes)

    def fraction(self, images_seen: int, seconds: float) -> float:
        """Share of the budget that is used; the run is over at 1."""
        shares = [0.0]
        if self.images is not None:
            shares.append(images_seen / self.images)
        if self.minutes is not None:
            shares.append(seconds / (60 * self.minutes))
        return max(shares)
