"""The pieces of which the doctor for any loop is made."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from steadygan.doctor.clock import Clock
from steadygan.errors import SteadyganError
from steadygan.monitor.album import MOST, Album, small
from steadygan.monitor.gathering import FEWEST_SURVEYED, LOOKS_PER_SURVEY, SURVEYED, Gathering
from steadygan.monitor.networks import as_network, gradient_norm, is_finite
from steadygan.monitor.tally import MOST_WAITING, Tally

# --- steps and images


@pytest.mark.parametrize("first", [0, 1])
def test_images_are_steps_times_the_batch(first: int) -> None:
    clock = Clock()
    for step in range(first, first + 10):
        assert clock.tick(step, 32)
    assert clock.steps == 10 + first
    assert clock.images == 32 * (10 + first)


def test_steps_that_begin_anew_with_each_epoch_go_on() -> None:
    clock = Clock()
    for _ in range(3):
        for step in range(100):
            clock.tick(step, 8)
    assert (clock.steps, clock.images) == (300, 2400)


def test_a_loop_that_shows_every_hundredth_step_has_seen_the_others_too() -> None:
    clock = Clock()
    for step in range(0, 1001, 100):
        clock.tick(step, 16)
    assert clock.images == 16 * 1001


def test_the_same_step_counts_once_and_images_that_are_given_count_as_they_are() -> None:
    clock = Clock()
    assert clock.tick(0, images=500)
    assert not clock.tick(0, images=500)
    clock.tick(1, images=700)
    clock.tick(2, images=600)
    assert clock.images == 700


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9)), min_size=1))
def test_time_never_goes_back(ticks: list[tuple[int, int]]) -> None:
    clock, before = Clock(), (0, 0)
    for step, batch in ticks:
        clock.tick(step, batch)
        assert (clock.steps, clock.images) >= before
        before = clock.steps, clock.images


# --- losses


def test_losses_become_means_by_canonical_names() -> None:
    tally = Tally()
    tally.add({"d_loss": torch.tensor(1.0, requires_grad=True), "errG": np.float32(4), "extra": 1})
    tally.add({"d_loss": 2, "errG": np.array([6.0, 8.0]), "extra": 0})
    assert tally.take() == {"discriminator/loss": 1.5, "generator/loss": 5.5, "extra": 0.5, "not_finite": 0}
    assert tally.take() == {"not_finite": 0}


def test_what_is_not_finite_is_counted_and_left_out_of_the_means() -> None:
    tally = Tally()
    tally.add({"D": float("nan"), "G": 1.0})
    tally.add({"D": 3.0, "G": torch.tensor(float("inf"))})
    assert tally.take() == {"discriminator/loss": 3.0, "generator/loss": 1.0, "not_finite": 2}
    tally.add({"D": float("nan")})
    assert tally.take() == {"discriminator/loss": None, "not_finite": 1}


def test_an_array_that_is_written_over_keeps_its_loss() -> None:
    tally, buffer = Tally(), np.array([2.0])
    tally.add({"D": buffer})
    buffer[:] = 7
    assert tally.take()["discriminator/loss"] == 2.0


def test_losses_do_not_pile_up() -> None:
    tally = Tally()
    for value in range(3 * MOST_WAITING):
        tally.add({"D": value})
        assert len(tally._waiting) <= MOST_WAITING
    assert tally.take()["discriminator/loss"] == (3 * MOST_WAITING - 1) / 2


def test_a_loss_that_is_no_number_is_named() -> None:
    tally = Tally()
    tally.add({"D": "high"})
    with pytest.raises(SteadyganError, match="the loss 'D' is a str"):
        tally.take()


# --- items for a survey


def fill(gathering: Gathering, looks: int, count: int) -> None:
    for look in range(looks):
        gathering.add(torch.full((count, 2), -1.0 - look), torch.full((count, 2), float(look)))


def test_a_survey_has_the_newest_fakes_and_always_the_same_reals() -> None:
    gathering = Gathering()
    fill(gathering, LOOKS_PER_SURVEY - 1, 128)
    assert not gathering.is_enough
    fill(gathering, 1, 128)
    assert gathering.is_enough
    fakes, reals = gathering.take()
    assert len(fakes) == len(reals) == SURVEYED
    assert not gathering.is_enough
    fill(gathering, LOOKS_PER_SURVEY, 128)
    newer, same = gathering.take()
    assert same is reals
    assert newer.unique().tolist() == [2, 3, 4, 5, 6, 7]


def test_small_batches_take_longer() -> None:
    gathering = Gathering()
    fill(gathering, FEWEST_SURVEYED // 16 - 1, 16)
    assert not gathering.is_enough
    fill(gathering, 1, 16)
    assert gathering.is_enough


def test_what_is_not_finite_is_not_gathered() -> None:
    gathering = Gathering()
    fill(gathering, 2 * LOOKS_PER_SURVEY, 128)
    gathering.take()
    for _ in range(2 * LOOKS_PER_SURVEY):
        gathering.add(torch.zeros(128, 2), torch.full((128, 2), torch.nan))
    assert not gathering.is_enough


# --- pictures


def test_moments_are_spread_over_the_training_and_findings_are_kept() -> None:
    album, found = Album(), {13, 700}
    for look in range(1000):
        album.add(64 * look, torch.zeros(3, 1, 4, 4), torch.full((3, 1, 4, 4), float(look)), look in found)
        assert len(album.pictures) <= MOST + 2
    seen = [images // 64 for images, _ in album.pictures]
    assert {0, 999} | found <= set(seen)
    assert seen == sorted(seen)
    gaps = np.diff(sorted(set(seen) - found))
    assert gaps.max() < 1000 / 8
    assert all((items == images // 64).all() for images, items in album.pictures)


def test_large_images_are_made_smaller() -> None:
    assert small(torch.zeros(100, 3, 512, 256)).shape == (36, 3, 128, 64)
    assert small(torch.zeros(5, 2)).shape == (5, 2)


# --- networks


def test_a_module_is_taken_as_it_is() -> None:
    module = nn.Linear(2, 3)
    assert as_network(module, "generator") is module


def test_weights_of_other_libraries_have_the_order_of_axes_of_pytorch() -> None:
    kernel = np.arange(3 * 3 * 2 * 5.0).reshape(3, 3, 2, 5)
    network = as_network({"conv": {"kernel": kernel, "bias": np.ones(5)}, "scale": [np.ones(1)]}, "generator")
    first, *others = [each.detach().numpy() for each in network.parameters()]
    np.testing.assert_array_equal(first, np.moveaxis(kernel, -1, 0))
    assert [each.shape for each in others] == [(5,), (1,)]
    kernel += 1
    assert first[0, 0, 0, 0] == 0, "weights are copied, because a loop may change them in place"


def test_what_has_no_weights_is_refused() -> None:
    with pytest.raises(SteadyganError, match="generator is a str"):
        as_network("G", "generator")


def test_the_norm_of_gradients_is_that_of_all_together() -> None:
    module = nn.Linear(2, 1)
    assert gradient_norm(module) is None
    module.weight.grad = torch.tensor([[3.0, 0.0]])
    assert gradient_norm(module) == 3.0
    module.bias.grad = torch.tensor([4.0])
    assert gradient_norm(module) == 5.0


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_weights_that_are_not_finite_are_seen(value: float) -> None:
    module = nn.Linear(2, 2)
    assert is_finite(module)
    weights: Tensor = module.weight.data
    weights[0, 0] = value
    assert not is_finite(module)
