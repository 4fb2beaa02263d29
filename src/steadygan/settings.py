"""The settings of a run that are not the recipe's, each stated once with its default and its description.

The command line's options, the documentation of :func:`steadygan.train` and docs/settings.md follow these fields.
"""

from typing import Any, Literal, Self

from PIL import ImageColor
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from steadygan.errors import SteadyganError, nearest
from steadygan.vocabulary import ProcessorChoice

LARGEST_SEED = 2**63 - 1
SMALLEST_RESOLUTION = 8
LARGEST_RESOLUTION = 256

Precision = Literal["auto", "fp32", "bf16"]
Device = Literal["auto", "cpu", "cuda", "mps"] | str
"""Names that an editor can offer, or one GPU of several such as ``cuda:1``."""
StopOn = Literal["never", "warning", "critical"]


class TrainingSettings(BaseModel):
    """How long, on what and with which seed a run trains; each field's description says what it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    images: int | None = Field(
        None, ge=1, description="Real images to see in all, such as 600000; with minutes, whichever ends first."
    )
    minutes: float | None = Field(
        None,
        gt=0,
        allow_inf_nan=False,
        description="Time to train in all; with images, whichever ends first. Without either: 30 minutes.",
    )
    seed: int = Field(0, ge=0, le=LARGEST_SEED, description="Seed of initial weights, latents and the order of data.")
    device: str = Field("auto", description="Device to train on: auto, cpu, cuda, cuda:1, mps.")
    precision: Precision = Field(
        "auto",
        description="Precision of the networks: fp32, bf16, or auto, which is bf16 for images where the device has "
        "instructions for it. Losses, penalties and weights stay fp32.",
    )
    tuned_for: ProcessorChoice = Field(
        "auto",
        description="Kind of processor for which convolutions are tuned: amx, vector, or auto, which is this one's.",
    )
    compile: bool = Field(
        False,
        description="Compile the networks: quicker on a GPU, slower on a CPU. Needs a C++ compiler and one process.",
    )
    keep: int = Field(1, ge=1, le=1000, description="Number of checkpoints that stay, besides the best.")
    labels: bool = Field(
        False,
        description="Make images of a class, even if the recipe asks for no labels: it then gets label-embedding, and "
        "networks of your own take labels.",
    )
    label_share: float = Field(1.0, gt=0, le=1, description="Share of the labels that training knows, such as 0.01.")
    labels_per_class: int | None = Field(
        None, ge=1, description="Number of labels of each class that training knows, instead of a share."
    )
    metrics: tuple[str, ...] = Field(
        (), description="Metrics to measure beside the built-in ones: names, or module:NAME."
    )
    features: str = Field(
        "auto",
        description="What the best checkpoint is judged by: domain (an encoder that is trained once on the data), none "
        "(distances of pixels), or other features as steadygan evaluate takes them; auto is domain where it costs "
        "little of the budget.",
    )
    evaluate_every: int | None = Field(
        None,
        ge=1,
        description="Real images between two judgements, as far as evaluate_share allows; by default as many as it "
        "allows.",
    )
    evaluate_share: float = Field(
        0.05, gt=0, le=1, description="Largest share of the training time that judging may take; 1 is no limit."
    )
    doctor: bool = Field(
        True,
        description="Look at the run while it trains, and say what goes wrong, since when, and what treats it.",
    )
    stop_on: StopOn = Field(
        "never",
        description="Stop and save when the doctor finds something this serious: never, warning (or worse), critical.",
    )
    rescue: bool = Field(
        False,
        description="On a critical finding go back to the last healthy state, change the recipe by what treats it, and "
        "go on.",
    )
    rescue_tries: int = Field(3, ge=1, le=20, description="Most treatments that a run tries with rescue.")
    tensorboard: bool = Field(False, description="Write rows and grids for TensorBoard too.")

    @model_validator(mode="after")
    def _needs_the_doctor(self) -> Self:
        asked = "rescue" if self.rescue else f"stop_on={self.stop_on}"
        if not self.doctor and (self.rescue or self.stop_on != "never"):
            raise ValueError(f"{asked} needs the doctor, who finds what is wrong; leave doctor on")
        return self

    @property
    def some_labels(self) -> bool:
        """Whether training knows only some of the labels."""
        return self.label_share < 1 or self.labels_per_class is not None


class DataSettings(BaseModel):
    """What the prepared images look like; each field's description says what it is.

    Raises:
        SteadyganError: a name or a value is impossible; the sentence says which.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    resolution: int | None = Field(
        None,
        description="Height and width in pixels, 8 to 256. By default the data's own where all images share one square "
        "size (8 to 64 in a folder); elsewhere 64, or less where that would enlarge more than a tenth of the images.",
    )
    channels: int | None = Field(
        None, description="1 for grey, 3 for colour. By default 1 if every image is grey, else 3."
    )
    background: str = Field("white", description="Colour under transparent pixels: a name, or #rrggbb.")
    max_pixels: int = Field(64_000_000, description="Images with more pixels are skipped before they are decoded.")

    @model_validator(mode="before")
    @classmethod
    def _known_names(cls, values: Any) -> Any:
        if isinstance(values, dict):
            for name in values:
                if name not in cls.model_fields:
                    raise SteadyganError(f"There is no data setting '{name}'; {nearest(str(name), cls.model_fields)}")
        return values

    @field_validator("resolution", mode="before")
    @classmethod
    def _resolution_in_range(cls, value: Any) -> Any:
        if value is not None and not (_whole(value) and SMALLEST_RESOLUTION <= value <= LARGEST_RESOLUTION):
            raise SteadyganError(
                f"The resolution must be a whole number from {SMALLEST_RESOLUTION} to {LARGEST_RESOLUTION}, "
                f"not {value!r}."
            )
        return value

    @field_validator("channels", mode="before")
    @classmethod
    def _channels_known(cls, value: Any) -> Any:
        if value is not None and not (_whole(value) and value in (1, 3)):
            raise SteadyganError(f"The number of channels must be 1 (grey) or 3 (colour), not {value!r}.")
        return value

    @field_validator("background", mode="before")
    @classmethod
    def _background_known(cls, value: Any) -> Any:
        try:
            known = len(ImageColor.getrgb(value)) == 3
        except (ValueError, TypeError, AttributeError):
            known = False
        if not known:
            hint = (
                nearest(str(value), ImageColor.colormap) if _close_to_a_colour(str(value)) else "use for example white."
            )
            raise SteadyganError(f"The background must be a colour name or #rrggbb, not {value!r}; {hint}")
        return value

    @field_validator("max_pixels", mode="before")
    @classmethod
    def _max_pixels_positive(cls, value: Any) -> Any:
        if not _whole(value) or value < 1:
            raise SteadyganError(f"max_pixels must be a whole number above 0, not {value!r}.")
        return value

    @property
    def background_rgb(self) -> tuple[int, int, int]:
        """The background as red, green and blue, 0..255 each."""
        red, green, blue = ImageColor.getrgb(self.background)[:3]
        return red, green, blue


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _close_to_a_colour(name: str) -> bool:
    # the full list of 140 colours would bury the sentence
    return "did you mean" in nearest(name, ImageColor.colormap)
