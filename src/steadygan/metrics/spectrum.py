"""Power spectra of images, and what a network's strides leave in them."""

import torch
from torch import Tensor

from steadygan.metrics.stored import channels_first, floats

SUMMED, AT_A_TIME = 256, 32
"""Images whose power is summed at once, and those that are transformed at once, which takes far more memory."""
STRIDES = (2, 4)
"""Periods in pixels of the grids that layers which double their maps leave: the last layer's, and that before it."""


def power_spectrum(images: Tensor) -> Tensor:
    """The mean power at each frequency.

    Each image's mean is taken out, and it fades to 0 towards its edges (a Hann window), because a difference between
    opposite edges would look like power at every frequency of the axes.

    Args:
        images: float [N, C, H, W], or uint8 [N, H, W, C].

    Returns:
        float64 [H, W], frequency 0 first, means over images and channels.

    Source: Durall et al. 2020, section 2, without the mean over angles.
    """
    images = channels_first(images)
    height, width = images.shape[-2:]
    sides = (torch.hann_window(length, dtype=torch.float64) for length in (height, width))
    window = torch.outer(*sides).to(images.device)
    total = torch.zeros(height, width, dtype=torch.float64, device=images.device)
    for some in torch.split(images, SUMMED):
        total += torch.cat([_powers(few, window) for few in torch.split(some, AT_A_TIME)]).sum(0)
    return total / len(images)


def _powers(images: Tensor, window: Tensor) -> Tensor:
    """The power of each image [N, C, H, W] at each frequency, the mean over its channels: float64 [N, H, W]."""
    centred = floats(images).double()
    centred = centred - centred.mean((-2, -1), keepdim=True)
    powers: Tensor = torch.fft.fft2(centred * window).abs().square().mean(1)
    return powers


def checkerboard_ratio(images: Tensor, strides: tuple[int, ...] = STRIDES) -> float:
    """How much more power there is at the frequencies of strides than beside them: 1 is none, real photos are near it.

    Args:
        images: float [N, C, H, W], or uint8 [N, H, W, C].
        strides: periods in pixels of the grids that are looked for.

    Returns:
        The largest ratio, over the frequencies of these grids, of the power there to the median of that around it.

    Source: Odena et al. 2016 for the artefact; the measure is this package's own.
    """
    spectrum = power_spectrum(images)
    height, width = spectrum.shape
    peaks = {
        (row, column)
        for stride in strides
        for row in {k * height // stride for k in range(stride)}
        for column in {k * width // stride for k in range(stride)}
        if row or column
    }
    return max(_over_its_surroundings(spectrum, row, column) for row, column in peaks)


def _over_its_surroundings(spectrum: Tensor, row: int, column: int) -> float:
    """Power at a frequency over the median of those two and three places away, beyond what the window spreads."""
    height, width = spectrum.shape
    around = [
        spectrum[(row + down) % height, (column + right) % width]
        for down in range(-3, 4)
        for right in range(-3, 4)
        if max(abs(down), abs(right)) > 1
    ]
    return float(spectrum[row, column] / torch.stack(around).median())
