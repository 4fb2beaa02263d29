"""Augmentation with a probability: geometry in one resampling, colour in one matrix."""

import math
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

AugmentationKind = Literal["blit", "geometry", "color"]


KINDS: tuple[AugmentationKind, ...] = ("blit", "geometry", "color")


_LARGEST_SHIFT = 0.125  # of the image's size, uniform


_SCALE_STD = 0.2  # of the logarithm to base 2, as all of scale, stretch, contrast and saturation


_DRIFT_STD = 0.125  # of the image's size


_BRIGHTNESS_STD = 0.2


_CONTRAST_STD = 0.5


_SATURATION_STD = 1.0


@dataclass(frozen=True)
class Placement:
    """How images are moved, in the order of the fields; every field float [N], or [N, 2] as (right, down).

    Attributes:
        mirror: 1 to mirror left and right, else 0.
        quarters: quarter turns against the clock, whole numbers.
        shift: whole pixels.
        scale: by what both directions grow.
        turn: angle against the clock before stretching, in radians.
        stretch: by what the width grows and the height shrinks.
        turn_after: angle against the clock after stretching, in radians.
        drift: pixels.
    """

    mirror: Tensor
    quarters: Tensor
    shift: Tensor
    scale: Tensor
    turn: Tensor
    stretch: Tensor
    turn_after: Tensor
    drift: Tensor


@dataclass(frozen=True)
class Colouring:
    """How colours are changed, in the order of the fields; every field float [N].

    Attributes:
        brightness: what is added.
        contrast: by what everything is multiplied, about 0.
        luma_flip: 1 to turn light into dark while colours stay, else 0.
        hue: angle about the grey axis, in radians; only for three channels.
        saturation: by what the distance to the grey axis is multiplied.
    """

    brightness: Tensor
    contrast: Tensor
    luma_flip: Tensor
    hue: Tensor
    saturation: Tensor


class _Draw:
    """Random numbers of which each is there with a probability and otherwise does nothing."""

    def __init__(self, images: Tensor, probability: Tensor | float, generator: torch.Generator | None) -> None:
        self._count = len(images)
        self._device, self._dtype = images.device, images.dtype
        self._probability, self._generator = probability, generator

    def uniform(self, *shape: int) -> Tensor:
        """U[0, 1), [N, ...]."""
        size = (self._count, *shape)
        return torch.rand(size, generator=self._generator, device=self._device, dtype=self._dtype)

    def normal(self, *shape: int) -> Tensor:
        """N(0, 1), [N, ...]."""
        size = (self._count, *shape)
        return torch.randn(size, generator=self._generator, device=self._device, dtype=self._dtype)

    def either(self, values: Tensor, neutral: float = 0.0, probability: Tensor | float | None = None) -> Tensor:
        """The values of the images that have luck, the neutral one for the others."""
        chance = self._probability if probability is None else probability
        chosen = self.uniform(*(1,) * (values.dim() - 1)) < chance
        return torch.where(chosen, values, neutral)


def draw_placement(
    images: Tensor,
    probability: Tensor | float,
    kinds: tuple[AugmentationKind, ...] = KINDS,
    generator: torch.Generator | None = None,
) -> Placement:
    """Draw how images are moved.

    Args:
        images: float [N, C, H, W]; only its shape, type and device matter.
        probability: chance of each change, in [0, 1], a number or a scalar tensor on the images' device.
        kinds: ``blit`` for mirror, quarters and shift, ``geometry`` for the others; what is not named stays neutral.
        generator: source of randomness; the global one when None.

    Returns:
        One value for each image.

    Source: Karras et al. 2020 (ADA), appendix B, strengths as in its figure on the augmentation pipeline.
    """
    # Made where the images are: numbers that were sent there would be waited for.
    size = torch.cat([images.new_full((1,), images.shape[axis]) for axis in (3, 2)])
    blit = _Draw(images, probability if "blit" in kinds else 0.0, generator)
    move = _Draw(images, probability if "geometry" in kinds else 0.0, generator)
    # Two turns, so that one of them takes place with the probability.
    both = 1 - (1 - torch.as_tensor(probability, device=images.device)).clamp(0, 1).sqrt()
    chance = both if "geometry" in kinds else 0.0
    return Placement(
        mirror=blit.either((blit.uniform() * 2).floor()),
        quarters=blit.either((blit.uniform() * 4).floor()),
        shift=blit.either(((blit.uniform(2) * 2 - 1) * _LARGEST_SHIFT * size).round()),
        scale=move.either(torch.exp2(move.normal() * _SCALE_STD), 1.0),
        turn=move.either((move.uniform() * 2 - 1) * math.pi, probability=chance),
        stretch=move.either(torch.exp2(move.normal() * _SCALE_STD), 1.0),
        turn_after=move.either((move.uniform() * 2 - 1) * math.pi, probability=chance),
        drift=move.either(move.normal(2) * _DRIFT_STD * size),
    )


def draw_colouring(images: Tensor, probability: Tensor | float, generator: torch.Generator | None = None) -> Colouring:
    """Draw how colours are changed.

    Args:
        images: float [N, C, H, W]; only its shape, type and device matter.
        probability: chance of each change, in [0, 1], a number or a scalar tensor on the images' device.
        generator: source of randomness; the global one when None.

    Returns:
        One value for each image.

    Source: Karras et al. 2020 (ADA), appendix B, strengths as in its figure on the augmentation pipeline.
    """
    draw = _Draw(images, probability, generator)
    return Colouring(
        brightness=draw.either(draw.normal() * _BRIGHTNESS_STD),
        contrast=draw.either(torch.exp2(draw.normal() * _CONTRAST_STD), 1.0),
        luma_flip=draw.either((draw.uniform() * 2).floor()),
        hue=draw.either((draw.uniform() * 2 - 1) * math.pi),
        saturation=draw.either(torch.exp2(draw.normal() * _SATURATION_STD), 1.0),
    )


def _matrix(rows: tuple[tuple[Tensor, Tensor, Tensor], tuple[Tensor, Tensor, Tensor]]) -> Tensor:
    """A transformation of the plane, [N, 3, 3], from its first two rows of [N]."""
    zero = torch.zeros_like(rows[0][0])
    entries = [*rows[0], *rows[1], zero, zero, zero + 1]
    return torch.stack(entries, dim=-1).view(-1, 3, 3)


def _turned_back(angle: Tensor) -> Tensor:
    """From where a turn by an angle against the clock takes its pixels; rows of an image count downwards."""
    zero, cosine, sine = torch.zeros_like(angle), angle.cos(), angle.sin()
    return _matrix(((cosine, -sine, zero), (sine, cosine, zero)))


def _moved_back(offset: Tensor) -> Tensor:
    """From where a move by [N, 2] takes its pixels."""
    right, down = offset.unbind(-1)
    zero = torch.zeros_like(right)
    return _matrix(((zero + 1, zero, -right), (zero, zero + 1, -down)))


def _scaled_back(width: Tensor, height: Tensor) -> Tensor:
    """From where a scaling takes its pixels."""
    zero = torch.zeros_like(width)
    return _matrix(((1 / width, zero, zero), (zero, 1 / height, zero)))


def placement_matrix(placement: Placement) -> Tensor:
    """From where each pixel of the moved image takes its value.

    Args:
        placement: how N images are moved.

    Returns:
        float [N, 3, 3], acting on (right, down, 1) in pixels from the middle of the image.

    Source: Karras et al. 2020 (ADA), appendix B.
    """
    quarter = placement.quarters * (math.pi / 2)
    steps = [
        _scaled_back(1 - 2 * placement.mirror, torch.ones_like(placement.mirror)),
        _turned_back(quarter).round(),  # exact, so that quarter turns and shifts hit pixels
        _moved_back(placement.shift),
        _scaled_back(placement.scale, placement.scale),
        _turned_back(placement.turn),
        _scaled_back(placement.stretch, 1 / placement.stretch),
        _turned_back(placement.turn_after),
        _moved_back(placement.drift),
    ]
    matrix = steps[0]
    for step in steps[1:]:
        matrix = (matrix[:, :, :, None] * step[:, None]).sum(2)  # not @, which may be rounded to half precision
    return matrix


def resample(images: Tensor, matrix: Tensor) -> Tensor:
    """Move images, bilinearly, mirrored at the middle of their outermost pixels.

    Args:
        images: float [N, C, H, W].
        matrix: float [N, 3, 3], see :func:`placement_matrix`; where it is the identity, the image stays as it is.

    Returns:
        float [N, C, H, W], differentiable in the images.
    """
    height, width = images.shape[2:]
    x = (torch.arange(width, device=images.device, dtype=images.dtype) - (width - 1) / 2)[:, None]
    y = (torch.arange(height, device=images.device, dtype=images.dtype) - (height - 1) / 2)[:, None, None]
    rows = matrix[:, None, None, :2]
    source = rows[..., 0] * x + rows[..., 1] * y + rows[..., 2]
    # grid_sample counts from -1 to 1 between the middles of the outermost pixels
    grid = torch.stack((source[..., 0] * (2 / max(width - 1, 1)), source[..., 1] * (2 / max(height - 1, 1))), dim=-1)
    moved = F.grid_sample(images, grid, padding_mode="reflection", align_corners=True)
    return torch.where(_is_neutral(matrix)[:, None, None, None], images, moved)


def colouring_matrix(colouring: Colouring, channels: int) -> Tensor:
    """What each pixel is multiplied with and what is added to it.

    Args:
        colouring: how the colours of N images are changed.
        channels: of the images. One channel has only brightness, contrast and luma flip; the hue turns three channels.

    Returns:
        float [N, C, C + 1]; the last column is added.

    Source: Karras et al. 2020 (ADA), appendix B.
    """
    like = colouring.contrast
    grey = torch.full((channels, channels), 1 / channels, device=like.device, dtype=like.dtype)  # projects onto grey
    colour = torch.eye(channels, device=like.device, dtype=like.dtype) - grey
    if channels == 3:
        # v x, the product with the grey axis v, turns a colour by a quarter about it
        one = torch.eye(3, device=like.device, dtype=like.dtype)
        across = (one.roll(1, 0) - one.roll(-1, 0)) / 3**0.5
        hue = colouring.hue[:, None, None]
        colour = hue.cos() * colour + hue.sin() * across
    # Luma flip acts along the grey axis, hue and saturation across it: their product is a sum of two parts.
    sign = (1 - 2 * colouring.luma_flip)[:, None, None]
    linear = colouring.contrast[:, None, None] * (sign * grey + colouring.saturation[:, None, None] * colour)
    added = (linear.sum(2) * colouring.brightness[:, None])[:, :, None]  # brightness comes first
    return torch.cat((linear, added), dim=2)


def recolour(images: Tensor, matrix: Tensor) -> Tensor:
    """Change colours.

    Args:
        images: float [N, C, H, W].
        matrix: float [N, C, C + 1], see :func:`colouring_matrix`; where it is neutral, the image stays as it is.

    Returns:
        float [N, C, H, W], not clipped.
    """
    coloured = torch.baddbmm(matrix[:, :, -1:], matrix[:, :, :-1], images.flatten(2)).view(images.shape)
    return torch.where(_is_neutral(matrix)[:, None, None, None], images, coloured)


def _is_neutral(matrix: Tensor) -> Tensor:
    """Which matrices of [N, R, C] are the identity, bool [N]."""
    neutral = torch.eye(*matrix.shape[1:], device=matrix.device, dtype=matrix.dtype)
    return (matrix == neutral).flatten(1).all(1)


def augment(
    images: Tensor,
    probability: Tensor | float,
    kinds: tuple[AugmentationKind, ...] = KINDS,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Change images at random, each change with the same probability, so that gradients pass through.

    Args:
        images: float [N, C, H, W] in [-1, 1].
        probability: chance of each change, in [0, 1], a number or a scalar tensor on the images' device.
        kinds: which groups of changes: ``blit``, ``geometry``, ``color``.
        generator: source of randomness; the global one when None.

    Returns:
        float [N, C, H, W], not clipped.

    Source: Karras et al. 2020 (ADA), section 2 and appendix B.
    """
    if "blit" in kinds or "geometry" in kinds:
        images = resample(images, placement_matrix(draw_placement(images, probability, kinds, generator)))
    if "color" in kinds:
        images = recolour(images, colouring_matrix(draw_colouring(images, probability, generator), images.shape[1]))
    return images
