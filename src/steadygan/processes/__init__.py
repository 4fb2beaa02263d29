"""Training on several processes: what they tell each other, whose images are whose, and how they begin."""

from steadygan.processes.collectives import (
    LostProcessError,
    any_differs,
    any_says,
    gathered,
    once,
    rank,
    share_gradients,
    summed,
    take_over,
    world_size,
    writes,
)
from steadygan.processes.draws import together
from steadygan.processes.group import first_on_each_machine, local_rank, speaks, start, stop, told
from steadygan.processes.region import alone, given, part, region, whole

__all__ = [
    "LostProcessError",
    "alone",
    "any_differs",
    "any_says",
    "first_on_each_machine",
    "gathered",
    "given",
    "local_rank",
    "once",
    "part",
    "rank",
    "region",
    "share_gradients",
    "speaks",
    "start",
    "stop",
    "summed",
    "take_over",
    "together",
    "told",
    "whole",
    "world_size",
    "writes",
]
