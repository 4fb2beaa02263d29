"""The public layers in plain sequences of PyTorch's: shapes, derivatives, double precision, and their names."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn

import steadygan.layers
from steadygan.layers import (
    ConditionalBatchNorm,
    ConditionalNorm,
    ConditionalSequential,
    Downsample,
    GeneratorDropout,
    GeneratorNoise,
    LabelChannel,
    LabelEmbedding,
    LowPassFilter,
    MinibatchDiscrimination,
    MinibatchStddev,
    Packing,
    Projection,
    ReferenceBatchNorm,
    SelfAttention,
    Upsample,
    VirtualBatchNorm,
    WithReferenceBatch,
    equalised_lr,
    icnr_init,
    normal_init,
    spectral_norm,
)

MAPS = (6, 4, 8, 8)
VECTORS = (6, 4)


class Case(NamedTuple):
    """A layer in a sequence, the shape that goes in, and the shape that comes out."""

    build: Callable[[], nn.Module]
    given: tuple[int, ...]
    made: tuple[int, ...]


CASES = {
    "MinibatchDiscrimination": Case(
        lambda: nn.Sequential(nn.Linear(4, 4), MinibatchDiscrimination(4, kernels=3, dimension=2)), VECTORS, (6, 7)
    ),
    "MinibatchStddev": Case(lambda: nn.Sequential(MinibatchStddev(3), nn.Conv2d(5, 2, 3)), MAPS, (6, 2, 6, 6)),
    "Packing": Case(lambda: nn.Sequential(Packing(2), nn.Conv2d(8, 2, 3)), MAPS, (3, 2, 6, 6)),
    "VirtualBatchNorm": Case(
        lambda: WithReferenceBatch(nn.Sequential(nn.Conv2d(4, 3, 3), VirtualBatchNorm(3)), torch.randn(5, 4, 8, 8)),
        MAPS,
        (6, 3, 6, 6),
    ),
    "ReferenceBatchNorm": Case(
        lambda: WithReferenceBatch(nn.Sequential(nn.Linear(4, 3), ReferenceBatchNorm(3)), torch.randn(5, 4)),
        VECTORS,
        (6, 3),
    ),
    "ConditionalBatchNorm": Case(lambda: nn.Sequential(ConditionalBatchNorm(4, classes=3), nn.ReLU()), MAPS, MAPS),
    "ConditionalNorm": Case(
        lambda: nn.Sequential(ConditionalNorm(nn.InstanceNorm2d(4), 4, classes=3), nn.ReLU()), MAPS, MAPS
    ),
    "ConditionalSequential": Case(
        lambda: nn.Sequential(ConditionalSequential(nn.Linear(4, 3), ConditionalBatchNorm(3, classes=2))),
        VECTORS,
        (6, 3),
    ),
    "spectral_norm": Case(lambda: nn.Sequential(spectral_norm(nn.Conv2d(4, 3, 3)), nn.ReLU()), MAPS, (6, 3, 6, 6)),
    "equalised_lr": Case(lambda: nn.Sequential(equalised_lr(nn.Linear(4, 3)), nn.ReLU()), VECTORS, (6, 3)),
    "normal_init": Case(lambda: normal_init(nn.Sequential(nn.Conv2d(4, 3, 3), nn.BatchNorm2d(3))), MAPS, (6, 3, 6, 6)),
    "icnr_init": Case(
        lambda: icnr_init(nn.Sequential(Upsample(4, 3, "pixel-shuffle"), nn.Tanh())), MAPS, (6, 3, 16, 16)
    ),
    "Downsample": Case(lambda: nn.Sequential(Downsample(4, 3), nn.ReLU()), (6, 4, 7, 7), (6, 3, 4, 4)),
    "Upsample": Case(lambda: nn.Sequential(Upsample(4, 3, size=15), nn.ReLU()), MAPS, (6, 3, 15, 15)),
    "LowPassFilter": Case(lambda: nn.Sequential(nn.Conv2d(4, 3, 3), LowPassFilter()), MAPS, (6, 3, 6, 6)),
    "SelfAttention": Case(lambda: nn.Sequential(SelfAttention(4), nn.ReLU()), MAPS, MAPS),
    "GeneratorDropout": Case(lambda: nn.Sequential(nn.Linear(4, 3), GeneratorDropout(0.2)), VECTORS, (6, 3)),
    "GeneratorNoise": Case(lambda: nn.Sequential(nn.Linear(4, 3), GeneratorNoise(0.2)), VECTORS, (6, 3)),
}
OF_LABELS = {"LabelEmbedding", "LabelChannel", "Projection", "WithReferenceBatch"}
"""What is given labels or a network, and tested below."""


def test_every_public_layer_is_tried() -> None:
    assert set(steadygan.layers.__all__) == {*CASES, *OF_LABELS}


@pytest.mark.parametrize("name", steadygan.layers.__all__)
def test_every_public_name_says_what_it_is_for_and_where_it_is_from(name: str) -> None:
    said = getattr(steadygan.layers, name).__doc__ or ""
    assert said
    assert "Source:" in said or name == "ConditionalSequential"
    assert name in (steadygan.layers.__doc__ or "")


def test_the_documentation_names_every_public_layer_and_its_example_runs() -> None:
    page = (Path(__file__).parents[2] / "docs" / "layers.md").read_text("utf-8")
    assert [name for name in steadygan.layers.__all__ if f"`{name}`" not in page] == []
    found: dict[str, Tensor] = {}
    exec(page.split("```python\n")[1].split("```")[0], found)
    assert found["logits"].shape == (8,)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", CASES)
def test_a_layer_runs_forward_and_backward_in_a_plain_sequence(name: str, training: bool, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    case = CASES[name]
    network = case.build().to(dtype).train(training)
    x = torch.randn(case.given, dtype=dtype, requires_grad=True)
    made = network(x)
    assert made.shape == case.made
    assert made.dtype == dtype
    made.square().sum().backward()
    for each in (x, *network.parameters()):
        assert each.grad is not None
        assert bool(torch.isfinite(each.grad).all())
    assert x.grad is not None
    assert float(x.grad.abs().max()) > 0


@pytest.mark.parametrize("name", sorted({*CASES} - {"GeneratorDropout", "GeneratorNoise"}))
def test_a_layer_can_be_copied_saved_and_loaded(name: str) -> None:
    torch.manual_seed(0)
    network = CASES[name].build().double().eval()
    other = CASES[name].build().double().eval()
    other.load_state_dict(network.state_dict())
    x = torch.randn(CASES[name].given, dtype=torch.float64)
    expected = network(x)
    assert torch.equal(other(x), expected)
    assert torch.equal(copy.deepcopy(network)(x), expected)


def test_a_sequence_gives_the_labels_to_a_conditional_batch_norm() -> None:
    torch.manual_seed(0)
    network = ConditionalSequential(nn.Conv2d(4, 2, 3), ConditionalBatchNorm(2, classes=3, eps=0.25)).double()
    norm = network[1]
    with torch.no_grad():
        norm.get_parameter("scales").copy_(torch.tensor([[1.0, 1.0], [2.0, 3.0], [4.0, 5.0]]))
        norm.get_parameter("shifts").copy_(torch.tensor([[0.0, 0.0], [1.0, -1.0], [0.5, 0.5]]))
    x, labels = torch.randn(3, 4, 6, 6, dtype=torch.float64), torch.tensor([1, 0, -1])
    maps = network[0](x)
    normal = maps - maps.mean((0, 2, 3), keepdim=True)
    normal = normal / torch.sqrt(maps.var((0, 2, 3), correction=0, keepdim=True) + 0.25)
    made = network(x, labels)
    torch.testing.assert_close(made[0, 0], 2 * normal[0, 0] + 1)
    torch.testing.assert_close(made[0, 1], 3 * normal[0, 1] - 1)
    torch.testing.assert_close(made[1], normal[1])
    torch.testing.assert_close(made[2, 1], 3 * normal[2, 1] - 0.5 / 3)  # the mean of the classes
    torch.testing.assert_close(network(x)[0, 0], 7 / 3 * normal[0, 0] + 0.5)


def test_a_network_with_a_reference_batch_may_take_labels() -> None:
    torch.manual_seed(0)
    norm = ConditionalNorm(VirtualBatchNorm(2, affine=False), 2, classes=2)
    with torch.no_grad():
        norm.scales.copy_(torch.tensor([[1.0, 1.0], [3.0, 3.0]]))
    inputs, x = torch.randn(4, 2), torch.randn(2, 2)
    network = WithReferenceBatch(ConditionalSequential(norm), inputs, torch.zeros(4, dtype=torch.int64))
    ones, zeros = torch.ones(2, dtype=torch.int64), torch.zeros(2, dtype=torch.int64)
    torch.testing.assert_close(network(x, ones), 3 * network(x, zeros))
    assert torch.equal(network.reference.inputs, inputs)


class Conditional(nn.Module):
    """A conditional pair in one: a latent and its label to an image, which is judged with the label."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = LabelEmbedding(3, 2)
        self.generate = nn.Sequential(nn.Linear(6, 64), nn.Unflatten(1, (1, 8, 8)))
        self.channel = LabelChannel(3, 2, size=8)
        self.features = nn.Sequential(nn.Conv2d(2, 4, 8), nn.Flatten())
        self.linear = nn.Linear(4, 1)
        self.projection = Projection(3, 4)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        images = self.generate(torch.cat([z, self.embed(labels)], 1))
        features = self.features(torch.cat([images, self.channel(labels)], 1))
        logits: Tensor = self.linear(features).squeeze(1) + self.projection(features, labels)
        return logits


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_labels_enter_anyones_networks(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    network = Conditional().to(dtype)
    z, labels = torch.randn(5, 4, dtype=dtype), torch.tensor([0, 1, 2, -1, 1])
    logits = network(z, labels)
    assert logits.shape == (5,)
    assert logits.dtype == dtype
    logits.sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_a_projection_is_the_inner_product_with_the_row_of_the_class() -> None:
    projection = Projection(2, 3)
    with torch.no_grad():
        projection.weight.copy_(torch.tensor([[1.0, 2.0, 3.0], [0.0, -1.0, 1.0]]))
    features = torch.tensor([[1.0, 1.0, 1.0], [2.0, 0.0, 1.0]])
    assert projection(features, torch.tensor([0, -1])).tolist() == [6.0, 0.0]
    # A pack of two images has one row of features, and the mean of the rows of its classes.
    assert projection(features, torch.tensor([0, 1, 1, -1])).tolist() == [0.5 * 6 + 0.5 * 0, 0.5 * 1 + 0.5 * 0]


def test_spectral_norm_is_pytorchs_on_every_layer() -> None:
    torch.manual_seed(0)
    network = spectral_norm(nn.Sequential(nn.Conv2d(3, 8, 4), nn.Flatten(), nn.Linear(8, 1)), iterations=30)
    for layer in (network[0], network[2]):
        weight = layer.weight.detach().flatten(1)
        assert float(torch.linalg.matrix_norm(weight, 2)) == pytest.approx(1.0, abs=1e-3)
        assert len(layer.parametrizations.weight) == 1
