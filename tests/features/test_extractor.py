"""All features of many images are those of each, whatever the batches; what is no image is refused."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from steadygan.errors import SteadyganError
from steadygan.features import Features, extract
from steadygan.features.extractor import Extractor


class Means:
    """The mean of each row of pixels, and the share of its light as probabilities."""

    name, classes = "means", 4

    def __init__(self) -> None:
        self.lengths: list[int] = []

    def __call__(self, images: Tensor) -> Features:
        self.lengths.append(len(images))
        rows = images.double().mean((2, 3))
        return Features(rows.float(), (rows / rows.sum(1, keepdim=True)).float())


def some(count: int, channels: int = 1) -> "np.ndarray":
    return np.random.default_rng(count).integers(1, 256, (count, 4, 4, channels), dtype=np.uint8)


@given(count=st.integers(1, 40), batch=st.integers(1, 50), chunk=st.integers(1, 50))
def test_features_do_not_depend_on_batches_or_chunks(count: int, batch: int, chunk: int) -> None:
    images = some(count)
    expected = images.astype(np.float64).mean((2, 3))
    whole = extract(Means(), images, batch)
    extractor = Means()
    parts = extract(extractor, iter(torch.from_numpy(images).split(chunk)), batch)
    assert max(extractor.lengths) <= batch
    for found in (whole, parts):
        np.testing.assert_allclose(found.features.numpy(), expected, rtol=1e-6)
        assert found.probabilities is not None
        np.testing.assert_allclose(found.probabilities.sum(1).numpy(), 1.0, rtol=1e-6)
        assert found.features.dtype == found.probabilities.dtype == torch.float32


def test_batches_are_full_even_where_chunks_are_large() -> None:
    extractor = Means()
    extract(extractor, iter([torch.from_numpy(some(23)), torch.from_numpy(some(4))]), 10)
    assert extractor.lengths == [10, 10, 7]


def test_memory_maps_are_read(tmp_path) -> None:
    np.save(tmp_path / "images.npy", some(9))
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    assert torch.equal(extract(Means(), mapped, 4).features, extract(Means(), some(9)).features)


def test_nothing_is_refused() -> None:
    def none() -> Iterator[Tensor]:
        yield from ()

    with pytest.raises(SteadyganError, match="no images"):
        extract(Means(), none())
    with pytest.raises(SteadyganError, match="no images"):
        extract(Means(), some(3)[:0])


@pytest.mark.parametrize(
    "images",
    [torch.zeros(2, 4, 4, 1), torch.zeros(2, 4, 4, 2, dtype=torch.uint8), torch.zeros(2, 3, dtype=torch.uint8)],
)
def test_what_is_no_stored_image_is_refused(images: Tensor) -> None:
    with pytest.raises(SteadyganError, match="uint8"):
        extract(Means(), [images])


def test_features_that_are_not_finite_are_refused() -> None:
    class Broken(Means):
        def __call__(self, images: Tensor) -> Features:
            return Features(torch.full((len(images), 2), torch.nan), None)

    with pytest.raises(SteadyganError, match="of 1 image are not finite"):
        extract(Broken(), some(1))


def test_the_protocol_is_met() -> None:
    extractor: Extractor = Means()
    assert extractor.name == "means"
