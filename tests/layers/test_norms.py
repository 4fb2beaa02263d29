import math

import pytest
import torch
from torch import Tensor, nn

from steadygan.blueprint import Norm
from steadygan.layers.norms import ConditionalNorm, Moments, ReferenceBatchNorm, VirtualBatchNorm
from steadygan.networks.hidden import make_norm

EPS = 0.03


def drawn(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64) * 2 + 0.7


def _norm(features: int, alone: bool) -> VirtualBatchNorm:
    return (ReferenceBatchNorm if alone else VirtualBatchNorm)(features, EPS)


def collected(layer: VirtualBatchNorm, reference: Tensor) -> Tensor:
    """The reference batch's own output; the layer holds its statistics afterwards."""
    layer.collecting = True
    made: Tensor = layer(reference)
    layer.collecting = False
    return made


def virtual_by_hand(reference: Tensor, example: Tensor, alone: bool) -> Tensor:
    """One example [C, H, W] normalised as section 3.5 and the authors' code have it, number by number."""
    n = len(reference)
    made = torch.empty_like(example)
    for channel in range(len(example)):
        there = [float(value) for image in reference for value in image[channel].flatten()]
        here = [float(value) for value in example[channel].flatten()]
        mean, square = sum(there) / len(there), sum(value**2 for value in there) / len(there)
        if not alone:
            mean = n / (n + 1) * mean + sum(here) / len(here) / (n + 1)
            square = n / (n + 1) * square + sum(value**2 for value in here) / len(here) / (n + 1)
        made[channel] = (example[channel] - mean) / math.sqrt(square - mean**2 + EPS)
    return made


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("pixels", [(3, 2), (1, 1)])
def test_virtual_batch_norm_is_the_formula_for_each_example(alone: bool, pixels: tuple[int, int]) -> None:
    reference, x = drawn(5, 2, *pixels), drawn(3, 2, *pixels)
    layer = _norm(2, alone).double()
    collected(layer, reference)
    made = layer(x)
    for index, example in enumerate(x):
        torch.testing.assert_close(made[index], virtual_by_hand(reference, example, alone))


@pytest.mark.parametrize("alone", [True, False])
def test_a_vector_is_normalised_like_a_map_of_one_pixel(alone: bool) -> None:
    reference, x = drawn(4, 3), drawn(2, 3)
    layer = _norm(3, alone).double()
    collected(layer, reference)
    vectors = layer(x)
    collected(layer, reference[..., None, None])
    torch.testing.assert_close(vectors, layer(x[..., None, None])[..., 0, 0])


def test_the_reference_batch_is_normalised_like_any_batch() -> None:
    reference = drawn(5, 2, 3, 3)
    layer = VirtualBatchNorm(2, EPS).double()
    torch.testing.assert_close(collected(layer, reference), nn.BatchNorm2d(2, eps=EPS).double()(reference))


def test_virtual_batch_norm_has_a_scale_and_a_shift() -> None:
    reference, x = drawn(5, 2), drawn(3, 2)
    layer = VirtualBatchNorm(2, EPS).double()
    collected(layer, reference)
    plain = layer(x)
    with torch.no_grad():
        layer.get_parameter("weight").copy_(torch.tensor([2.0, 3.0]))
        layer.get_parameter("bias").copy_(torch.tensor([-1.0, 4.0]))
    torch.testing.assert_close(layer(x), plain * torch.tensor([2.0, 3.0]) + torch.tensor([-1.0, 4.0]))


def test_no_example_depends_on_its_neighbours() -> None:
    layer = VirtualBatchNorm(2, EPS).double()
    collected(layer, drawn(5, 2, 3, 3))
    x = drawn(4, 2, 3, 3)
    torch.testing.assert_close(layer(x)[:1], layer(x[:1]))


def test_without_a_reference_batch_it_says_so() -> None:
    with pytest.raises(
        RuntimeError, match="VirtualBatchNorm has no reference batch; wrap the network in WithReferenceBatch"
    ):
        VirtualBatchNorm(2)(torch.zeros(3, 2))


def test_large_means_do_not_eat_the_variance() -> None:
    layer = VirtualBatchNorm(1, 0.0)
    noise = torch.randn(64, 1, 8, 8)
    collected(layer, noise + 3000)
    made = layer(noise[:8] + 3000)
    assert float(made.detach().std()) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("alone", [True, False])
def test_gradients_and_second_gradients_reach_the_reference_batch(alone: bool) -> None:
    layer = _norm(2, alone).double()
    reference, x = drawn(3, 2, 2, 1).requires_grad_(), drawn(2, 2, 2, 1).requires_grad_()

    def both(reference: Tensor, x: Tensor) -> Tensor:
        collected(layer, reference)
        made: Tensor = layer(x)
        return made

    assert torch.autograd.gradcheck(both, (reference, x))
    assert torch.autograd.gradgradcheck(both, (reference, x))
    assert float(torch.autograd.grad(both(reference, x).pow(3).sum(), reference)[0].abs().max()) > 1e-3


def test_half_precision_comes_back_as_it_came() -> None:
    layer = VirtualBatchNorm(2)
    collected(layer, torch.randn(4, 2, 3, 3, dtype=torch.bfloat16))
    assert isinstance(layer.held, Moments)
    assert layer.held.mean.dtype == torch.float32
    assert layer(torch.randn(4, 2, 3, 3, dtype=torch.bfloat16)).dtype == torch.bfloat16


def test_instance_norm_makes_every_map_standard() -> None:
    x = drawn(2, 3, 4, 4)
    made = make_norm(3, Norm(kind="instance", eps=EPS), maps=True, classes=0).double()(x)
    for image in range(2):
        for channel in range(3):
            values = x[image, channel]
            scale = math.sqrt(float(((values - values.mean()) ** 2).mean()) + EPS)
            torch.testing.assert_close(made[image, channel], (values - values.mean()) / scale)


def test_instance_norm_of_a_vector_is_over_its_features() -> None:
    x = drawn(2, 5)
    made = make_norm(5, Norm(kind="instance", eps=EPS), maps=False, classes=0).double()(x)
    scale = torch.sqrt(x.var(1, correction=0, keepdim=True) + EPS)
    torch.testing.assert_close(made, (x - x.mean(1, keepdim=True)) / scale)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("maps", [True, False])
def test_instance_norm_is_the_same_in_evaluation(maps: bool) -> None:
    layer = make_norm(3, Norm(kind="instance"), maps, classes=0)
    x = torch.randn(4, 3, 2, 2) if maps else torch.randn(4, 3)
    torch.testing.assert_close(layer.train()(x), layer.eval()(x))
    assert not list(layer.buffers())


@pytest.mark.parametrize(("maps", "kind"), [(True, nn.BatchNorm2d), (False, nn.BatchNorm1d)])
def test_batch_norm_is_pytorchs_with_the_parameters_asked_for(maps: bool, kind: type[nn.Module]) -> None:
    layer = make_norm(3, Norm(momentum=0.4, eps=EPS), maps, classes=0)
    assert isinstance(layer, kind)
    assert isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d)
    assert (layer.momentum, layer.eps, layer.affine) == (0.4, EPS, True)


@pytest.mark.parametrize("kind", ["virtual-batch", "reference-batch"])
def test_norms_with_a_reference_differ_in_whether_it_is_alone(kind: str) -> None:
    layer = make_norm(3, Norm.model_validate({"kind": kind, "eps": EPS}), maps=True, classes=0)
    assert isinstance(layer, VirtualBatchNorm)
    assert (isinstance(layer, ReferenceBatchNorm), layer.eps) == (kind == "reference-batch", EPS)


def conditional() -> ConditionalNorm:
    """Of the identity, with scales 1, 2, 3 for features of class 0, and ten times as much for class 1."""
    layer = ConditionalNorm(nn.Identity(), features=3, classes=2)
    with torch.no_grad():
        layer.scales.copy_(torch.tensor([[1.0, 2, 3], [10, 20, 30]]))
        layer.shifts.copy_(torch.tensor([[0.0, 1, 0], [4, 0, 0]]))
    return layer


def test_each_class_has_its_scale_and_shift() -> None:
    made = conditional()(torch.ones(3, 3), torch.tensor([1, 0, -1]))
    assert made.tolist() == [[14, 20, 30], [1, 3, 3], [5.5 + 2, 11 + 0.5, 16.5]]


def test_without_labels_every_class_counts_the_same() -> None:
    layer = conditional()
    x = torch.randn(2, 3, 2, 2)
    assert torch.equal(layer(x), layer(x, torch.tensor([-1, -1])))


def test_scales_work_on_every_pixel_of_a_map() -> None:
    made = conditional()(torch.ones(1, 3, 2, 2), torch.tensor([1]))
    assert torch.equal(made, torch.tensor([14.0, 20, 30])[None, :, None, None].expand(1, 3, 2, 2))


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("kind", ["batch", "instance"])
@pytest.mark.parametrize("maps", [True, False])
def test_a_conditional_norm_starts_as_the_plain_one(kind: str, maps: bool) -> None:
    norm = Norm.model_validate({"kind": kind})
    x = torch.randn(6, 3, 2, 2) if maps else torch.randn(6, 3)
    layer = make_norm(3, norm.model_copy(update={"conditional": True}), maps, classes=4)
    assert isinstance(layer, ConditionalNorm)
    assert not list(layer.norm.parameters())
    torch.testing.assert_close(layer(x, torch.tensor([0, 1, 2, 3, -1, 0])), make_norm(3, norm, maps, 0)(x))


def test_only_the_rows_of_the_classes_that_came_move() -> None:
    layer = ConditionalNorm(nn.Identity(), features=2, classes=3)
    layer(torch.randn(2, 2), torch.tensor([2, 0])).pow(2).sum().backward()
    assert layer.scales.grad is not None
    assert layer.scales.grad.ne(0).any(1).tolist() == [True, False, True]
