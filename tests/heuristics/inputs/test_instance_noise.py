import pytest
import torch

from steadygan.heuristics.inputs import InstanceNoise, instance_noise
from steadygan.vocabulary import Side

from ..truth import FakeTurn, follows, normal_cdf
from .pictures import pictures


def test_instance_noise_is_normal_with_its_standard_deviation() -> None:
    torch.manual_seed(0)
    images = pictures(400)
    assert follows((instance_noise(images, 0.25) - images) / 0.25, normal_cdf)


def test_no_noise_leaves_images_as_they_are() -> None:
    assert torch.equal(instance_noise(pictures(2), 0.0), pictures(2))


@pytest.mark.parametrize(("images_seen", "std"), [(0, 0.2), (250, 0.15), (500, 0.1), (1_000, 0.0), (5_000, 0.0)])
def test_instance_noise_fades_linearly_over_images_seen(images_seen: int, std: float) -> None:
    heuristic = InstanceNoise(std=0.2, images=1_000)
    assert heuristic.std_at(images_seen) == pytest.approx(std)
    images = torch.zeros(400, 3, 4, 4)
    noise = heuristic.apply(images, Side.REAL, FakeTurn(images_seen=images_seen))
    assert noise.std().item() == pytest.approx(std, rel=6 / (2 * images.numel()) ** 0.5)


@pytest.mark.parametrize("side", Side)
def test_instance_noise_is_put_on_both_sides(side: Side) -> None:
    images = pictures(2)
    assert not torch.equal(InstanceNoise().apply(images, side, FakeTurn()), images)
