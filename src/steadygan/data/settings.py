"""How images are prepared: the settings, checked when they are made."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import ImageColor
from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from steadygan.errors import SteadyganError, nearest

SMALLEST_RESOLUTION = 8
LARGEST_RESOLUTION = 256


class DataSettings(BaseModel):
    """What the prepared images look like.

    Args:
        resolution: height and width in pixels, 8..256. None keeps the size of square arrays (8..256) and of folders
            whose images all share one square size (8..64); elsewhere it is 64, or, where that would enlarge more than
            a tenth of the images, the largest multiple of 8 that does not, and at least 8.
        channels: 1 (grey) or 3 (red, green, blue). None is 1 where every image is grey, else 3.
        background: the colour put under transparent pixels, a name that Pillow knows or ``#rrggbb``.
        max_pixels: an image with more pixels than this is skipped, before it is decoded.

    Raises:
        SteadyganError: a name or a value is impossible; the sentence says which.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    resolution: int | None = None
    channels: int | None = None
    background: str = "white"
    max_pixels: int = 64_000_000

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


DEFAULT_SETTINGS = DataSettings()


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _close_to_a_colour(name: str) -> bool:
    # the full list of 140 colours would bury the sentence
    return "did you mean" in nearest(name, ImageColor.colormap)


def choose_resolution(sizes: "Sequence[tuple[int, int]] | np.ndarray[Any, Any]", keep_up_to: int) -> int:
    """The resolution for images of these sizes where the user named none.

    Args:
        sizes: (width, height) of every usable image, at least one; int64 [N, 2] or a list.
        keep_up_to: a square size that all images share is kept up to this one.

    Returns:
        A whole number from 8 to 256; see ``DataSettings.resolution`` for the rule.
    """
    found = np.asarray(sizes, dtype=np.int64)
    if (found == found[0]).all():
        width, height = (int(length) for length in found[0])
        if width == height and SMALLEST_RESOLUTION <= width <= keep_up_to:
            return width
    sides = np.sort(found.min(axis=1))[::-1]
    reached_by_most = int(sides[-(-len(sides) * 9 // 10) - 1])
    return min(64, max(SMALLEST_RESOLUTION, reached_by_most // 8 * 8))
