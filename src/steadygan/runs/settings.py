"""The settings of a run that are not the recipe's, each stated once with its description."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from steadygan.layers.tuning import Choice

DEFAULT_MINUTES = 30.0
LARGEST_SEED = 2**63 - 1

Precision = Literal["auto", "fp32", "bf16"]


class TrainingSettings(BaseModel):
    """How long, on what and with which seed a run trains; each field's description says what it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    images: int | None = Field(
        None, ge=1, description="Real images to see in all; with minutes, whichever ends first. Without either: 30 min."
    )
    minutes: float | None = Field(
        None,
        gt=0,
        allow_inf_nan=False,
        description="Minutes to train in all; with images, whichever ends first. Without either: 30.",
    )
    seed: int = Field(0, ge=0, le=LARGEST_SEED, description="Seed of initial weights, latents and the order of data.")
    device: str = Field("auto", description="Device to train on: auto, cpu, cuda, cuda:1, mps.")
    precision: Precision = Field(
        "auto",
        description="Precision of the networks: fp32, bf16, or auto, which is bf16 for images where the device has "
        "instructions for it. Losses, penalties and weights stay fp32.",
    )
    tuned_for: Choice = Field(
        "auto",
        description="Kind of processor for which convolutions are tuned: amx, vector, or auto, which is this one's.",
    )
    compile: bool = Field(
        False,
        description="Compile the networks: quicker on a GPU, slower on a CPU. Needs a C++ compiler and one process.",
    )
    keep: int = Field(3, ge=1, le=1000, description="Number of checkpoints that stay, besides the best.")
    labels: bool = Field(
        False,
        description="Make images of a class, even if the recipe asks for no labels: it then gets label-embedding, and "
        "networks of your own take labels.",
    )
    label_share: float = Field(1.0, gt=0, le=1, description="Share of the labels that training knows, such as 0.01.")
    labels_per_class: int | None = Field(
        None, ge=1, description="Number of labels of each class that training knows, instead of a share."
    )
    tensorboard: bool = Field(False, description="Write rows and grids for TensorBoard too.")

    @property
    def some_labels(self) -> bool:
        """Whether training knows only some of the labels."""
        return self.label_share < 1 or self.labels_per_class is not None


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
