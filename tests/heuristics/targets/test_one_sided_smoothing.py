import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from steadygan.heuristics.targets import OneSidedSmoothing, one_sided_smoothing
from steadygan.vocabulary import Player

from ..truth import follows, seeded, uniform_cdf

MIXED = torch.tensor([1.0, 0.0, 0.0, 1.0, 1.0])
LABELS = st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=50).map(torch.tensor)


def test_real_targets_become_nine_tenths_and_fake_ones_stay_zero() -> None:
    torch.testing.assert_close(one_sided_smoothing(MIXED), torch.tensor([0.9, 0.0, 0.0, 0.9, 0.9]))


@given(labels=LABELS, ends=st.tuples(st.floats(0.5, 1), st.floats(0.5, 1)), seed=st.integers(0, 2**31))
def test_smoothed_targets_stay_in_their_range(labels: Tensor, ends: tuple[float, float], seed: int) -> None:
    low, high = sorted(ends)
    smooth = one_sided_smoothing(labels, low, high, seeded(seed))
    assert smooth.dtype == torch.float32
    assert (smooth[labels == 0] == 0).all()
    assert ((smooth[labels == 1] >= low - 1e-6) & (smooth[labels == 1] <= high + 1e-6)).all()


def test_a_range_of_real_targets_is_filled_evenly() -> None:
    smooth = one_sided_smoothing(torch.ones(20_000), 0.7, 0.95, seeded())
    assert follows(smooth, uniform_cdf(0.7, 0.95))


def test_one_sided_smoothing_with_a_range_fills_it() -> None:
    torch.manual_seed(0)
    smooth = OneSidedSmoothing(low=0.8, high=1.0).apply(torch.ones(20_000), Player.DISCRIMINATOR)
    assert follows(smooth, uniform_cdf(0.8, 1.0))


def test_one_end_alone_means_a_constant() -> None:
    assert OneSidedSmoothing.model_validate({"low": 0.8}) == OneSidedSmoothing(low=0.8, high=0.8)
    assert OneSidedSmoothing.model_validate({"high": 0.95}) == OneSidedSmoothing(low=0.95, high=0.95)
