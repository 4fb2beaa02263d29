"""What processes tell each other, and what its derivatives are."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from steadygan.distributed import (
    all_gather,
    all_reduce,
    any_process,
    average_gradients,
    broadcast_,
    differs_between_processes,
    is_main_process,
    rank,
    world_size,
)
from tests.process_group import run_processes

WORLD = 3
ROWS = 2


def _inputs() -> torch.Tensor:
    return torch.arange(1.0, 1.0 + WORLD * ROWS * 2, dtype=torch.float64).view(WORLD * ROWS, 2) / 7


def _own() -> torch.Tensor:
    return _inputs()[rank() * ROWS : (rank() + 1) * ROWS].clone().requires_grad_()


def exchanged() -> dict[str, Any]:
    """What needs no gradient."""
    tensors = [torch.full((2,), float(rank() + 1)), torch.full((3,), rank(), dtype=torch.int64)]
    broadcast_(tensors)
    return {
        "rank": rank(),
        "world": world_size(),
        "writes": is_main_process(),
        "gathered": all_gather(torch.tensor([[rank(), 10 * rank()]])),
        "flags": all_gather(torch.tensor([rank() == 1])),
        "summed": all_reduce(torch.tensor([1.0, rank()])),
        "any": [any_process(rank() == 2), any_process(False), any_process(True)],
        "differs": [differs_between_processes("same"), differs_between_processes(f"not the same {rank() == 2}")],
        "taken over": tensors,
    }


def shared() -> dict[str, Any]:
    """Gradients of weights, one of which none has."""
    weights = [nn.Parameter(torch.zeros(2, 3)), nn.Parameter(torch.zeros(4)), nn.Parameter(torch.zeros(1))]
    weights[0].grad = torch.full((3, 2), float(rank())).T  # not laid out row by row
    weights[1].grad = torch.full((4,), float(10 ** rank()), dtype=torch.float32)
    average_gradients(weights)
    return {"gradients": [weights[0].grad, weights[1].grad], "none": weights[2].grad is None}


def derivatives() -> dict[str, Any]:
    """First and second derivatives of a function of all rows, of which each process has its own.

    Every process computes the same loss; gradients are averaged, so that it counts once.
    """
    own = _own()
    weight = nn.Parameter(torch.tensor(0.3, dtype=torch.float64))
    hidden = (weight * own).sin()
    mean = all_reduce(hidden.sum(0)) / (WORLD * ROWS)
    rows = all_gather((hidden - mean) * own)
    loss = rows.pow(3).sum() + weight.exp()
    (first,) = torch.autograd.grad(loss / WORLD, own, create_graph=True)
    second = all_gather(first.square().sum(1)).mean() + rows.sum().square()
    torch.autograd.backward(second)
    assert weight.grad is not None
    assert own.grad is not None
    average_gradients([weight])
    return {
        "first": all_gather(first.detach()),
        "second": all_gather(own.grad / WORLD),
        "weight": weight.grad,
        "value": second.detach(),
    }


def of_all_rows() -> dict[str, torch.Tensor]:
    """The same function where one process has all rows."""
    own = _inputs().requires_grad_()
    weight = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
    hidden = (weight * own).sin()
    rows = (hidden - hidden.mean(0)) * own
    (first,) = torch.autograd.grad(rows.pow(3).sum() + weight.exp(), own, create_graph=True)
    second = first.square().sum(1).mean() + rows.sum().square()
    torch.autograd.backward(second)
    assert weight.grad is not None
    assert own.grad is not None
    return {"first": first.detach(), "second": own.grad, "weight": weight.grad, "value": second.detach()}


def test_every_process_learns_what_all_say(tmp_path: Path) -> None:
    answers = run_processes(WORLD, tmp_path / "meeting", exchanged)
    for place, answer in enumerate(answers):
        assert (answer["rank"], answer["world"], answer["writes"]) == (place, WORLD, place == 0)
        assert answer["gathered"].tolist() == [[0, 0], [1, 10], [2, 20]]
        assert answer["flags"].tolist() == [False, True, False]
        assert answer["summed"].tolist() == [3.0, 3.0]
        assert answer["any"] == [True, False, True]
        assert answer["differs"] == [False, True]
        assert [each.tolist() for each in answer["taken over"]] == [[1.0, 1.0], [0, 0, 0]]


def test_gradients_are_averaged_however_they_lie_in_memory(tmp_path: Path) -> None:
    for answer in run_processes(WORLD, tmp_path / "meeting", shared):
        assert answer["gradients"][0].tolist() == [[1.0] * 3] * 2  # the mean of 0, 1 and 2
        assert answer["gradients"][1].tolist() == [37.0] * 4  # the mean of 1, 10 and 100
        assert answer["none"]


def test_first_and_second_derivatives_are_those_of_one_process_with_all_rows(tmp_path: Path) -> None:
    truth = of_all_rows()
    for answer in run_processes(WORLD, tmp_path / "meeting", derivatives):
        for name, expected in truth.items():
            torch.testing.assert_close(answer[name], expected, rtol=1e-12, atol=1e-12, msg=name)


def test_alone_nothing_is_sent_and_everything_is_as_it_was() -> None:
    x = _inputs().requires_grad_()
    assert world_size() == 1
    assert rank() == 0
    assert is_main_process()
    assert all_gather(x) is x
    assert all_reduce(x) is x
    assert any_process(True)
    assert not any_process(False)
    assert not differs_between_processes("anything")
    weight = nn.Parameter(torch.zeros(2))
    weight.grad = torch.ones(2)
    average_gradients([weight])
    assert weight.grad.tolist() == [1.0, 1.0]


def fails() -> None:
    """One process gives up after all have met, the others wait for it."""
    all_reduce(torch.zeros(1))
    if rank() == 1:
        raise ValueError("enough")
    all_reduce(torch.zeros(1))


def test_a_process_whose_other_has_gone_says_so(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="LostProcessError: One of the 2 processes has ended"):
        run_processes(2, tmp_path / "meeting", fails)
