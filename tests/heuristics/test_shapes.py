"""Plain functions say what came where shapes would have been broadcast, or images are none."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from steadygan.heuristics.inputs import diff_augment, horizontal_flip
from steadygan.heuristics.objectives import (
    cross_entropy,
    discriminator_cross_entropy,
    hinge_discriminator_loss,
    least_squares,
    least_squares_discriminator_loss,
    least_squares_generator_loss,
    minimax_generator_loss,
    non_saturating_generator_loss,
    relativistic_average_loss,
    relativistic_loss,
    wasserstein_discriminator_loss,
)

COLUMN, ROW = torch.zeros(4, 1), torch.zeros(4)
CALLS: list[tuple[Callable[..., Tensor], tuple[Tensor, ...]]] = [
    (cross_entropy, (COLUMN, ROW)),
    (discriminator_cross_entropy, (COLUMN, ROW, COLUMN, ROW)),
    (discriminator_cross_entropy, (COLUMN, COLUMN, ROW, COLUMN)),
    (hinge_discriminator_loss, (COLUMN, ROW)),
    (least_squares, (COLUMN, ROW)),
    (least_squares_discriminator_loss, (COLUMN, ROW, COLUMN, ROW)),
    (least_squares_discriminator_loss, (COLUMN, COLUMN, COLUMN, ROW)),
    (least_squares_generator_loss, (COLUMN, ROW)),
    (minimax_generator_loss, (COLUMN, ROW)),
    (non_saturating_generator_loss, (COLUMN, ROW)),
    (relativistic_average_loss, (ROW, COLUMN)),
    (relativistic_average_loss, (COLUMN, COLUMN, ROW)),
    (relativistic_loss, (ROW, COLUMN)),
    (wasserstein_discriminator_loss, (COLUMN, ROW)),
    (wasserstein_discriminator_loss, (ROW, ROW[:2])),
]


@pytest.mark.parametrize(("loss", "given"), CALLS)
def test_a_loss_takes_tensors_of_one_shape(loss: Callable[..., Tensor], given: tuple[Tensor, ...]) -> None:
    with pytest.raises(ValueError, match=r"is \[4.* and .* is \[.*; give both the same shape"):
        loss(*given)


def test_columns_and_maps_are_fine_where_all_are_alike() -> None:
    assert relativistic_loss(COLUMN, COLUMN).shape == (4, 1)
    assert relativistic_average_loss(COLUMN, COLUMN).shape == (4, 1)
    assert least_squares_generator_loss(torch.zeros(4, 1, 2, 2)).shape == (4, 1, 2, 2)


@pytest.mark.parametrize("policy", ["color", "translation", "cutout"])
def test_augmentation_refuses_vectors(policy: str) -> None:
    with pytest.raises(ValueError, match=r"diff_augment takes images \[N, C, H, W\] and was given \[4, 3\]; leave"):
        diff_augment(torch.zeros(4, 3), (policy,))  # type: ignore[arg-type]  # a plain string
    with pytest.raises(ValueError, match=r"horizontal_flip takes images .* was given \[4, 3\]"):
        horizontal_flip(torch.zeros(4, 3))
