import pytest
import torch

from steadygan.layers.stochastic import GeneratorDropout, GeneratorNoise


@pytest.mark.parametrize("training", [True, False])
def test_dropout_drops_its_share_and_keeps_the_mean(training: bool) -> None:
    torch.manual_seed(0)
    dropped = GeneratorDropout(0.3).train(training)(torch.ones(100_000))
    assert float((dropped == 0).float().mean()) == pytest.approx(0.3, abs=0.01)
    assert float(dropped.mean()) == pytest.approx(1.0, abs=0.02)
    assert dropped.unique().tolist() == pytest.approx([0.0, 1 / 0.7])


@pytest.mark.parametrize("training", [True, False])
def test_noise_has_its_spread_and_is_drawn_anew(training: bool) -> None:
    torch.manual_seed(0)
    layer = GeneratorNoise(0.3).train(training)
    noise = layer(torch.full((100_000,), 2.0)) - 2
    assert float(noise.mean()) == pytest.approx(0.0, abs=0.005)
    assert float(noise.std()) == pytest.approx(0.3, abs=0.005)
    assert not torch.equal(noise, layer(torch.full((100_000,), 2.0)) - 2)
