import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import nn

from steadygan.heuristics.averages import Ema, ema_decay, ema_update


@given(half_life=st.integers(1, 10**7), steps=st.integers(1, 1_000))
def test_after_a_half_life_of_images_half_of_a_weight_is_left_whatever_the_batch(half_life: int, steps: int) -> None:
    batch = half_life / steps
    # The batch is a whole number in practice; the law holds for any.
    kept = ema_decay(10**9, batch, half_life) ** steps  # type: ignore[arg-type]
    assert kept == pytest.approx(0.5)


@given(first=st.integers(0, 10_000), second=st.integers(0, 10_000))
def test_two_steps_keep_what_one_step_of_both_batches_keeps(first: int, second: int) -> None:
    together = ema_decay(0, first + second, 5_000)
    assert ema_decay(0, first, 5_000) * ema_decay(0, second, 5_000) == pytest.approx(together)


@given(
    images_seen=st.integers(0, 10**9),
    batch=st.integers(1, 10**6),
    half_life=st.floats(1e-3, 1e9),
    ramp_up=st.none() | st.floats(1e-6, 10),
)
def test_a_decay_is_a_share(images_seen: int, batch: int, half_life: float, ramp_up: float | None) -> None:
    assert 0 <= ema_decay(images_seen, batch, half_life, ramp_up) <= 1


def test_while_ramping_up_the_half_life_is_a_share_of_the_images_seen() -> None:
    assert ema_decay(1_000, 50, 10_000, ramp_up=0.05) == pytest.approx(0.5)
    assert ema_decay(2_000, 50, 10_000, ramp_up=0.05) == pytest.approx(0.5**0.5)
    assert ema_decay(10**6, 10_000, 10_000, ramp_up=0.05) == pytest.approx(0.5)


def test_at_the_very_start_the_average_is_the_weights() -> None:
    assert ema_decay(0, 64, 10_000, ramp_up=0.05) == 0


def test_the_heuristic_passes_its_parameters_on() -> None:
    assert Ema(half_life=64.0, ramp_up=None).decay(0, 64) == pytest.approx(0.5)
    assert Ema(half_life=10_000.0, ramp_up=0.5).decay(100, 100) == pytest.approx(0.25)
    assert Ema().decay(10**7, 10_000) == pytest.approx(0.5)


def test_the_average_is_the_running_sum_written_out() -> None:
    torch.manual_seed(0)
    decay, start, weights = 0.9, torch.randn(4, dtype=torch.float64), torch.randn(7, 4, dtype=torch.float64)
    averaged = start.clone()
    for weight in weights:
        ema_update([averaged], [weight], decay)
    expected = decay**7 * start
    for age, weight in enumerate(reversed(weights)):
        expected = expected + (1 - decay) * decay**age * weight
    torch.testing.assert_close(averaged, expected)


@pytest.mark.parametrize(("decay", "result"), [(0.0, 8.0), (0.25, 7.0), (1.0, 4.0)])
def test_an_update_keeps_the_given_share_in_place_and_leaves_the_weights(decay: float, result: float) -> None:
    averaged, current = torch.full((2, 3), 4.0), torch.full((2, 3), 8.0)
    storage = averaged.data_ptr()
    ema_update([averaged], [current], decay)
    torch.testing.assert_close(averaged, torch.full((2, 3), result))
    assert averaged.data_ptr() == storage
    assert (current == 8).all()


def test_counters_are_copied_instead_of_averaged() -> None:
    averaged, current = [torch.tensor(3), torch.tensor([1.0])], [torch.tensor(9), torch.tensor([3.0])]
    ema_update(averaged, current, 0.5)
    assert averaged[0].item() == 9
    assert averaged[1].item() == 2


def test_counters_alone_are_copied_too() -> None:
    averaged = [torch.tensor(3)]
    ema_update(averaged, [torch.tensor(9)], 0.5)
    assert averaged[0].item() == 9


def test_parameters_of_networks_can_be_averaged_without_gradients() -> None:
    averaged, current = nn.Linear(3, 2), nn.Linear(3, 2)
    expected = 0.75 * averaged.weight.detach() + 0.25 * current.weight.detach()
    ema_update(averaged.parameters(), current.parameters(), 0.75)
    torch.testing.assert_close(averaged.weight.detach(), expected)
    assert averaged.weight.requires_grad
    assert averaged.weight.grad_fn is None


def test_networks_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError):
        ema_update([torch.zeros(1)], [torch.zeros(1), torch.zeros(1)], 0.5)


@pytest.mark.parametrize("parameters", [{"half_life": 0}, {"half_life": float("nan")}, {"ramp_up": -0.1}])
def test_impossible_averages_are_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Ema.model_validate(parameters)
