import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from steadygan.heuristics.objectives import relativistic_loss

from .formulas import log_sigmoid, slope

pytestmark = pytest.mark.usefixtures("float64")
DOUBLE = torch.float64
REAL, FAKE = torch.tensor([2.0, 0.5, -1.0], dtype=DOUBLE), torch.tensor([-3.0, 0.0, 1.5], dtype=DOUBLE)


def test_relativistic_is_the_logarithm_of_one_plus_the_exponential_of_the_difference() -> None:
    expected = [math.log(1 + math.exp(fake - real)) for real, fake in zip(REAL.tolist(), FAKE.tolist(), strict=True)]
    np.testing.assert_allclose(relativistic_loss(REAL, FAKE).numpy(), expected, rtol=1e-12)


def test_relativistic_is_minus_the_log_of_the_answer_to_the_difference() -> None:
    expected = [-log_sigmoid(real - fake) for real, fake in zip(REAL.tolist(), FAKE.tolist(), strict=True)]
    np.testing.assert_allclose(relativistic_loss(REAL, FAKE).numpy(), expected, rtol=1e-12)


@given(real=st.floats(-20, 20), fake=st.floats(-20, 20), shift=st.floats(-100, 100))
def test_relativistic_sees_differences_only(real: float, fake: float, shift: float) -> None:
    winner, loser = (torch.tensor([value], dtype=torch.float64) for value in (real, fake))
    torch.testing.assert_close(relativistic_loss(winner + shift, loser + shift), relativistic_loss(winner, loser))


def test_relativistic_is_stable_for_enormous_differences() -> None:
    winner = torch.tensor([1e4, -1e4], requires_grad=True)
    loss = relativistic_loss(winner, -winner.detach())
    assert loss.tolist() == [0.0, 2e4]
    assert slope(loss, winner).tolist() == [0.0, -1.0]
