"""The clock as a tensor, which a compiled step counts in, says what it says as a number."""

import pytest
import torch

from steadygan.heuristics.averages import ema_decay
from steadygan.heuristics.clock import choose, clipped
from steadygan.heuristics.inputs import InstanceNoise
from steadygan.heuristics.objectives import annealed_count, top_k
from steadygan.heuristics.updates import linear_decay

SEEN = (0, 1, 99, 1_000, 250_000, 500_000, 2_000_000)


@pytest.mark.parametrize("seen", SEEN)
def test_schedules_are_the_same_for_a_number_and_a_tensor(seen: int) -> None:
    clock = torch.tensor(seen, dtype=torch.float64)
    assert float(linear_decay(clock, 100, 400_000, 0.1)) == pytest.approx(linear_decay(seen, 100, 400_000, 0.1))
    assert float(ema_decay(clock, 64, 10_000, 0.05)) == pytest.approx(ema_decay(seen, 64, 10_000, 0.05))
    assert float(InstanceNoise().std_at(clock)) == pytest.approx(InstanceNoise().std_at(seen))
    assert float(annealed_count(64, 0.5, clock / 500_000)) == annealed_count(64, 0.5, seen / 500_000)


@pytest.mark.parametrize("count", [1, 3, 6])
def test_the_best_have_the_same_mean_and_gradient_for_either_count(count: int) -> None:
    logits = torch.tensor([0.3, -1.0, 2.0, 0.1, 1.5, -0.2], dtype=torch.float64)
    losses = torch.tensor([[1.0], [2.0], [3.0], [4.0], [5.0], [6.0]], dtype=torch.float64, requires_grad=True)
    (one,) = torch.autograd.grad(top_k(losses, logits, count).mean(), losses)
    (other,) = torch.autograd.grad(top_k(losses, logits, torch.tensor(float(count))).mean(), losses)
    torch.testing.assert_close(one, other)
    assert int((one != 0).sum()) == count


def test_bounds_and_choices() -> None:
    assert clipped(3, 1, 2) == clipped(torch.tensor(3), 1, 2) == 2
    assert clipped(0.5, low=1.0) == clipped(torch.tensor(0.5), low=1.0) == 1.0
    assert clipped(0.5) == clipped(torch.tensor(0.5), high=1.0) == 0.5
    assert choose(True, 1, 2) == 1
    assert choose(torch.tensor(False), 1.0, 2.0) == 2.0
