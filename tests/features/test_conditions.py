"""Other conditions change how images are made and not what they show, each image in its own way."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from steadygan.features.conditions import MOVE, PARTS, ZOOM, _reduced, askew, conditioned


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def discs(count: int, size: int) -> torch.Tensor:
    """Soft white discs in the middle of black images, float [count, 1, size, size]."""
    where = torch.arange(size) - (size - 1) / 2
    distance = (where[:, None].square() + where.square()).sqrt()
    return torch.sigmoid(2 * (size / 5 - distance)).expand(count, 1, -1, -1).clone()


@given(
    count=st.integers(1, 20), size=st.integers(8, 17), channels=st.sampled_from([1, 3]), seed=st.integers(0, 2**32 - 1)
)
def test_images_stay_within_what_channels_hold(count: int, size: int, channels: int, seed: int) -> None:
    images = torch.randn(count, channels, size, size, generator=seeded(seed))
    for found in (askew(images, seeded(seed)), conditioned(images, seeded(seed))):
        assert found.shape == images.shape
        assert (found >= images.amin((0, 2, 3), keepdim=True) - 1e-5).all()
        assert (found <= images.amax((0, 2, 3), keepdim=True) + 1e-5).all()


def test_one_colour_stays_one_colour() -> None:
    images = torch.tensor([0.2, -1.0, 3.0]).reshape(1, 3, 1, 1).expand(5, -1, 12, 12)
    torch.testing.assert_close(askew(images, seeded()), images)
    torch.testing.assert_close(conditioned(images, seeded()), images)


def test_a_disc_stays_a_disc_near_the_middle_and_of_about_its_size() -> None:
    images = discs(200, 32)
    found = askew(images, seeded()).double()[:, 0]
    mass, whole = found.sum((1, 2)), float(images[0].sum())
    where = torch.arange(32.0) - 15.5
    for axis in (1, 2):
        middle = (found.sum(axis) * where).sum(1) / mass
        assert float(middle.abs().max()) == pytest.approx(32 * MOVE, rel=0.15)
        assert float(middle.std()) == pytest.approx(32 * MOVE / 3**0.5, rel=0.15)  # uniform
    assert float(mass.min()) == pytest.approx(whole / (1 + ZOOM) ** 2, rel=0.03)  # an area
    assert float(mass.max()) == pytest.approx(whole / (1 - ZOOM) ** 2, rel=0.03)


def test_a_bar_is_turned_and_not_bent() -> None:
    bars = torch.zeros(50, 1, 32, 32)
    bars[..., 14:18] = 1
    found = askew(bars, seeded())[:, 0, 4:28]
    middles = (found * torch.arange(32.0)).sum(2) / found.sum(2)  # of each row
    rows = torch.arange(24.0) - 11.5
    slopes = (middles * rows).sum(1) / rows.square().sum()
    straight = slopes[:, None] * rows + middles.mean(1, keepdim=True)
    assert float((middles - straight).abs().max()) < 0.2
    assert 0.1 < float(slopes.abs().max()) < 0.16  # tan 0.15 = 0.151


def test_one_part_keeps_its_resolution_and_others_lose_fine_detail() -> None:
    board = (-1.0) ** (torch.arange(16)[:, None] + torch.arange(16))
    images = board.expand(5 * PARTS, 1, -1, -1).contiguous()
    found = _reduced(images, seeded()).reshape(5 * PARTS, -1)
    same = (found == images.flatten(1)).all(1)
    assert 5 <= int(same.sum()) < 3 * 5  # reduced by less than half a pixel is not reduced
    assert float((found[~same] * board.flatten()).mean(1).max()) < 0.7
    gentle = discs(5 * PARTS, 16)
    assert float((_reduced(gentle, seeded()) - gentle).abs().mean()) < 0.03


def test_detail_is_lost_mostly_and_sometimes_stands_out() -> None:
    images = torch.randn(300, 1, 16, 16, generator=seeded(1))
    found = conditioned(images, seeded()).var((1, 2, 3)) / images.var((1, 2, 3))
    assert float(found.quantile(0.1)) < 0.25
    assert 0.02 < float((found > 1.1).double().mean()) < 0.2
