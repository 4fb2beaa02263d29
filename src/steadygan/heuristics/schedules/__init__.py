"""Slot schedule: who moves when?"""

from steadygan.heuristics.schedules.alternate import Alternate, alternate
from steadygan.heuristics.schedules.balance import Balance, balanced, ranking_accuracy
from steadygan.heuristics.schedules.past_checkpoints import PastCheckpoints, snapshot
from steadygan.heuristics.schedules.unrolled import Unrolled, unroll

__all__ = [
    "Alternate",
    "Balance",
    "PastCheckpoints",
    "Unrolled",
    "alternate",
    "balanced",
    "ranking_accuracy",
    "snapshot",
    "unroll",
]
