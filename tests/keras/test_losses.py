"""The losses against the package's own, in values and gradients."""

from typing import Any

import numpy as np
import pytest
import torch

keras = pytest.importorskip("keras")

from keras import ops

from steadygan.heuristics import objectives as of_torch
from steadygan.keras import losses
from steadygan.keras.gradients import input_gradients
from tests.keras.twins import Array, array, normal

LOGITS = np.concatenate([3 * normal(6), [40.0, -40.0]]).astype("float32"), 2 * normal(8, seed=1)
TARGETS = np.linspace(0.7, 1.2, 8, dtype="float32"), np.linspace(0, 0.3, 8, dtype="float32")
CASES: list[tuple[str, int]] = [
    ("cross_entropy", 2),
    ("discriminator_cross_entropy", 4),
    ("minimax_generator_loss", 1),
    ("minimax_generator_loss", 2),
    ("non_saturating_generator_loss", 1),
    ("non_saturating_generator_loss", 2),
    ("least_squares", 2),
    ("least_squares_discriminator_loss", 4),
    ("least_squares_generator_loss", 1),
    ("least_squares_generator_loss", 2),
    ("hinge_discriminator_loss", 2),
    ("hinge_generator_loss", 1),
    ("wasserstein_discriminator_loss", 2),
    ("wasserstein_generator_loss", 1),
    ("relativistic_loss", 2),
    ("relativistic_average_loss", 2),
    ("relativistic_average_loss", 4),
]


def with_gradient(name: str, given: list[Array]) -> tuple[Array, Array]:
    def total(tensors: list[Any]) -> tuple[Any, Any]:
        values = getattr(losses, name)(*tensors)
        return ops.sum(values), values

    _, values, found = input_gradients(total, [ops.convert_to_tensor(each) for each in given], [])
    return array(values), array(found[0])


@pytest.mark.parametrize(("name", "count"), CASES)
def test_losses_and_their_gradients_are_those_of_the_package(name: str, count: int) -> None:
    given = [*LOGITS, *TARGETS][:count]
    tensors = [torch.tensor(each, dtype=torch.float64, requires_grad=True) for each in given]
    theirs = getattr(of_torch, name)(*tensors)
    (gradient,) = torch.autograd.grad(theirs.sum(), tensors[:1])
    mine, found = with_gradient(name, given)
    np.testing.assert_allclose(mine, theirs.detach().numpy(), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found, gradient.numpy(), rtol=1e-5, atol=1e-6)


def test_targets_are_1_and_0_where_none_are_given() -> None:
    one, zero = np.ones(8, "float32"), np.zeros(8, "float32")
    for name in ("discriminator_cross_entropy", "least_squares_discriminator_loss", "relativistic_average_loss"):
        loss = getattr(losses, name)
        np.testing.assert_allclose(array(loss(*LOGITS)), array(loss(*LOGITS, one, zero)), rtol=1e-6)


def test_a_column_of_logits_is_as_good_as_a_vector() -> None:
    column = LOGITS[0][:, None]
    made = losses.cross_entropy(column, TARGETS[0])
    assert tuple(made.shape) == (8,)
    np.testing.assert_array_equal(array(made), array(losses.cross_entropy(LOGITS[0], TARGETS[0][:, None])))


def test_half_precision_becomes_float32() -> None:
    made = losses.non_saturating_generator_loss(ops.cast(LOGITS[0], "bfloat16"))
    assert keras.backend.standardize_dtype(made.dtype) == "float32"


def test_the_loss_of_a_sure_and_right_discriminator_still_has_a_gradient() -> None:
    for targets, logit in ((1.0, 30.0), (0.0, -30.0)):
        one = np.array([logit], "float32")
        _, found = with_gradient("cross_entropy", [one, np.array([targets], "float32")])
        assert abs(float(found[0])) == pytest.approx(np.exp(-30.0), rel=1e-4)


def test_features_are_matched_without_a_gradient_into_the_real_ones() -> None:
    real, fake = normal(5, 3), normal(7, 3, seed=1)

    def loss(given: list[Any]) -> tuple[Any, Any]:
        value = losses.feature_matching_loss(*given)
        return value, value

    _, value, found = input_gradients(loss, [ops.convert_to_tensor(real), ops.convert_to_tensor(fake)], [])
    expected = of_torch.feature_matching_loss(torch.tensor(real), torch.tensor(fake))
    assert float(array(value)) == pytest.approx(float(expected), rel=1e-5)
    assert not array(found[0]).any()
    assert array(found[1]).any()


def test_other_counts_and_rows_of_logits_are_refused() -> None:
    with pytest.raises(ValueError, match=r"real_logits is \[8\] and fake_logits is \[7\]; give as many of each"):
        losses.hinge_discriminator_loss(LOGITS[0], LOGITS[1][:7])
    with pytest.raises(ValueError, match=r"fake_logits is \[4, 2\]"):
        losses.hinge_generator_loss(LOGITS[0].reshape(4, 2))
