"""A set of items in the forms that metrics need."""

import numpy as np
import pytest
import torch

from steadygan.evaluation import material
from steadygan.evaluation.material import Material
from steadygan.metrics import Needs
from steadygan.metrics.memorisation import Nearest
from steadygan.metrics.sliced import small_images
from tests import tiny

IMAGES = frozenset({"images"})


def whole(count: int = 50) -> Material:
    data = tiny.images(count, size=32, channels=3)
    random = np.random.default_rng(0)
    distances = Nearest(torch.arange(count).double(), torch.arange(count))
    return Material(
        data.images,
        random.permutation(count),
        data.labels,
        random.normal(size=(count, 5)).astype(np.float32),
        np.full((count, 3), 1 / 3, np.float32),
        own_classes=True,
        nearest=distances,
        nearest_pixels=distances,
    )


def test_a_part_is_a_part_of_everything() -> None:
    items, part = whole(), whole().part(10, 25)
    assert len(part) == 15
    assert torch.equal(part.images(), items.images()[10:25])
    assert torch.equal(part.points(), items.points()[10:25])
    assert torch.equal(part.classes, items.classes[10:25])
    assert torch.equal(part.pixels, items.pixels[10:25])
    for form in ("distances", "pixel distances", "probabilities", "classes"):
        needs = Needs(kinds=IMAGES, of=form)
        assert torch.equal(part.given(needs), items.given(needs)[10:25])
    assert items.part(0, 50) is items is items.part(0, 99)


def test_images_are_in_the_order_that_is_meant() -> None:
    items = whole()
    assert items.order is not None
    np.testing.assert_array_equal(items.images().numpy(), items.items[items.order])
    np.testing.assert_array_equal(items.rows(np.array([3, 1])), items.items[items.order[[3, 1]]])
    floats = items.given(Needs(kinds=IMAGES, images="float"))
    assert isinstance(floats, torch.Tensor)
    assert floats.shape == (50, 3, 32, 32)
    torch.testing.assert_close(items.pixels, small_images(floats), rtol=0, atol=1e-6)


def test_statistics_are_those_of_the_features() -> None:
    items = whole()
    assert items.features is not None
    features = items.features.astype(np.float64)
    np.testing.assert_allclose(items.statistics.mean, features.mean(0), rtol=1e-12)
    np.testing.assert_allclose(items.statistics.covariance, np.cov(features, rowvar=False), rtol=1e-10)
    known = whole(20).statistics
    assert items.with_statistics(known).statistics is known


def test_probabilities_are_shares_in_double_precision() -> None:
    found = whole().given(Needs(kinds=IMAGES, of="probabilities"))
    assert isinstance(found, torch.Tensor)
    assert found.dtype == torch.float64
    torch.testing.assert_close(found.sum(1), torch.ones(50, dtype=torch.float64), rtol=0, atol=1e-15)


def test_images_that_take_much_memory_are_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(material, "IMAGE_BYTES", 20 * 32 * 32 * 3)
    items = whole()
    assert items.most(Needs(kinds=IMAGES, images="uint8")) == 20
    assert items.most(Needs(kinds=IMAGES, images="float")) == 5
    assert items.most(Needs(kinds=IMAGES, of="features")) == 50


@pytest.mark.parametrize(
    ("needs", "without"),
    [
        (Needs(kinds=IMAGES, of="classes"), {"own_classes": False}),
        (Needs(kinds=IMAGES, of="classes"), {"probabilities": None}),
        (Needs(kinds=IMAGES, of="probabilities"), {"probabilities": None}),
        (Needs(kinds=IMAGES, of="labelled images"), {"probabilities": None, "labels": None}),
        (Needs(kinds=IMAGES, of="distances"), {"nearest": None}),
        (Needs(kinds=frozenset({"vectors"})), {}),
    ],
)
def test_what_is_not_known_cannot_be_given(needs: Needs, without: dict[str, object]) -> None:
    about = {name: getattr(whole(), name) for name in Material.__dataclass_fields__}
    lacking = Material(**(about | without))
    assert not lacking.fits(needs)
    assert whole().fits(needs) == bool(without)


def test_classes_are_labels_or_else_what_features_take_items_for() -> None:
    items = whole()
    assert items.labels is not None
    assert torch.equal(items.classes, torch.from_numpy(items.labels))
    some = Material(items.items, None, np.full(50, -1), items.features, np.eye(3, dtype=np.float32)[[2] * 50], True)
    assert some.classes.tolist() == [2] * 50
