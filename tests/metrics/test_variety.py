"""Variety: how much images differ from one another."""

import torch

from steadygan.metrics.variety import variety


def flat(*greys: int) -> torch.Tensor:
    """Images of one grey each, uint8 [N, 8, 8, 1]."""
    return torch.tensor(greys, dtype=torch.uint8).view(-1, 1, 1, 1).expand(-1, 8, 8, 1).contiguous()


def test_it_is_the_ratio_of_standard_deviations() -> None:
    """Greys 0, 10 and 20 have a standard deviation of sqrt(200 / 3), greys 0, 30 and 60 three times as much."""
    assert abs(variety(flat(0, 30, 60), flat(0, 10, 20)) - 1 / 3) < 1e-6


def test_images_that_are_alike_have_none_whatever_they_show() -> None:
    real = torch.randint(0, 256, (20, 32, 32, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    assert variety(real, real[:1].expand(20, -1, -1, -1)) < 1e-6
    assert abs(variety(real, real) - 1) < 1e-6


def test_noise_is_no_variety() -> None:
    generator = torch.Generator().manual_seed(0)
    brightness = torch.rand(50, 1, 1, 1, generator=generator) * 2 - 1
    real = brightness.expand(50, 3, 64, 64)
    noisy = torch.randn(50, 3, 64, 64, generator=generator) * real.std()
    assert variety(real, noisy) < 0.3


def test_data_that_are_all_alike() -> None:
    assert variety(flat(7, 7), flat(9, 9)) == 1.0
    assert variety(flat(7, 7), flat(0, 200)) == float("inf")
