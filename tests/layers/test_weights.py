import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from steadygan.layers.weights import equalised_lr, fan_in, refresh_spectral_norm, spectral_norm


def network() -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(5, 2 * 3 * 3),
        nn.Unflatten(1, (2, 3, 3)),
        nn.BatchNorm2d(2),
        nn.ConvTranspose2d(2, 4, 4, 2, 1),
        nn.ReLU(),
        nn.Conv2d(4, 3, 3, 1, 1, bias=False),
        nn.Flatten(),
        nn.Linear(3 * 6 * 6, 1),
    )


def spectral() -> nn.Sequential:
    made = network()
    spectral_norm(made)
    return made


def equalised() -> nn.Sequential:
    made = network()
    equalised_lr(made)
    return made


def weight_of(layer: nn.Module) -> Tensor:
    """The weight as it is used."""
    weight = layer.weight
    assert isinstance(weight, Tensor)
    return weight


def trained_of(layer: nn.Module) -> nn.Parameter:
    """The parameter behind a rescaled weight."""
    return layer.get_parameter("parametrizations.weight.original")


def largest(weight: Tensor, transposed: bool) -> float:
    """The largest singular value of a weight as a matrix of outputs x rest."""
    matrix = weight.transpose(0, 1) if transposed else weight
    return float(torch.linalg.svdvals(matrix.detach().flatten(1))[0])


LAYERS = [
    nn.Linear(7, 4),
    nn.Conv2d(3, 4, 3),
    nn.ConvTranspose2d(3, 5, 4),
    nn.Embedding(6, 3),
]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_the_largest_singular_value_becomes_one(layer: nn.Module) -> None:
    torch.manual_seed(0)
    layer = copy.deepcopy(layer)
    transposed = isinstance(layer, nn.ConvTranspose2d)
    weight = weight_of(layer).detach().clone()
    spectral_norm(layer, iterations=50)
    assert largest(weight_of(layer), transposed) == pytest.approx(1.0, abs=1e-4)
    torch.testing.assert_close(weight_of(layer) * largest(weight, transposed), weight, rtol=1e-4, atol=1e-5)


def test_one_iteration_for_each_use_follows_weights_that_move() -> None:
    torch.manual_seed(0)
    layer = nn.Linear(6, 5)
    spectral_norm(layer)
    with torch.no_grad():
        trained_of(layer).copy_(torch.randn(5, 6))
    early = abs(largest(layer.weight, False) - 1)
    for _ in range(200):
        layer(torch.zeros(1, 6))
    assert early > 1e-2
    assert largest(layer.weight, False) == pytest.approx(1.0, abs=1e-4)


def test_evaluation_does_not_move_the_estimate() -> None:
    made = spectral().eval()
    before = copy.deepcopy(made.state_dict())
    made(torch.randn(2, 5))
    assert all(torch.equal(before[name], value) for name, value in made.state_dict().items())


def test_settling_finds_the_singular_values_of_an_average_of_networks() -> None:
    torch.manual_seed(0)
    one, two = spectral().eval(), spectral().eval()
    for ours, theirs in zip(one.state_dict().values(), two.state_dict().values(), strict=True):
        ours.lerp_(theirs, 0.5) if ours.is_floating_point() else None
    assert abs(largest(weight_of(one[0]), False) - 1) > 0.1
    refresh_spectral_norm(one, iterations=300)
    assert largest(weight_of(one[0]), False) == pytest.approx(1.0, abs=1e-3)
    assert largest(weight_of(one[3]), True) == pytest.approx(1.0, abs=1e-3)
    assert not any(module.training for module in one.modules())


def test_settling_changes_nothing_where_no_singular_value_is_asked_for() -> None:
    for made in (network(), equalised()):
        before = copy.deepcopy(made.state_dict())
        refresh_spectral_norm(made)
        assert all(torch.equal(before[name], value) for name, value in made.state_dict().items())


def test_every_weight_is_normalised_and_no_norm_is() -> None:
    made = spectral()
    names = {name.rpartition(".parametrizations")[0] for name, _ in made.named_parameters() if "original" in name}
    assert names == {"0", "3", "5", "7"}


def test_the_gradient_of_a_normalised_weight_is_that_of_finite_differences() -> None:
    layer = nn.Linear(3, 2).double()
    spectral_norm(layer, iterations=100)
    layer.eval()
    name = "parametrizations.weight.original"
    weight = layer.get_parameter(name).detach().clone().requires_grad_()
    x = torch.randn(2, 3, dtype=torch.float64)

    def exact(weight: Tensor) -> Tensor:
        answer: Tensor = x @ (weight / torch.linalg.matrix_norm(weight, 2)).T + layer.bias
        return answer

    def made(weight: Tensor) -> Tensor:
        answer: Tensor = torch.func.functional_call(layer, {name: weight}, (x,))
        return answer

    ours, true = (torch.autograd.grad(each(weight).pow(3).sum(), weight)[0] for each in (made, exact))
    torch.testing.assert_close(ours, true, rtol=1e-6, atol=1e-8)


def test_equalised_weights_are_drawn_anew_and_scaled_by_hes_constant() -> None:
    torch.manual_seed(0)
    layer = nn.Linear(200, 300)
    equalised_lr(layer)
    original = trained_of(layer).detach()
    assert float(original.std()) == pytest.approx(1.0, abs=0.01)
    torch.testing.assert_close(layer.weight, original * (2 / 200) ** 0.5)
    assert torch.equal(layer.bias, torch.zeros(300))


@pytest.mark.parametrize(
    ("layer", "inputs"),
    [
        (nn.Linear(7, 3), 7),
        (nn.Conv2d(4, 3, 5, stride=2), 4 * 25),
        (nn.Conv2d(4, 6, 3, groups=2), 2 * 9),
        (nn.ConvTranspose2d(4, 3, 4, 2, 1), 4 * 4),
        (nn.ConvTranspose2d(4, 3, 5, 2, 2), 4 * 25 / 4),
        (nn.ConvTranspose2d(4, 6, 3, groups=2), 2 * 9),
    ],
)
def test_fan_in_counts_what_an_output_is_a_sum_of(layer: nn.Module, inputs: float) -> None:
    assert isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d)
    assert fan_in(layer) == inputs


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.Linear(500, 400), (500,)),
        (nn.Conv2d(60, 40, 3), (60, 16, 16)),
        (nn.ConvTranspose2d(60, 40, 4, 2), (60, 16, 16)),
        (nn.ConvTranspose2d(60, 40, 5, 2), (60, 16, 16)),
    ],
    ids=["linear", "convolution", "transposed-4", "transposed-5"],
)
def test_the_variance_of_activations_is_kept_through_a_rectifier(layer: nn.Module, shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    equalised_lr(layer)
    with torch.no_grad():
        made = layer(torch.randn(20, *shape).relu())
    # Far from the edges, and as many even as odd rows: with kernel 5 they are sums of unlike numbers of pixels.
    inner = made[..., 4:-5, 4:-5] if made.ndim == 4 else made
    assert float(inner.pow(2).mean()) == pytest.approx(1.0, rel=0.1)


def test_embeddings_and_norms_are_not_equalised() -> None:
    made = nn.Sequential(nn.Embedding(3, 2), nn.BatchNorm1d(2))
    before = copy.deepcopy(made.state_dict())
    equalised_lr(made)
    assert list(made.state_dict()) == list(before)
    assert all(torch.equal(before[name], value) for name, value in made.state_dict().items())


BOTH = pytest.mark.parametrize("made", [spectral, equalised])


@BOTH
def test_a_copy_has_weights_of_its_own(made: Callable[[], nn.Sequential]) -> None:
    one, x = made().eval(), torch.randn(2, 5)
    before = one(x)
    two = copy.deepcopy(one)
    assert torch.equal(two(x), before)
    with torch.no_grad():
        for parameter in two.parameters():
            parameter.add_(1.0)
    assert torch.equal(one(x), before)
    assert not torch.allclose(two(x), before)


@BOTH
def test_a_state_goes_into_another_network(made: Callable[[], nn.Sequential]) -> None:
    one, two, x = made().eval(), made().eval(), torch.randn(2, 5)
    assert not torch.allclose(one(x), two(x))
    two.load_state_dict(one.state_dict())
    assert torch.equal(one(x), two(x))


@BOTH
def test_another_state_can_be_given_for_one_call(made: Callable[[], nn.Sequential]) -> None:
    one, two, x = made().eval(), made().eval(), torch.randn(2, 5)
    assert torch.equal(torch.func.functional_call(one, two.state_dict(), (x,)), two(x))


@BOTH
def test_a_penalty_on_the_gradient_reaches_the_weights(made: Callable[[], nn.Sequential]) -> None:
    one, x = made(), torch.randn(4, 5, requires_grad=True)
    one(x)  # a second use must not disturb the graph of the first
    (gradient,) = torch.autograd.grad(one(x).sum(), x, create_graph=True)
    one(x.detach())
    (found,) = torch.autograd.grad(gradient.pow(2).sum(), trained_of(one[0]))
    assert torch.isfinite(found).all()
    assert float(found.abs().max()) > 0
