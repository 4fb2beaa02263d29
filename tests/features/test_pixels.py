"""Stored images become floats of an extractor's size and channels."""

import numpy as np
import torch
from PIL import Image

from steadygan.features.pixels import pixels, with_channels


def test_images_of_the_right_size_are_not_changed() -> None:
    images = torch.randint(0, 256, (3, 8, 8, 3), dtype=torch.uint8)
    assert torch.equal(pixels(images, 3, 8), images.permute(0, 3, 1, 2).float())


def test_grey_becomes_colour_and_back() -> None:
    grey = torch.randint(0, 256, (2, 1, 4, 4)).float()
    colour = with_channels(grey, 3)
    assert colour.shape == (2, 3, 4, 4)
    torch.testing.assert_close(with_channels(colour, 1), grey)


def test_reducing_agrees_with_pillow() -> None:
    image = np.random.default_rng(0).integers(0, 256, (40, 40), dtype=np.uint8)
    found = pixels(torch.from_numpy(image)[None, :, :, None], size=16)[0, 0].numpy()
    expected = np.asarray(Image.fromarray(image).resize((16, 16), Image.Resampling.BILINEAR), np.float32)
    assert np.abs(found - expected).max() <= 1.0  # Pillow rounds to whole numbers, twice


def test_bicubic_stays_in_range() -> None:
    images = (torch.rand(4, 12, 12, 1) < 0.5).byte() * 255
    found = pixels(images, size=30, mode="bicubic")
    assert found.min() >= 0
    assert found.max() <= 255
