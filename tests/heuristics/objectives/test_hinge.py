import pytest
import torch

from steadygan.heuristics.objectives import hinge_discriminator_loss, hinge_generator_loss

from .formulas import slope

pytestmark = pytest.mark.usefixtures("float64")
DOUBLE = torch.float64
REAL, FAKE = torch.tensor([2.0, 0.5, -1.0], dtype=DOUBLE), torch.tensor([-3.0, 0.0, 1.5], dtype=DOUBLE)


def test_the_hinge_counts_only_what_is_within_the_margin() -> None:
    # Real: max(0, 1 - 2), max(0, 1 - 0.5), max(0, 1 + 1); fake: max(0, 1 - 3), max(0, 1 + 0), max(0, 1 + 1.5).
    assert hinge_discriminator_loss(REAL, FAKE).tolist() == [0.0, 0.5 + 1.0, 2.0 + 2.5]


def test_the_generator_of_the_hinge_raises_its_logits() -> None:
    assert hinge_generator_loss(FAKE).tolist() == [3.0, 0.0, -1.5]


def test_the_hinge_teaches_nothing_beyond_the_margin() -> None:
    real = torch.tensor([1.5, 0.5], requires_grad=True)
    fake = torch.tensor([-1.5, -0.5], requires_grad=True)
    loss = hinge_discriminator_loss(real, fake)
    assert slope(loss, real).tolist() == [0.0, -1.0]
    assert slope(hinge_discriminator_loss(real, fake), fake).tolist() == [0.0, 1.0]
