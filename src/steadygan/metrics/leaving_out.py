"""What recall changes by when each generated item is left out, for its error by the jackknife."""

import torch
from torch import Tensor


def jackknife_error(changes: Tensor) -> float:
    """The standard error of a figure by the jackknife: on average a little too large, and never too small.

    Args:
        changes: any numbers [M], by which the figure changes when each of M independent items is left out.

    Source: Efron & Stein 1981, "The Jackknife Estimate of Variance".
    """
    changes = changes.double()
    return float(((len(changes) - 1) / len(changes) * (changes - changes.mean()).square().sum()).sqrt())


def recall_changes(inside: Tensor, larger: Tensor, neighbours: Tensor) -> Tensor:
    """By how many recalled real items the count changes when each generated item is left out.

    Left out, an item takes its neighbourhood along, and those of items that had it among their k neighbours grow to
    their next one.

    Args:
        inside: bool [N, M], which neighbourhoods of generated items hold which real items.
        larger: the same of neighbourhoods that reach to one neighbour more.
        neighbours: int64 [M, k], the k neighbours of each generated item.

    Returns:
        int64 [M].
    """
    held = inside.sum(1)
    few = held <= 1  # what lies in two neighbourhoods stays in one
    inside, larger, held = inside[few], larger[few], held[few]
    size = inside.shape[1]
    rows, grown = (larger & ~inside).nonzero().unbind(1)
    # left out, each neighbour of what would grow lets it hold the real item
    helped = torch.unique(rows[:, None] * size + neighbours[grown])
    rows, left_out = helped // size, helped % size
    gained = left_out[held[rows] == 0].bincount(minlength=size)
    alone = held.nonzero().flatten()
    only = inside[alone].to(torch.uint8).argmax(1)
    lost = only[~torch.isin(alone * size + only, helped)].bincount(minlength=size)
    changes: Tensor = gained - lost
    return changes
