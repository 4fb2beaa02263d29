"""The softmax from its definition."""

import math

from torch import Tensor


def probability(logits: Tensor, label: int) -> float:
    powers = [math.exp(value) for value in logits.tolist()]
    return powers[label] / sum(powers)
