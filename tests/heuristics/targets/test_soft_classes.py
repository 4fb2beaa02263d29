import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import Tensor

from steadygan.heuristics.targets import NoisyLabels, SoftClasses, SoftLabels, smooth_classes
from steadygan.vocabulary import Player

from ..truth import seeded

MIXED = torch.tensor([1.0, 0.0, 0.0, 1.0, 1.0])


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
    assert set(SoftClasses.card.needs) == {"auxiliary-classifier", "semi-supervised"}


@pytest.mark.parametrize("smoothing", [0.0, 1.0, -0.1])
def test_impossible_smoothing_of_classes_is_refused(smoothing: float) -> None:
    with pytest.raises(ValidationError):
        SoftClasses(smoothing=smoothing)
