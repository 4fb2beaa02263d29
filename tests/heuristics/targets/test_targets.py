from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import Tensor

from steadygan.heuristics.roles import TargetHeuristic
from steadygan.heuristics.targets import (
    NoisyLabels,
    OneSidedSmoothing,
    SoftClasses,
    SoftLabels,
    flip_labels,
    one_sided_smoothing,
    smooth_classes,
    soft_labels,
)
from steadygan.vocabulary import Player

from ..truth import follows, likely_share, seeded, uniform_cdf

MIXED = torch.tensor([1.0, 0.0, 0.0, 1.0, 1.0])
MANY = torch.arange(20_000).remainder(2).float()
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


@pytest.mark.parametrize("probability", [0.05, 0.3, 0.5])
def test_the_expected_share_of_labels_is_flipped_on_both_sides(probability: float) -> None:
    flipped = flip_labels(MANY, probability, seeded()) != MANY
    assert likely_share(int(flipped[MANY == 1].sum()), 10_000, probability)
    assert likely_share(int(flipped[MANY == 0].sum()), 10_000, probability)


@given(labels=LABELS, probability=st.floats(0, 1), seed=st.integers(0, 2**31))
def test_flipped_labels_are_labels(labels: Tensor, probability: float, seed: int) -> None:
    flipped = flip_labels(labels, probability, seeded(seed))
    assert ((flipped == 0) | (flipped == 1)).all()


def test_no_label_is_flipped_with_probability_zero_and_every_one_with_probability_one() -> None:
    assert torch.equal(flip_labels(MIXED, 0.0), MIXED)
    assert torch.equal(flip_labels(MIXED, 1.0), 1 - MIXED)


def test_the_same_seed_gives_the_same_targets_and_the_given_ones_stay() -> None:
    before = MIXED.clone()
    draws: list[Callable[[int], Tensor]] = [
        lambda seed: one_sided_smoothing(MIXED, 0.7, 0.9, seeded(seed)),
        lambda seed: soft_labels(MIXED, generator=seeded(seed)),
        lambda seed: flip_labels(MIXED, 0.5, seeded(seed)),
    ]
    for draw in draws:
        assert torch.equal(draw(3), draw(3))
        assert any(not torch.equal(draw(3), draw(other)) for other in range(4, 20))
    assert torch.equal(MIXED, before)


@pytest.mark.parametrize(
    "heuristic", [OneSidedSmoothing(), SoftLabels(), NoisyLabels(probability=0.5)], ids=lambda heuristic: heuristic.name
)
def test_the_generators_targets_are_left_alone(heuristic: TargetHeuristic) -> None:
    assert torch.equal(heuristic.apply(MANY, Player.GENERATOR), MANY)
    assert not torch.equal(heuristic.apply(MANY, Player.DISCRIMINATOR), MANY)


def test_soft_labels_can_soften_the_generators_targets_too() -> None:
    torch.manual_seed(0)
    soft = SoftLabels(in_generator=True).apply(torch.ones(20_000), Player.GENERATOR)
    assert follows(soft, uniform_cdf(0.7, 1.2))


def test_one_sided_smoothing_with_a_range_fills_it() -> None:
    torch.manual_seed(0)
    smooth = OneSidedSmoothing(low=0.8, high=1.0).apply(torch.ones(20_000), Player.DISCRIMINATOR)
    assert follows(smooth, uniform_cdf(0.8, 1.0))


def test_one_end_alone_means_a_constant() -> None:
    assert OneSidedSmoothing.model_validate({"low": 0.8}) == OneSidedSmoothing(low=0.8, high=0.8)
    assert OneSidedSmoothing.model_validate({"high": 0.95}) == OneSidedSmoothing(low=0.95, high=0.95)


def test_noisy_labels_come_before_what_makes_labels_soft() -> None:
    assert all(NoisyLabels.order < kind.order for kind in (OneSidedSmoothing, SoftLabels))


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        (OneSidedSmoothing, {"low": 0.95, "high": 0.8}),
        (OneSidedSmoothing, {"low": 0.5}),
        (OneSidedSmoothing, {"low": 0.9, "high": 1.1}),
        (SoftLabels, {"real": (1.2, 0.7)}),
        (SoftLabels, {"fake": (-1.0, 0.3)}),
        (SoftLabels, {"real": (0.7, float("inf"))}),
        (SoftLabels, {"real": (float("nan"), 1.2)}),
        (SoftLabels, {"real": (0.7, 0.9, 1.2)}),
        (NoisyLabels, {"probability": 0.6}),
        (NoisyLabels, {"probability": -0.1}),
    ],
)
def test_impossible_targets_are_refused(kind: type[TargetHeuristic], parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        kind.model_validate(parameters)


def one_hot_rows(classes: int, labels: list[int]) -> Tensor:
    """One-hot float64 rows; -1 gives a row of 0."""
    rows = torch.zeros(len(labels), classes, dtype=torch.float64)
    for row, label in enumerate(labels):
        if label >= 0:
            rows[row, label] = 1
    return rows


def test_classes_are_smoothed_to_the_numbers_of_the_formula() -> None:
    smooth = smooth_classes(one_hot_rows(4, [2, -1]), 0.2)
    expected = torch.tensor([[0.05, 0.05, 0.85, 0.05], [0, 0, 0, 0]], dtype=torch.float64)
    torch.testing.assert_close(smooth, expected)


def test_one_sided_classes_lower_the_true_one_only() -> None:
    smooth = smooth_classes(one_hot_rows(3, [1, -1]), 0.1, one_sided=True)
    torch.testing.assert_close(smooth, torch.tensor([[0, 0.9, 0], [0, 0, 0]], dtype=torch.float64))


@given(data=st.data(), classes=st.integers(2, 12), smoothing=st.floats(0, 1))
def test_smoothed_classes_are_distributions_and_unknown_ones_stay_zero(
    data: st.DataObject, classes: int, smoothing: float
) -> None:
    labels = data.draw(st.lists(st.integers(-1, classes - 1), min_size=1, max_size=20))
    smooth = smooth_classes(one_hot_rows(classes, labels), smoothing)
    sums = torch.tensor([float(label >= 0) for label in labels], dtype=torch.float64)
    torch.testing.assert_close(smooth.sum(1), sums)
    assert ((smooth >= 0) & (smooth <= 1)).all()


@given(smoothing=st.floats(0, 1), order=st.permutations(range(4)))
def test_renaming_the_classes_renames_the_smoothed_ones(smoothing: float, order: list[int]) -> None:
    rows = one_hot_rows(4, [0, 3, -1, 2])
    torch.testing.assert_close(smooth_classes(rows[:, order], smoothing), smooth_classes(rows, smoothing)[:, order])


def test_cross_entropy_with_smoothed_classes_is_torchs_label_smoothing() -> None:
    logits = torch.randn(3, 5, generator=seeded(), dtype=torch.float64)
    labels = [4, 0, 2]
    ours = -(smooth_classes(one_hot_rows(5, labels), 0.1) * logits.log_softmax(1)).sum(1).mean()
    theirs = torch.nn.functional.cross_entropy(logits, torch.tensor(labels), label_smoothing=0.1)
    torch.testing.assert_close(ours, theirs)


def test_the_generators_classes_are_smoothed_only_when_asked() -> None:
    rows = one_hot_rows(3, [0, 1])
    assert torch.equal(SoftClasses().apply_to_classes(rows, Player.GENERATOR), rows)
    for heuristic, player in (
        (SoftClasses(), Player.DISCRIMINATOR),
        (SoftClasses(in_generator=True), Player.GENERATOR),
    ):
        torch.testing.assert_close(heuristic.apply_to_classes(rows, player), smooth_classes(rows, 0.1))


def test_soft_classes_leave_real_and_fake_alone() -> None:
    assert torch.equal(SoftClasses().apply(MIXED, Player.DISCRIMINATOR), MIXED)
    assert [kind.of_classes for kind in (SoftClasses, SoftLabels, NoisyLabels)] == [True, False, False]
    assert set(SoftClasses.needs) == {"auxiliary-classifier", "semi-supervised"}


@pytest.mark.parametrize("smoothing", [0.0, 1.0, -0.1])
def test_impossible_smoothing_of_classes_is_refused(smoothing: float) -> None:
    with pytest.raises(ValidationError):
        SoftClasses(smoothing=smoothing)
