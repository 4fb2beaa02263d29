"""Changed images: which change it was is told truly, and each gets an equal share."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from steadygan.features.pretext import CHANGES, changed


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@given(count=st.integers(2, 40), size=st.integers(8, 13), channels=st.sampled_from([1, 3]))
def test_every_image_stays_and_shares_are_equal(count: int, size: int, channels: int) -> None:
    images = torch.rand(count, channels, size, size)
    found, kinds = changed(images, seeded())
    assert found.shape == images.shape
    numbers = torch.bincount(kinds, minlength=CHANGES)
    assert int(numbers.max() - numbers.min()) <= 1
    assert torch.isfinite(found).all()
    assert float(found.min()) >= -1e-6  # nothing lies outside what the images had
    assert float(found.max()) <= 1 + 1e-6


def test_turns_and_quarters_are_what_they_say() -> None:
    images = torch.rand(16, 1, 8, 8)
    found, kinds = changed(images, seeded())
    assert torch.equal(found[kinds == 0], images[:2])
    assert torch.equal(found[kinds == 1], images[2:4].transpose(2, 3).flip(2))  # against the clock
    assert torch.equal(found[kinds == 2], images[4:6].flip(2, 3))
    assert torch.equal(found[kinds == 3], images[6:8].transpose(2, 3).flip(3))
    exchanged, whole = found[kinds == 4], images[8:10]
    assert torch.equal(exchanged[..., :4, :4], whole[..., 4:, 4:])
    assert torch.equal(exchanged[..., :4, 4:], whole[..., 4:, :4])
    torch.testing.assert_close(found[kinds == 5], images[10:12].mean(0, keepdim=True).expand(2, -1, -1, -1))


def test_tiles_come_from_the_other_image() -> None:
    images = torch.rand(64, 1, 8, 8)
    found, kinds = changed(images, seeded())
    own, tiled = images[56:], found[kinds == 7]
    other = own.roll(1, 0)
    replaced = (tiled != own).reshape(8, 4, 2, 4, 2)
    torch.testing.assert_close(torch.where(tiled == own, own, other), tiled)
    assert torch.equal(replaced.any(4).any(2), replaced.all(4).all(2))  # whole tiles
    assert float((tiled != own).float().mean()) == pytest.approx(0.3, abs=0.2)
