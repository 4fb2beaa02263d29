import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from steadygan.heuristics.targets import SoftLabels, soft_labels
from steadygan.vocabulary import Player

from ..truth import follows, seeded, uniform_cdf

MIXED = torch.tensor([1.0, 0.0, 0.0, 1.0, 1.0])
MANY = torch.arange(20_000).remainder(2).float()
LABELS = st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=50).map(torch.tensor)


def test_soft_labels_fill_the_ranges_of_the_list_evenly() -> None:
    soft = soft_labels(MANY, generator=seeded())
    assert follows(soft[MANY == 1], uniform_cdf(0.7, 1.2))
    assert follows(soft[MANY == 0], uniform_cdf(0.0, 0.3))


@given(labels=LABELS, real=st.tuples(st.floats(0, 1.5), st.floats(0, 1.5)), seed=st.integers(0, 2**31))
def test_soft_labels_stay_in_their_range(labels: Tensor, real: tuple[float, float], seed: int) -> None:
    low, high = sorted(real)
    soft = soft_labels(labels, (low, high), (0.1, 0.2), seeded(seed))
    assert ((soft[labels == 1] >= low - 1e-6) & (soft[labels == 1] <= high + 1e-6)).all()
    assert ((soft[labels == 0] >= 0.1 - 1e-6) & (soft[labels == 0] <= 0.2 + 1e-6)).all()


def test_either_side_of_soft_labels_can_be_off() -> None:
    real_only = soft_labels(MIXED, (0.8, 0.8), None)
    fake_only = soft_labels(MIXED, None, (0.2, 0.2))
    torch.testing.assert_close(real_only, torch.tensor([0.8, 0.0, 0.0, 0.8, 0.8]))
    torch.testing.assert_close(fake_only, torch.tensor([1.0, 0.2, 0.2, 1.0, 1.0]))
    assert torch.equal(soft_labels(MIXED, None, None), MIXED)


def test_soft_labels_can_soften_the_generators_targets_too() -> None:
    torch.manual_seed(0)
    soft = SoftLabels(in_generator=True).apply(torch.ones(20_000), Player.GENERATOR)
    assert follows(soft, uniform_cdf(0.7, 1.2))
