from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from steadygan.heuristics.inputs import color_jitter, cutout, diff_augment, horizontal_flip, instance_noise, translate

from .pictures import pictures

ALTER: dict[str, Callable[[Tensor], Tensor]] = {
    "noise": lambda x: instance_noise(x, 0.3),
    "flip": horizontal_flip,
    "color": color_jitter,
    "translation": translate,
    "cutout": cutout,
    "all": diff_augment,
}


@pytest.mark.parametrize("alter", ALTER.values(), ids=ALTER.keys())
def test_the_same_seed_alters_alike_and_another_seed_otherwise(alter: Callable[[Tensor], Tensor]) -> None:
    images = pictures(16, 8)
    results = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        results.append(alter(images))
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])


@pytest.mark.parametrize("alter", ALTER.values(), ids=ALTER.keys())
def test_shape_and_type_stay_and_the_given_images_too(alter: Callable[[Tensor], Tensor]) -> None:
    images = pictures(16, 8)
    before = images.clone()
    altered = alter(images)
    assert altered.shape == images.shape
    assert altered.dtype == images.dtype
    assert torch.equal(images, before)
