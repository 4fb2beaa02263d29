"""The game min_x max_y x·y, around whose solution (0, 0) gradients turn instead of leading to it."""

from collections.abc import Callable

import torch
from torch import nn

Make = Callable[[list[nn.Parameter]], torch.optim.Optimizer]


def play(
    make: Make,
    steps: int,
    rounds: int = 1,
    alternate: bool = True,
    after_step: Callable[[list[nn.Parameter]], None] = lambda _: None,
) -> float:
    """How far from the solution two players are after some steps from (1, 1), which is √2 away.

    Args:
        make: an optimiser for one player.
        steps: how many.
        rounds: how often each player moves in one of them.
        alternate: whether x answers to the y that has just moved.
        after_step: called after each with both players.
    """
    x, y = nn.Parameter(torch.ones((), dtype=torch.float64)), nn.Parameter(torch.ones((), dtype=torch.float64))
    of_x, of_y = make([x]), make([y])
    for _ in range(steps):
        for _ in range(rounds):
            x.grad, y.grad = y.detach().clone(), -x.detach().clone()
            of_y.step()
            if alternate:
                x.grad = y.detach().clone()
            of_x.step()
        after_step([x, y])
    return float((x.detach() ** 2 + y.detach() ** 2).sqrt())
