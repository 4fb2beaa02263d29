"""Making images without disturbing the run, and the statistics of batch norm."""

from typing import Any

import pytest
import torch
from torch import nn

from steadygan.feeding.scaling import Scaling
from steadygan.heuristics.latents import NormalLatent
from steadygan.runs import sampling
from steadygan.runs.sampling import generate, sampling_generator, temporary_seed
from tests.heuristics.truth import likely_share
from tests.labelled_networks import Painter
from tests.training import players

CPU = torch.device("cpu")
LATENT = NormalLatent(dimension=players.LATENT)
UNIT = Scaling(image_range=(-1.0, 1.0))


@pytest.fixture
def trained() -> nn.Module:
    """A generator whose running statistics are far from those of its weights."""
    torch.manual_seed(0)
    network = players.generator()
    norm = next(module for module in network.modules() if isinstance(module, nn.BatchNorm2d))
    nn.init.normal_(norm.weight)
    norm(torch.randn(64, 6, 4, 4) * 50 + 100)
    return network.train()


@pytest.mark.usefixtures("float64")
def test_standing_statistics_are_means_over_many_latents(trained: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "STANDING_BATCHES", 3)
    monkeypatch.setattr(sampling, "STANDING_BATCH", 32)
    ready: Any = sampling_generator(trained, LATENT, CPU)
    means, variances = [], []
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(0)
        for _ in range(3):
            maps = trained[1](trained[0](torch.randn(32, players.LATENT)))
            means.append(maps.mean((0, 2, 3)))
            variances.append(maps.var((0, 2, 3), unbiased=True))
    torch.testing.assert_close(ready[2].running_mean, torch.stack(means).mean(0))
    torch.testing.assert_close(ready[2].running_var, torch.stack(variances).mean(0))
    assert ready[2].momentum == trained[2].momentum
    assert not ready.training


class ByClass(nn.Module):
    """Normalises numbers that its class alone decides."""

    of: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("of", torch.tensor([[10.0, 0.0], [-20.0, 1.0], [1e6, 1e6]]))
        self.norm = nn.BatchNorm1d(2)

    def forward(self, z: torch.Tensor, labels: torch.Tensor) -> Any:
        return self.norm(self.of[labels])


@pytest.mark.usefixtures("float64")
def test_standing_statistics_are_those_of_classes_as_often_as_they_come() -> None:
    ready: Any = sampling_generator(ByClass(), LATENT, CPU, class_shares=(0.25, 0.75, 0.0))
    drawn = sampling.STANDING_BATCHES * sampling.STANDING_BATCH
    # the mean of the second number is the share of the second class
    assert likely_share(round(float(ready.norm.running_mean[1]) * drawn), drawn, 0.75)
    first = 10 - 30 * ready.norm.running_mean[1]
    torch.testing.assert_close(ready.norm.running_mean[0], first, rtol=1e-4, atol=1e-3)


def test_images_of_classes_do_not_depend_on_the_size_of_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "CHUNK", 3)
    labels = torch.tensor([0, 2, 1, 1, 0, 2, 2, 0])
    made = generate(Painter(), torch.zeros(8, players.LATENT), UNIT, CPU, labels=labels)
    assert made[:, 0, 0, 0].tolist() == (labels * 100).tolist()


def test_making_ready_changes_neither_the_network_nor_the_randomness(trained: nn.Module) -> None:
    before, random = players.weights(trained), torch.get_rng_state()
    sampling_generator(trained, LATENT, CPU)
    assert players.unchanged(trained, before)
    assert trained.training
    assert torch.equal(torch.get_rng_state(), random)


def test_a_generator_without_norm_is_copied_as_it_is() -> None:
    network = players.generator(norm=False)
    ready = sampling_generator(network, LATENT, CPU)
    assert players.unchanged(ready, players.weights(network))
    assert ready is not network
    assert not any(parameter.requires_grad for parameter in ready.parameters())
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_norms_without_running_statistics_are_left_alone() -> None:
    network = nn.Sequential(nn.Linear(players.LATENT, 4), nn.BatchNorm1d(4, track_running_stats=False))
    assert isinstance(sampling_generator(network, LATENT, CPU), nn.Sequential)


@pytest.mark.usefixtures("float64")
def test_images_do_not_depend_on_the_size_of_chunks(trained: nn.Module, monkeypatch: pytest.MonkeyPatch) -> None:
    ready, latents = sampling_generator(trained, LATENT, CPU), torch.randn(10, players.LATENT)
    whole = generate(ready, latents, UNIT, CPU)
    monkeypatch.setattr(sampling, "CHUNK", 3)
    assert torch.equal(generate(ready, latents, UNIT, CPU), whole)
    assert (whole.shape, whole.dtype) == ((10, 8, 8, 1), torch.uint8)


def test_own_randomness_is_seeded_and_given_back() -> None:
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    with temporary_seed(5, CPU):
        first = torch.rand(3)
    assert torch.equal(torch.rand(3), expected)
    with temporary_seed(5, CPU):
        assert torch.equal(torch.rand(3), first)
