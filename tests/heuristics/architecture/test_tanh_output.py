import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from steadygan.heuristics.architecture import scale_images, unscale_images
from steadygan.heuristics.blueprint import Blueprint


@pytest.mark.parametrize(("output", "ends"), [("sigmoid", (0.0, 1.0)), ("tanh", (-1.0, 1.0))])
def test_the_range_of_images_is_that_of_the_last_activation(output: str, ends: tuple[float, float]) -> None:
    assert Blueprint().changed(output=output).image_range == ends


def test_bytes_are_scaled_to_the_range_of_tanh() -> None:
    scaled = scale_images(torch.arange(256, dtype=torch.uint8))
    assert scaled.dtype == torch.float32
    np.testing.assert_allclose(scaled.numpy(), np.arange(256) / 127.5 - 1, atol=1e-6)
    assert scaled.min() == -1
    assert scaled.max() == 1


def test_bytes_are_scaled_to_the_range_of_a_sigmoid() -> None:
    scaled = scale_images(torch.arange(256, dtype=torch.uint8), 0.0, 1.0)
    np.testing.assert_allclose(scaled.numpy(), np.arange(256) / 255, atol=1e-6)


@given(ends=st.tuples(st.floats(-10, 10), st.floats(-10, 10)).filter(lambda ends: ends[1] - ends[0] > 0.01))
def test_unscaling_undoes_scaling_for_every_byte_and_range(ends: tuple[float, float]) -> None:
    levels = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16)
    back = unscale_images(scale_images(levels, *ends), *ends)
    assert back.dtype == torch.uint8
    assert torch.equal(back, levels)


def test_unscaling_rounds_to_the_nearest_level_and_clips_what_lies_outside() -> None:
    pixels = torch.tensor([-3.0, -1.0, 0.4 / 127.5 - 1, 0.6 / 127.5 - 1, 199.6 / 127.5 - 1, 1.0, 1.7])
    assert unscale_images(pixels).tolist() == [0, 0, 0, 1, 200, 255, 255]


def test_unscaling_takes_half_precision() -> None:
    assert unscale_images(torch.tensor([-1.0, 1.0], dtype=torch.bfloat16)).tolist() == [0, 255]


def test_scaling_and_unscaling_leave_their_input_as_it_is() -> None:
    levels, pixels = torch.tensor([0, 7, 255], dtype=torch.uint8), torch.tensor([-2.0, 0.3])
    scale_images(levels)
    unscale_images(pixels)
    assert levels.tolist() == [0, 7, 255]
    torch.testing.assert_close(pixels, torch.tensor([-2.0, 0.3]))
