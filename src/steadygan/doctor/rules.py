"""The rules: which figures, over how long, show which failure."""

import numpy as np

from steadygan.doctor.finding import Evidence, Severity
from steadygan.doctor.history import History
from steadygan.doctor.rule import Rule
from steadygan.vocabulary import Failure

Found = tuple[Evidence, ...]

ALIKE = 0.3
"""Variety, 1 in the data, below which fakes are nearly all alike."""
TWINS = 0.5
LEFT_OUT = 0.3
"""Share of the data that lies in groups of which fakes are hardly ever."""
UNLIKE = 0.8
"""Difference of a channel's means, in standard deviations of the data, that is as plain as day."""
PEAKS = 3.0
"""Times the power at frequencies of strides that the data have there."""
COPIES = 0.5
KNOWN = 0.7
FROZEN = 1e-7
EXPLODED = 100.0


def _value(history: History, name: str) -> float:
    found = history.last(name)
    return float(found[-1]) if len(found) else float("nan")


def _evidence(history: History, name: str, sentence: str) -> Evidence:
    value = _value(history, name)
    return Evidence(figure=name, value=value if np.isfinite(value) else None, sentence=sentence)


def _not_finite(history: History) -> Found:
    if _value(history, "not_finite") > 0:
        return (_evidence(history, "not_finite", "numbers in losses or gradients are not finite"),)
    return ()


def _collapsed(history: History) -> Found:
    variety, twins = _value(history, "doctor/variety"), _value(history, "doctor/twins")
    if variety < ALIKE:
        return (_evidence(history, "doctor/variety", f"images differ {variety:.0%} as much as the data do"),)
    if twins > TWINS:
        return (_evidence(history, "doctor/twins", f"{twins:.0%} of the images have a near twin in their batch"),)
    return ()


def _dropped(history: History) -> Found:
    empty = _value(history, "doctor/empty_bins")
    if empty > LEFT_OUT:
        return (_evidence(history, "doctor/empty_bins", f"{empty:.0%} of the data is of kinds that are hardly made"),)
    return ()


def _mismatched(history: History) -> Found:
    difference = _value(history, "doctor/mean_gap")
    if difference > UNLIKE:
        return (_evidence(history, "doctor/mean_gap", f"mean brightness is {difference:.1f} standard deviations off"),)
    return ()


def _checkered(history: History) -> Found:
    peaks, usual = _value(history, "doctor/checkerboard"), _value(history, "doctor/checkerboard/data")
    if peaks > PEAKS * max(usual, 1.0):
        return (
            _evidence(
                history,
                "doctor/checkerboard",
                f"a grid is {peaks / max(usual, 1.0):.1f} times as strong as in the data",
            ),
        )
    return ()


RULES = (
    Rule(
        Failure.NOT_FINITE, Severity.CRITICAL, ("not_finite",), _not_finite, persists=1, after=0.0, judged_by="losses"
    ),
    Rule(Failure.MODE_COLLAPSE, Severity.CRITICAL, ("doctor/variety",), _collapsed, persists=4),
    Rule(Failure.MODE_DROPPING, Severity.WARNING, ("doctor/empty_bins",), _dropped, persists=2),
    Rule(Failure.PREPROCESSING_MISMATCH, Severity.WARNING, ("doctor/mean_gap",), _mismatched, persists=4),
    Rule(Failure.CHECKERBOARD, Severity.WARNING, ("doctor/checkerboard",), _checkered, persists=2),
)
