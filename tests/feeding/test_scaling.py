import numpy as np
import pytest
import torch

from steadygan.feeding.scaling import Scaling, scaling_for
from tests import tiny


@pytest.mark.parametrize("span", [(-1.0, 1.0), (0.0, 1.0)])
def test_every_pixel_value_survives_there_and_back(span: tuple[float, float]) -> None:
    scaling = Scaling(image_range=span)
    stored = torch.arange(256, dtype=torch.uint8).view(1, 16, 16, 1).repeat(2, 1, 1, 3)
    seen = scaling.to_network(stored)
    assert (seen.shape, seen.dtype) == ((2, 3, 16, 16), torch.float32)
    assert (float(seen.min()), float(seen.max())) == span
    assert seen.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(scaling.to_storage(seen), stored)
    torch.testing.assert_close(scaling.to_unit(seen).mean(), torch.tensor(0.0), atol=1e-6, rtol=0)


def test_colours_and_places_are_not_mixed_up() -> None:
    stored = torch.zeros(1, 2, 2, 3, dtype=torch.uint8)
    stored[0, 0, 1, 2] = 255
    assert Scaling(image_range=(0.0, 1.0)).to_network(stored)[0, 2].tolist() == [[0.0, 1.0], [0.0, 0.0]]


def test_what_lies_outside_the_range_is_cut_off() -> None:
    made = torch.tensor([-9.0, -1.0, 0.0, 1.0, 9.0]).view(1, 1, 1, 5)
    assert Scaling(image_range=(-1.0, 1.0)).to_storage(made).flatten().tolist() == [0, 0, 128, 255, 255]


def test_vectors_get_mean_0_and_deviation_1_and_come_back() -> None:
    data = tiny.vectors(200)
    scaling = scaling_for(data, (-1.0, 1.0))
    stored = torch.from_numpy(np.asarray(data.images))
    seen = scaling.to_network(stored)
    torch.testing.assert_close(seen.mean(0), torch.zeros(3), atol=1e-4, rtol=0)
    torch.testing.assert_close(seen.std(0, correction=0), torch.ones(3), atol=1e-4, rtol=0)
    torch.testing.assert_close(scaling.to_storage(seen), stored)
    assert scaling.to_unit(seen) is seen
    assert scaling == Scaling.model_validate_json(scaling.model_dump_json())


def test_a_constant_is_only_moved() -> None:
    data = tiny.prepared(np.full((10, 2), 3.0, dtype=np.float32))
    scaling = scaling_for(data, (-1.0, 1.0))
    assert scaling.to_network(torch.full((1, 2), 4.0)).tolist() == [[1.0, 1.0]]


def test_images_take_the_range_of_the_networks() -> None:
    assert scaling_for(tiny.images(), (0.0, 1.0)) == Scaling(image_range=(0.0, 1.0))
