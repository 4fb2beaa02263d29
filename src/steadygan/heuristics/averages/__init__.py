"""Slot average: which weights do we keep?"""

from steadygan.heuristics.averages.ema import Ema, ema_decay, ema_update

__all__ = [
    "Ema",
    "ema_decay",
    "ema_update",
]
