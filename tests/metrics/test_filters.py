"""Filters against scipy's."""

import numpy as np
import pytest
import torch
from scipy.ndimage import convolve1d  # type: ignore[import-untyped]

from steadygan.metrics.filters import filtered


@pytest.mark.parametrize("taps", [(1.0,), (0.5, 0.2, -1.0), (1.0, 2.0, 3.0, 4.0, 5.0)])
def test_it_is_a_filter_along_each_side_mirrored_at_the_edges(taps: tuple[float, ...]) -> None:
    images = torch.randn(2, 3, 6, 9, dtype=torch.float64)
    turned = np.array(taps[::-1])  # scipy's convolution turns its weights round
    expected = convolve1d(convolve1d(images.numpy(), turned, 2, mode="mirror"), turned, 3, mode="mirror")
    np.testing.assert_allclose(filtered(images, taps), expected, rtol=1e-12, atol=1e-12)
