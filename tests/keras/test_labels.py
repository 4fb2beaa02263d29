from typing import Any

import numpy as np
import pytest
import torch

keras = pytest.importorskip("keras")

from keras import ops

from steadygan.heuristics import targets as of_torch
from steadygan.keras.labels import flip_labels, one_sided_smoothing, smooth_classes, smooth_labels, soft_labels
from tests.keras.twins import array

REAL, FAKE = np.ones((4000, 1)), np.zeros((4000, 1))


def test_soft_labels_fill_the_ranges_of_the_list() -> None:
    for labels, low, high in ((REAL, 0.7, 1.2), (FAKE, 0.0, 0.3)):
        soft = soft_labels(labels)
        assert (soft.shape, soft.dtype) == ((4000, 1), np.float32)
        assert low <= soft.min() < low + 0.01
        assert high - 0.01 < soft.max() <= high
        assert float(soft.mean()) == pytest.approx((low + high) / 2, abs=0.01)


def test_a_side_without_a_range_keeps_its_labels() -> None:
    mixed = np.concatenate([REAL, FAKE])
    assert np.array_equal(soft_labels(mixed, fake=None)[4000:], FAKE)
    assert np.array_equal(soft_labels(mixed, real=None)[:4000], REAL)


def test_a_share_of_the_labels_is_flipped() -> None:
    assert float(flip_labels(REAL).mean()) == pytest.approx(0.95, abs=0.015)
    assert float(flip_labels(FAKE, 0.3).mean()) == pytest.approx(0.3, abs=0.03)
    assert np.array_equal(flip_labels(REAL, 0.0), REAL)


def test_flipped_before_softened_a_real_image_gets_a_target_of_a_fake_one() -> None:
    soft = soft_labels(flip_labels(REAL, 0.5, seed=1), seed=1)
    flipped = soft[soft < 0.5]
    assert len(flipped) == pytest.approx(2000, abs=150)
    assert flipped.max() > 0.28
    assert soft[soft > 0.5].min() < 0.72


def test_flipping_what_is_soft_is_refused() -> None:
    with pytest.raises(ValueError, match="flip them before they are softened"):
        flip_labels(soft_labels(REAL))


def test_seeds_give_the_same_labels_and_generators_go_on() -> None:
    assert np.array_equal(soft_labels(REAL, seed=3), soft_labels(REAL, seed=3))
    source = keras.random.SeedGenerator(3)
    assert not np.array_equal(soft_labels(REAL, seed=source), soft_labels(REAL, seed=source))


def test_smoothing_lowers_real_targets_and_shares_those_of_classes() -> None:
    both = np.array([1.0, 0.0], "float32")
    np.testing.assert_allclose(smooth_labels(both), [0.9, 0.0])
    classes = np.eye(4, dtype="float32")
    expected = of_torch.smooth_classes(torch.eye(4), 0.2).numpy()
    np.testing.assert_allclose(smooth_labels(classes, 0.2), expected, rtol=1e-6)
    np.testing.assert_allclose(smooth_classes(classes, 0.2, one_sided=True), 0.8 * classes, rtol=1e-6)
    np.testing.assert_array_equal(smooth_classes(0 * classes), 0 * classes)


def test_smoothed_targets_may_be_drawn() -> None:
    drawn = one_sided_smoothing(REAL, 0.8, 1.0)
    assert 0.8 <= drawn.min() < 0.81 < 0.99 < drawn.max() <= 1


def functions() -> list[Any]:
    return [soft_labels, flip_labels, smooth_labels, one_sided_smoothing]


@pytest.mark.parametrize("function", functions(), ids=lambda function: function.__name__)
def test_tensors_come_back_as_tensors(function: Any) -> None:
    made = function(ops.ones((5,), "int32"))
    assert ops.is_tensor(made)
    assert array(made).shape == (5,)
