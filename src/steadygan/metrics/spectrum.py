"""Power spectra of images, and what a network's strides leave in them."""

import torch
from torch import Tensor

STRIDES = (2, 4)
"""Periods in pixels of the grids that layers which double their maps leave: the last layer's, and that before it."""


def power_spectrum(images: Tensor) -> Tensor:
    """The mean power at each frequency.

    Each image's mean is taken out, and it fades to 0 towards its edges (a Hann window), because a difference between
    opposite edges would look like power at every frequency of the axes.

    Args:
        images: float [N, C, H, W].

    Returns:
        float64 [H, W], frequency 0 first, means over images and channels.

    Source: Durall et al. 2020, section 2, without the mean over angles.
    """
    height, width = images.shape[-2:]
    window = torch.outer(torch.hann_window(height, dtype=torch.float64), torch.hann_window(width, dtype=torch.float64))
    total = torch.zeros(height, width, dtype=torch.float64, device=images.device)
    for some in torch.split(images, 256):
        centred = some.double() - some.double().mean((-2, -1), keepdim=True)
        total += torch.fft.fft2(centred * window.to(images.device)).abs().square().mean(1).sum(0)
    return total / len(images)


def checkerboard_ratio(images: Tensor, strides: tuple[int, ...] = STRIDES) -> float:
    """How much more power there is at the frequencies of strides than beside them: 1 is none, real photos are near it.

    Args:
        images: float [N, C, H, W].
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
