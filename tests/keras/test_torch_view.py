"""Views of Keras tensors compute what PyTorch's tensors do."""

import numpy as np
import pytest
import torch

keras = pytest.importorskip("keras")

from keras import ops

from steadygan.keras.torch_view import tensor_of, view


@pytest.mark.parametrize(("shape", "column"), [((4, 3, 4, 4), (4, 1, 1, 1)), ((3, 3, 2), (3, 1, 1)), ((5, 5), (5, 1))])
def test_numbers_of_images_are_added_to_images_that_are_as_wide_as_there_are_images(
    shape: tuple[int, ...], column: tuple[int, ...]
) -> None:
    source = np.random.default_rng(0)
    one, other = (source.normal(size=each).astype("float32") for each in (shape, column))
    images, numbers = (view(ops.convert_to_tensor(each)) for each in (one, other))
    for found in (images + numbers, numbers + images, torch.add(images, numbers)):
        np.testing.assert_allclose(np.asarray(ops.convert_to_numpy(tensor_of(found))), one + other, rtol=1e-6)
