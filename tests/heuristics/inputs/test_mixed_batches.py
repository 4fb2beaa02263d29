import torch

from steadygan.heuristics.inputs import DiffAugment, HorizontalFlip, InstanceNoise, MixedBatches
from steadygan.vocabulary import Side

from ..truth import FakeTurn
from .pictures import pictures


def test_mixed_batches_join_the_batches_and_leave_the_images() -> None:
    images = pictures(2)
    assert MixedBatches.joins_batches
    assert not any(kind.joins_batches for kind in (InstanceNoise, DiffAugment, HorizontalFlip))
    assert torch.equal(MixedBatches().apply(images, Side.REAL, FakeTurn()), images)
