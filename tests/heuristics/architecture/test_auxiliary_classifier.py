import math

import pytest
import torch
from torch import Tensor, nn

from steadygan.heuristics.architecture import AuxiliaryClassifier, class_cross_entropy
from steadygan.vocabulary import Player, Side

from ..truth import FakeTurn
from .softmax import probability

LOGITS = torch.tensor([[1.0, 2.0, -1.0], [0.5, 0.0, 3.0], [2.0, 2.0, 2.0]])
TARGETS = torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.25, 0.75, 0.0]])


def by_hand(logits: Tensor, targets: Tensor) -> float:
    """The mean of -Σ t log p over the rows that have targets."""
    rows = [
        -sum(float(wanted) * math.log(probability(row, label)) for label, wanted in enumerate(target))
        for row, target in zip(logits, targets, strict=True)
        if float(target.sum()) > 0
    ]
    return sum(rows) / len(rows)


def test_the_cross_entropy_is_the_mean_over_known_classes() -> None:
    assert float(class_cross_entropy(LOGITS, TARGETS)) == pytest.approx(by_hand(LOGITS, TARGETS))


def test_the_cross_entropy_of_hard_targets_is_pytorchs() -> None:
    labels = torch.tensor([2, 0, 1])
    ours = class_cross_entropy(LOGITS, nn.functional.one_hot(labels, 3).float())
    torch.testing.assert_close(ours, nn.functional.cross_entropy(LOGITS, labels))


def test_without_any_known_class_the_cross_entropy_is_zero_and_teaches_nothing() -> None:
    logits = LOGITS.clone().requires_grad_()
    loss = class_cross_entropy(logits, torch.zeros(3, 3))
    assert float(loss.detach()) == 0
    assert torch.equal(torch.autograd.grad(loss, logits)[0], torch.zeros(3, 3))


def both_sides(player: Player) -> FakeTurn:
    return FakeTurn(
        player,
        class_logits={Side.REAL: LOGITS, Side.FAKE: -LOGITS},
        class_targets={Side.REAL: TARGETS, Side.FAKE: TARGETS.flip(0)},
    )


def test_the_auxiliary_classifier_of_the_discriminator_counts_both_sides() -> None:
    term = AuxiliaryClassifier(weight=0.5, generator_weight=7).term(both_sides(Player.DISCRIMINATOR))
    expected = 0.5 * (by_hand(LOGITS, TARGETS) + by_hand(-LOGITS, TARGETS.flip(0)))
    assert float(term) == pytest.approx(expected)


def test_the_generator_wants_its_fakes_to_be_recognised() -> None:
    term = AuxiliaryClassifier(weight=7, generator_weight=0.5).term(both_sides(Player.GENERATOR))
    assert float(term) == pytest.approx(0.5 * by_hand(-LOGITS, TARGETS.flip(0)))
