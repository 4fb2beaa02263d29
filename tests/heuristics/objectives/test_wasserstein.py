import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from steadygan.heuristics.objectives import Wasserstein, wasserstein_discriminator_loss, wasserstein_generator_loss
from steadygan.vocabulary import Player, Side
from tests.heuristics.truth import FakeTurn

REAL, FAKE = torch.tensor([2.0, 0.5, -1.0]), torch.tensor([-3.0, 0.0, 1.5])
LOGITS = {Side.REAL: REAL, Side.FAKE: FAKE}


def test_wasserstein_is_the_difference_of_the_answers() -> None:
    assert wasserstein_discriminator_loss(REAL, FAKE).tolist() == [-5.0, -0.5, 2.5]
    assert wasserstein_generator_loss(FAKE).tolist() == [3.0, 0.0, -1.5]


def test_the_identity_as_critic_measures_how_far_a_line_was_moved() -> None:
    # The earth mover's distance of samples on a line is the mean gap of the sorted ones; for a shift it is the shift.
    points = np.random.default_rng(0).normal(size=50)
    gap = np.abs(np.sort(points + 2.5) - np.sort(points)).mean()
    real, fake = torch.from_numpy(points + 2.5), torch.from_numpy(points)
    assert -wasserstein_discriminator_loss(real, fake).mean().item() == pytest.approx(gap)


@given(shift=st.floats(-100, 100), order=st.permutations(range(3)))
def test_the_critics_mean_loss_sees_neither_a_shift_nor_the_order(shift: float, order: list[int]) -> None:
    before = wasserstein_discriminator_loss(REAL.double(), FAKE.double()).mean()
    after = wasserstein_discriminator_loss(REAL.double() + shift, FAKE.double()[order] + shift).mean()
    torch.testing.assert_close(before, after)


def test_each_player_of_wasserstein_minimises_its_own_loss() -> None:
    assert not Wasserstein.has_targets
    assert Wasserstein()(FakeTurn(logits=LOGITS)).tolist() == [-5.0, -0.5, 2.5]
    assert Wasserstein()(FakeTurn(Player.GENERATOR, logits={Side.FAKE: FAKE})).tolist() == [3.0, 0.0, -1.5]


def test_the_card_of_wasserstein_says_what_it_needs_to_mean_a_distance() -> None:
    assert not Wasserstein.card.needs
    assert not Wasserstein.card.clashes
    for name in ("weight-clipping", "gradient-penalty", "spectral-norm"):
        assert name in Wasserstein.card.note
