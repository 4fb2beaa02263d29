"""A running average of the generator's weights."""

from collections.abc import Iterable
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.clock import Number, clipped
from steadygan.heuristics.roles import Average
from steadygan.vocabulary import Failure


def ema_decay(images_seen: Number, batch: int, half_life: float, ramp_up: float | None = None) -> Number:
    """Share of the old average that a step of ``batch`` images keeps.

    Args:
        images_seen: real images seen so far.
        batch: real images of this step.
        half_life: images after which a weight's share has halved.
        ramp_up: if given, the half-life is at most this share of the images seen, so that the poor first weights
            are forgotten soon.

    Returns:
        A number in [0, 1]: 0.5^(batch / half-life).

    Source: Yazıcı et al. 2018; the half-life in images and the ramp-up are Karras et al. 2020, appendix.
    """
    lasting = half_life if ramp_up is None else clipped(ramp_up * images_seen, high=half_life)
    decay: Number = 0.5 ** (batch / clipped(lasting, low=1e-8))
    return decay


@torch.no_grad()
def ema_update(averaged: Iterable[Tensor], current: Iterable[Tensor], decay: float) -> None:
    """Update an average in place: averaged ← decay · averaged + (1 - decay) · current.

    Args:
        averaged: tensors of the average; those that are not floating point are copied.
        current: the tensors of this moment, in the same order.
        decay: share that is kept, in [0, 1].

    Source: Yazıcı et al. 2018.
    """
    pairs = list(zip(averaged, current, strict=True))
    floats = [(old, new) for old, new in pairs if old.is_floating_point()]
    if floats:
        torch._foreach_lerp_([old for old, _ in floats], [new for _, new in floats], 1.0 - decay)
    for old, new in pairs:
        if not old.is_floating_point():
            old.copy_(new)


class Ema(Average):
    """An exponential moving average of the generator."""

    name: ClassVar[str] = "ema"
    card: ClassVar[Card] = Card(
        summary="Samples come from a running average of the generator, which cancels its circling around the solution.",
        formula="θ̄ ← β θ̄ + (1 - β) θ, β = 0.5^(batch / half-life)",
        sources=(Source(citation="yazici2018averaging"), Source(citation="karras2020ada", where="appendix on ramp-up")),
        treats=(Failure.OSCILLATION,),
        cost="one more copy of the generator, one pass over its weights a step",
        example=(
            "from steadygan.heuristics.averages import ema_update\n"
            "averages, currents = averaged.state_dict(), generator.state_dict()  # with the statistics of batch norm\n"
            "ema_update(averages.values(), currents.values(), decay=0.999)"
        ),
    )
    half_life: float = Field(10_000, gt=0, description="in images seen")
    ramp_up: float | None = Field(0.05, gt=0, description="half-life at most this share of the images seen")

    def decay(self, images_seen: Number, batch: int) -> Number:
        """See :func:`ema_decay`."""
        return ema_decay(images_seen, batch, self.half_life, self.ramp_up)
