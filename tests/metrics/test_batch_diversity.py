"""Diversity within a batch, of points whose distances are known."""

import math

import pytest
import torch
from scipy.spatial.distance import pdist  # type: ignore[import-untyped]

from steadygan.errors import SteadyganError
from steadygan.metrics.batch_diversity import batch_diversity


def test_it_is_the_ratio_of_mean_distances_within_batches() -> None:
    real, fake = torch.randn(20, 3).double(), torch.randn(13, 3).double()
    means = [
        sum(pdist(batch.numpy()).mean() for batch in features.split(5) if len(batch) == 5) / (len(features) // 5)
        for features in (fake, real)
    ]
    assert batch_diversity(real, fake, batch=5).value == pytest.approx(means[0] / means[1], rel=1e-12)


def test_batches_that_are_alike_within_are_seen_whatever_others_show() -> None:
    real = torch.randn(640, 4)
    fake = torch.randn(10, 4).repeat_interleave(64, 0)
    assert batch_diversity(real, fake) == (0, 0)
    assert batch_diversity(real, fake[torch.randperm(640)]).value > 0.7


def test_the_scale_of_generated_items_is_that_of_their_diversity() -> None:
    real = torch.randn(640, 4).double()
    found = batch_diversity(real, real / 2)
    assert found.value == pytest.approx(0.5, rel=1e-12)
    assert batch_diversity(real, real).value == 1


def test_its_error_is_what_new_samples_would_give() -> None:
    found = [batch_diversity(torch.randn(640, 4), torch.randn(640, 4)) for _ in range(100)]
    spread = torch.tensor([estimate.value for estimate in found]).std()
    assert sum(estimate.error for estimate in found) / 100 == pytest.approx(float(spread), rel=0.3)


def test_items_that_are_all_alike() -> None:
    still, varied = torch.ones(64, 2), torch.randn(64, 2)
    assert batch_diversity(still, still).value == 1
    assert batch_diversity(still, varied).value == math.inf
    assert batch_diversity(varied, still).value == 0


@pytest.mark.parametrize("batch", [1, 31])
def test_batches_that_cannot_be_cut_are_refused(batch: int) -> None:
    with pytest.raises(SteadyganError, match="cannot be cut from 30; choose from 2"):
        batch_diversity(torch.zeros(40, 2), torch.zeros(30, 2), batch=batch)
