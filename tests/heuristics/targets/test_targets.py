from collections.abc import Callable

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from steadygan.heuristics.roles import TargetHeuristic
from steadygan.heuristics.targets import (
    NoisyLabels,
    OneSidedSmoothing,
    SoftLabels,
    flip_labels,
    one_sided_smoothing,
    soft_labels,
)
from steadygan.vocabulary import Player

from ..truth import seeded

MIXED = torch.tensor([1.0, 0.0, 0.0, 1.0, 1.0])
MANY = torch.arange(20_000).remainder(2).float()


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


def test_only_noisy_labels_relabel() -> None:
    assert [kind.relabels for kind in (NoisyLabels, OneSidedSmoothing, SoftLabels)] == [True, False, False]


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
