import copy

import pytest
import torch
from torch import Tensor, nn

from steadygan.blueprint import Norm
from steadygan.layers.norms import VirtualBatchNorm
from steadygan.layers.reference_batch import ReferenceBatch, with_reference
from steadygan.layers.sequential import ConditionalSequential
from steadygan.networks.hidden import NormActivation, reference_batch

NORM = Norm(kind="virtual-batch", reference=5, eps=0.02)


class Network(nn.Module):
    """Two dense layers with a norm between, and the reference batch that it needs."""

    def __init__(self, norm: Norm | None = NORM, labelled: bool = False) -> None:
        super().__init__()
        self.reference = reference_batch(norm, (3,), labelled)
        self.layers = ConditionalSequential(
            nn.Linear(3, 4),
            NormActivation(4, norm, 0.2, 0.0, 0.0, maps=False, classes=2),
            nn.Linear(4, 4),
            NormActivation(4, norm, 0.2, 0.0, 0.0, maps=False, classes=2),
        )
        self.judge = nn.Linear(4, 1)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        hidden: Tensor = with_reference(self, self.reference, self.layers, x, labels)
        made: Tensor = self.judge(hidden).squeeze(1)
        return made


def virtual(x: Tensor, reference: Tensor) -> Tensor:
    """The formula for vectors, whose own mean square is the square itself."""
    n = len(reference)
    mean = (n * reference.mean(0) + x) / (n + 1)
    square = (n * reference.pow(2).mean(0) + x**2) / (n + 1)
    return (x - mean) / torch.sqrt(square - mean**2 + NORM.eps)


def by_hand(network: Network, x: Tensor, reference: Tensor) -> Tensor:
    """The network's answer, one layer after the other for both batches."""
    for index in (0, 2):
        x, reference = network.layers[index](x), network.layers[index](reference)
        own = (reference - reference.mean(0)) / torch.sqrt(reference.var(0, correction=0) + NORM.eps)
        x, reference = (nn.functional.leaky_relu(each, 0.2) for each in (virtual(x, reference), own))
    made: Tensor = network.judge(x).squeeze(1)
    return made


def filled(labelled: bool = False) -> Network:
    torch.manual_seed(0)
    network = Network(labelled=labelled).double()
    assert network.reference is not None
    network.reference.hold(torch.randn(5, 3, dtype=torch.float64) * 2)
    return network


def test_each_layer_uses_the_reference_batch_as_it_arrives_there() -> None:
    network, x = filled(), torch.randn(4, 3, dtype=torch.float64)
    assert network.reference is not None
    torch.testing.assert_close(network(x), by_hand(network, x, network.reference.inputs))


def test_a_network_without_such_norms_runs_once() -> None:
    runs = []
    x = torch.zeros(2, 3)

    def run(x: Tensor, labels: Tensor | None) -> Tensor:
        runs.append(x)
        return x

    assert with_reference(nn.Identity(), reference_batch(Norm(), (3,), False), run, x) is x
    assert len(runs) == 1


@pytest.mark.parametrize("norm", [None, Norm(), Norm(kind="instance")])
def test_only_norms_with_a_reference_have_one(norm: Norm | None) -> None:
    assert reference_batch(norm, (3,), labelled=False) is None


def test_nothing_is_held_afterwards() -> None:
    network = filled()
    network(torch.randn(2, 3, dtype=torch.float64))
    norms = [each for each in network.modules() if isinstance(each, VirtualBatchNorm)]
    assert [(norm.held, norm.collecting) for norm in norms] == [(None, False)] * 2


def test_nothing_is_held_after_an_error() -> None:
    network = filled()
    with pytest.raises(RuntimeError):
        network(torch.randn(2, 7, dtype=torch.float64))
    norms = [each for each in network.modules() if isinstance(each, VirtualBatchNorm)]
    assert [(norm.held, norm.collecting) for norm in norms] == [(None, False)] * 2


def test_a_copy_answers_the_same_after_training_began() -> None:
    network, x = filled(), torch.randn(4, 3, dtype=torch.float64)
    network(x).sum().backward()
    assert torch.equal(copy.deepcopy(network)(x), network(x))


def test_the_reference_batch_travels_with_the_state() -> None:
    network, other, x = filled(), Network().double(), torch.randn(4, 3, dtype=torch.float64)
    other.load_state_dict(network.state_dict())
    assert torch.equal(other(x), network(x))


def test_other_weights_and_another_reference_can_be_given_for_one_call() -> None:
    network, other, x = filled(), filled(), torch.randn(4, 3, dtype=torch.float64)
    with torch.no_grad():
        for value in other.state_dict().values():
            value.add_(0.1)
    made = torch.func.functional_call(network, other.state_dict(), (x,))
    torch.testing.assert_close(made, other(x))
    assert not torch.allclose(made, network(x))


def test_gradients_and_second_gradients_are_those_of_finite_differences() -> None:
    network, x = filled(), torch.randn(2, 3, dtype=torch.float64, requires_grad=True)
    weight = network.get_parameter("layers.0.weight").detach().clone().requires_grad_()

    def answer(x: Tensor, weight: Tensor) -> Tensor:
        made: Tensor = torch.func.functional_call(network, {"layers.0.weight": weight}, (x,))
        return made

    assert torch.autograd.gradcheck(answer, (x, weight))
    assert torch.autograd.gradgradcheck(answer, (x, weight))


def test_a_conditional_norm_knows_the_classes_of_the_reference() -> None:
    norm = NORM.model_copy(update={"conditional": True})
    network = Network(norm, labelled=True)
    assert network.reference is not None
    with torch.no_grad():
        network.get_parameter("layers.1.0.scales").copy_(torch.tensor([[1.0] * 4, [5.0] * 4]))
    inputs, x, labels = torch.randn(5, 3), torch.randn(2, 3), torch.tensor([0, 1])
    network.reference.hold(inputs, torch.tensor([0, 0, 0, 0, 0]))
    zeros = network(x, labels)
    network.reference.hold(inputs, torch.tensor([1, 1, 1, 1, 1]))
    assert not torch.allclose(zeros, network(x, labels))


def test_a_batch_that_is_given_no_labels_forgets_those_it_had() -> None:
    batch = ReferenceBatch(2, (3,), labelled=True)
    batch.hold(torch.ones(2, 3), torch.tensor([1, 0]))
    assert batch.labels is not None
    assert batch.labels.tolist() == [1, 0]
    batch.hold(torch.ones(2, 3))
    assert batch.labels.tolist() == [-1, -1]


def test_labels_are_left_out_where_none_are_taken() -> None:
    batch = ReferenceBatch(2, (3,), labelled=False)
    batch.hold(torch.ones(2, 3), torch.tensor([1, 0]))
    assert batch.labels is None
    assert list(batch.state_dict()) == ["inputs"]


def test_a_batch_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\[2, 3\] cannot hold \[4, 3\]"):
        ReferenceBatch(2, (3,), labelled=False).hold(torch.zeros(4, 3))


def test_building_one_draws_nothing_from_the_global_randomness() -> None:
    torch.manual_seed(0)
    ReferenceBatch(4, (3,), labelled=True)
    drawn = torch.rand(())
    torch.manual_seed(0)
    assert torch.equal(drawn, torch.rand(()))
