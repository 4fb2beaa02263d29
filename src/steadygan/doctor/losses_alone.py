"""Which rules judge a training of which nothing was seen but its losses."""

from collections.abc import Sequence

from steadygan.doctor.rule import Rule
from steadygan.doctor.rules import RULES
from steadygan.doctor.rules_of_losses import RULES_OF_LOSSES

LESS_SURE = (
    "Judged by losses alone, which is less sure: images that are all alike, or copies of the data, come with any losses"
)
"""The sentence that goes with such a judgement."""


def rules_for(looked: bool) -> Sequence[Rule]:
    """The rules for a training.

    Args:
        looked: whether its rows hold figures of outputs or logits, and not losses and gradients alone.
    """
    return RULES if looked else RULES_OF_LOSSES
