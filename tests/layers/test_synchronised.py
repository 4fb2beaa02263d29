"""Layers that look at a whole batch, where several processes have parts of it."""

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from steadygan.distributed import average_gradients, gather, local_rows, network_input, sharded, world_size
from steadygan.layers.minibatch import MinibatchDiscrimination, MinibatchStddev
from steadygan.layers.norms import ConditionalNorm
from steadygan.layers.synchronised import Synchronised, synchronise_
from tests.process_group import run_processes

BATCH = 8


def _layers() -> dict[str, tuple[nn.Module, Tensor]]:
    torch.manual_seed(0)
    maps, vectors = 3 + 2 * torch.randn(BATCH, 3, 4, 5), torch.randn(BATCH, 6) - 5
    affine = nn.BatchNorm2d(3)
    nn.init.normal_(affine.weight)
    nn.init.normal_(affine.bias)
    return {
        "maps": (affine, maps),
        "without scale": (nn.BatchNorm2d(3, affine=False, eps=0.1), maps),
        "plain means": (nn.BatchNorm2d(3, momentum=None), maps),
        "no running statistics": (nn.BatchNorm2d(3, track_running_stats=False), maps),
        "vectors": (nn.BatchNorm1d(6), vectors),
        "sequences": (nn.BatchNorm1d(3), maps.flatten(2)),
        "discrimination": (MinibatchDiscrimination(6, 4, 3), vectors),
        "deviation of vectors": (MinibatchStddev(4), vectors),
        "deviation of maps": (MinibatchStddev(3), maps),
    }


def worked(name: str, batches: int) -> dict[str, Any]:
    """A layer's output, derivatives of both orders, and its state, for batches one after the other."""
    layer, x = _layers()[name]
    layer, x = layer.double(), torch.cat([x.double() + place for place in range(batches)])
    rows = BATCH // world_size()
    if world_size() > 1:
        synchronise_(layer)
    with sharded(rows), network_input(batches * rows):
        own = local_rows(x).requires_grad_()
        made = gather(layer(own))
        wave = torch.linspace(0, 3, made.numel(), dtype=torch.float64).sin().view_as(made)
        (first,) = torch.autograd.grad((made * wave).pow(3).sum() / world_size(), own, create_graph=True)
        loss = gather(first.square().flatten(1).sum(1)).mean() + (made * wave.roll(1)).square().sum()
        torch.autograd.backward(loss)
        average_gradients(layer.parameters())
        assert own.grad is not None
        return {
            "made": made.detach(),
            "first": gather(first.detach()),
            "second": gather(own.grad / world_size()),
            **{f"gradient of {key}": weight.grad for key, weight in layer.named_parameters()},
            **{f"state {key}": value for key, value in layer.state_dict().items()},
        }


def all_worked(batches: int) -> dict[str, dict[str, Any]]:
    """The same for every layer, by name."""
    return {name: worked(name, batches) for name in _layers()}


@pytest.mark.parametrize("batches", [1, 2])
def test_outputs_derivatives_and_state_are_those_of_one_process(batches: int, tmp_path: Path) -> None:
    truth = all_worked(batches)
    for answer in run_processes(2, tmp_path / "meeting", all_worked, batches):
        for name, expected in truth.items():
            assert answer[name].keys() == expected.keys()
            for key, value in expected.items():
                torch.testing.assert_close(answer[name][key], value, rtol=1e-8, atol=1e-9, msg=f"{name}: {key}")


def in_half_precision() -> Tensor:
    """The output under autocast."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    if world_size() > 1:
        synchronise_(network)
    with sharded(BATCH // world_size()), torch.autocast("cpu", torch.bfloat16):
        made = network(local_rows(100 + torch.randn(BATCH, 3, 6, 6, generator=torch.Generator().manual_seed(1))))
    assert made.dtype is torch.bfloat16
    return gather(made.detach()) if world_size() == 1 else _whole(made.detach())


def _whole(x: Tensor) -> Tensor:
    with sharded(len(x)):
        return gather(x)


def test_statistics_keep_their_digits_in_half_precision(tmp_path: Path) -> None:
    truth = in_half_precision()
    assert 0.5 < float(truth.float().std()) < 1.5
    for answer in run_processes(2, tmp_path / "meeting", in_half_precision):
        torch.testing.assert_close(answer, truth, rtol=0.02, atol=0.02)


def test_a_synchronised_network_is_the_same_network_where_nothing_is_shared() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(3, 4, 3), ConditionalNorm(nn.BatchNorm2d(4, affine=False), 4, 3), nn.BatchNorm2d(4)
    )
    changed = copy.deepcopy(network)
    synchronise_(changed)
    synchronise_(changed)  # a second time changes nothing
    assert [*changed.state_dict()] == [*network.state_dict()]
    assert all(isinstance(each, Synchronised) for each in changed.modules() if "Norm2d" in type(each).__name__)
    x = torch.randn(4, 3, 8, 8)
    assert torch.equal(changed(x), network(x))
    copied = copy.deepcopy(changed).eval()
    assert torch.equal(copied(x), network.eval()(x))
    assert isinstance(copied[2], nn.BatchNorm2d)
