"""Rules that need nothing but losses: what they can know is little, and they keep silent otherwise."""

import numpy as np

from steadygan.doctor.finding import Evidence, Severity
from steadygan.doctor.history import History
from steadygan.doctor.names import DISCRIMINATOR_LOSS, GENERATOR_LOSS
from steadygan.doctor.rule import Rule
from steadygan.doctor.rules import RULES
from steadygan.vocabulary import Failure

Found = tuple[Evidence, ...]

ROWS = 8
"""Rows over which losses must look the same."""
NOTHING = 0.03
"""Share of the loss of a discriminator that guesses, below which it has nothing left to learn."""
GUESSES = 0.015
"""How near to that loss, relative to it, a discriminator guesses."""
STILL = 2e-3
"""Deviation of a loss over its size, below which it stands still."""
RUNAWAY, BEFORE = 30.0, 10.0
"""Times the usual size of a loss at which it has run away, and a size that it must have."""


def nothing_left(history: History) -> Found:
    """A discriminator that is never wrong."""
    even, losses = history.setting.even_loss, history.last(DISCRIMINATOR_LOSS, ROWS)
    if even is None or len(losses) < ROWS or not (losses < NOTHING * even).all():
        return ()
    sentence = f"the discriminator's loss is {losses[-1]:.2g}, where {even:.3g} would be guessing"
    return (Evidence(figure=DISCRIMINATOR_LOSS, value=float(losses[-1]), sentence=sentence),)


def guesses(history: History) -> Found:
    """A discriminator that has learned nothing, or has nothing to learn: healthy games of points look the same."""
    even, losses = history.setting.even_loss, history.last(DISCRIMINATOR_LOSS, ROWS)
    if even is None or len(losses) < ROWS or not (np.abs(losses - even) < GUESSES * even).all():
        return ()
    sentence = f"the discriminator's loss stays at {losses[-1]:.3g}, which is guessing"
    return (Evidence(figure=DISCRIMINATOR_LOSS, value=float(losses[-1]), sentence=sentence),)


def stands_still(history: History) -> Found:
    """A loss that does not move at all."""
    for name in (DISCRIMINATOR_LOSS, GENERATOR_LOSS):
        losses = history.last(name, ROWS)
        if len(losses) == ROWS and np.isfinite(losses).all() and losses.std() < STILL * abs(losses.mean()):
            sentence = f"the {name.split('/')[0]}'s loss stands still at {losses[-1]:.4g}"
            return (Evidence(figure=name, value=float(losses[-1]), sentence=sentence),)
    return ()


def runs_away(history: History) -> Found:
    """A loss that has grown by orders of magnitude."""
    for name in (DISCRIMINATOR_LOSS, GENERATOR_LOSS):
        losses = np.abs(history.all(name))
        if len(losses) > ROWS:
            usual = float(np.nanmedian(losses[: max(4, len(losses) // 2)]))
            if (losses[-3:] > max(RUNAWAY * usual, BEFORE)).all():
                sentence = f"the {name.split('/')[0]}'s loss is {losses[-1]:.3g}, usually {usual:.3g}"
                return (Evidence(figure=name, value=float(losses[-1]), sentence=sentence),)
    return ()


_LOSSES = (DISCRIMINATOR_LOSS, GENERATOR_LOSS)
RULES_OF_LOSSES = (
    *(rule for rule in RULES if rule.judged_by == "losses"),
    Rule(
        Failure.DISCRIMINATOR_WINS, Severity.WARNING, _LOSSES, nothing_left, persists=3, after=0.1, judged_by="losses"
    ),
    Rule(Failure.STALLED, Severity.WATCH, _LOSSES, guesses, persists=3, after=0.1, judged_by="losses"),
    Rule(Failure.STALLED, Severity.WARNING, _LOSSES, stands_still, persists=3, after=0.05, judged_by="losses"),
    Rule(Failure.EXPLODING_GRADIENTS, Severity.WARNING, _LOSSES, runs_away, persists=2, after=0.05, judged_by="losses"),
)
