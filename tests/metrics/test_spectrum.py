"""Spectra against waves and grids whose frequencies are known."""

import math

import pytest
import torch

from steadygan.metrics.spectrum import checkerboard_ratio, power_spectrum


def noise(count: int = 200, size: int = 32) -> torch.Tensor:
    return torch.randn(count, 1, size, size, generator=torch.Generator().manual_seed(0))


def test_a_wave_has_its_power_at_its_frequency_and_beside_it() -> None:
    size, frequency = 32, 5
    rows = torch.cos(2 * math.pi * frequency * torch.arange(size, dtype=torch.float64) / size)
    spectrum = power_spectrum(rows[None, None, :, None].expand(1, 1, size, size))
    assert spectrum.shape == (size, size)
    row, column = divmod(int(spectrum.argmax()), size)
    assert (min(row, size - row), column) == (frequency, 0)
    # The window spreads a frequency over its neighbours: along each axis 1/4, 1/2, 1/4 of the amplitude.
    near = [spectrum[frequency + down, right] for down in (-1, 0, 1) for right in (-1, 0, 1)]
    assert float(sum(near) * 2 / spectrum.sum()) == pytest.approx(1.0, abs=1e-9)


def test_brightness_is_no_power() -> None:
    assert float(power_spectrum(torch.full((3, 2, 8, 8), 0.7)).max()) < 1e-12


def test_the_spectrum_is_the_mean_over_images_and_channels_however_many_there_are() -> None:
    images = noise(300, 8).view(150, 2, 8, 8)
    alone = torch.stack([power_spectrum(image[None]) for image in images]).mean(0)
    torch.testing.assert_close(power_spectrum(images), alone)


@pytest.mark.parametrize("stride", [2, 4])
def test_a_grid_of_dots_stands_out_of_noise_as_much_as_arithmetic_says(stride: int) -> None:
    images, size, height = noise(), 32, 4.0
    assert checkerboard_ratio(images) < 1.5
    images[:, :, ::stride, ::stride] += height
    # Under a Hann window, of mean 1/4 and mean square 9/64, dots add (height · size² / 4 stride²)² to a frequency where
    # noise of variance 1 has 9/64 · size².
    expected = 1 + (height * size / (4 * stride**2)) ** 2 * 64 / 9
    assert checkerboard_ratio(images) == pytest.approx(expected, rel=0.3)


def test_a_grid_of_another_period_is_not_taken_for_one_of_strides() -> None:
    images = noise(size=30)
    images[:, :, ::3, ::3] += 4.0
    assert checkerboard_ratio(images, strides=(2,)) < 2
    assert checkerboard_ratio(images, strides=(3,)) > 10
