import numpy as np
import pytest
import torch

keras = pytest.importorskip("keras")

from keras import ops

from steadygan.heuristics.architecture import scale_images
from steadygan.keras.scaling import scaled, unscaled
from tests.keras.twins import Array, array

PIXELS = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)


def test_pixels_are_scaled_as_in_the_package_and_back() -> None:
    made = scaled(PIXELS)
    assert (made.dtype, made.min(), made.max()) == (np.float32, -1, 1)
    np.testing.assert_allclose(made, scale_images(torch.tensor(PIXELS)).numpy(), atol=1e-7)
    again = unscaled(made)
    assert again.dtype == np.uint8
    assert np.array_equal(again, PIXELS)


def test_tensors_come_back_as_tensors() -> None:
    made = scaled(ops.convert_to_tensor(PIXELS))
    assert ops.is_tensor(made)
    np.testing.assert_allclose(array(made), scaled(PIXELS), atol=1e-7)
    assert np.array_equal(array(unscaled(made)), PIXELS)


def test_floats_and_wide_integers_of_the_right_range_are_taken() -> None:
    for kind in ("float32", "int64", "uint16"):
        np.testing.assert_array_equal(scaled(PIXELS.astype(kind)), scaled(PIXELS))


def test_what_is_a_little_outside_is_clipped() -> None:
    assert unscaled(np.array([-1.2, 1.2], "float32")).tolist() == [0, 255]


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.array([-1.0, 1.0]), r"float64 from -1 to 1; scaled takes 0\.\.255, and images that lie in \[-1, 1\]"),
        (np.array([0.0, 1.0]), "multiply images in 0..1 by 2 and subtract 1"),
        (np.array([0, 256]), "from 0 to 256"),
        (np.array([0.0, np.nan]), "from nan to nan"),
    ],
)
def test_other_ranges_are_refused(images: Array, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        scaled(images)


@pytest.mark.parametrize("images", [PIXELS, PIXELS.astype("float32"), np.array([0.0, np.nan])])
def test_what_is_not_scaled_is_not_unscaled(images: Array) -> None:
    with pytest.raises(ValueError, match=r"unscaled takes floats in \[-1, 1\]"):
        unscaled(images)
