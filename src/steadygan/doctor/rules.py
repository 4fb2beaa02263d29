"""The rules by looks: which figures, for how long, show which failure.

Most figures compare fakes with the data or count the order of logits, so that they mean the same under every objective.
"""

import numpy as np

from steadygan.doctor.finding import Evidence, Severity
from steadygan.doctor.history import History
from steadygan.doctor.rule import Rule
from steadygan.vocabulary import Failure

Found = tuple[Evidence, ...]

FAR = 0.2
"""Distance of fakes to the data (see ``energy_distance``) above which they do not show what the data do."""
ALIKE = 0.3
"""Variety, 1 in the data, below which fakes are nearly all alike."""
TWINS = 0.5
"""Share of fakes with a near twin in their batch, above which they are copies of each other."""
LEFT_OUT = 0.3
"""Share of the data of kinds that are hardly made."""
UNLIKE = 0.8
"""Difference of a channel's means, in standard deviations of the data, that is as plain as day."""
CONTRASTS = (0.45, 1.8)
"""Contrast, 1 in the data, outside of which range and scale are in doubt."""
PEAKS = 4.0
"""Times the power at frequencies of strides that the data have there."""
SATURATED = 0.4
"""Share of values at the limits, beyond that of the data."""
FOOLED = 0.3
"""How often a real image scores above a fake, below which the discriminator takes fakes for more real than reals."""
SURE = 0.98
"""The same, above which it is never wrong."""
FROZEN = 1e-7
"""Change of weights for a step, relative to their length, below which nothing moves."""
STILL = 0.004
"""Drift of fixed latents' images from one look to the next below which they stand still."""
RESTLESS = 0.55
"""The same, above which images change from look to look as if they were others."""
STEEP, STEEPER = 1000.0, 30.0
"""A gradient's norm that is too long for any network, and times its usual length."""
FEW, PASSES = 1000, 20.0
"""Items that a discriminator learns by heart, and how often it has seen them by then."""


def _value(history: History, name: str) -> float:
    found = history.last(name)
    return float(found[-1]) if len(found) else float("nan")


def _evidence(history: History, name: str, sentence: str) -> Evidence:
    value = _value(history, name)
    return Evidence(figure=name, value=value if np.isfinite(value) else None, sentence=sentence)


def _distance(history: History) -> Evidence:
    distance = _value(history, "doctor/distance")
    return _evidence(history, "doctor/distance", f"images are far from the data ({distance:.2f}; 0 is as the data)")


def _is_far(history: History, limit: float = FAR) -> bool:
    """Whether fakes are far from the data and come no nearer."""
    newest = history.last("doctor/distance", 6)
    if len(newest) < 3 or not newest[-1] > limit:
        return False
    return not newest[-1] < 0.6 * np.nanmax(newest)  # it is on its way


def not_finite(history: History) -> Found:
    """Numbers that are none."""
    if _value(history, "not_finite") > 0:
        return (_evidence(history, "not_finite", "numbers in losses or gradients are not finite"),)
    return ()


def stalled(history: History) -> Found:
    """A network, or what it makes, that does not move."""
    for player in ("generator", "discriminator"):
        name = f"doctor/update/{player}"
        if _value(history, name) < FROZEN:
            return (_evidence(history, name, f"the weights of the {player} do not change"),)
    drift = history.last("doctor/drift", 3)
    if len(drift) == 3 and np.nanmax(drift) < STILL and _is_far(history):
        return (_evidence(history, "doctor/drift", "images of the same latents do not change"), _distance(history))
    return ()


def collapsed(history: History) -> Found:
    """All images alike."""
    variety, twins = _value(history, "doctor/variety"), _value(history, "doctor/twins")
    if variety < ALIKE:
        return (_evidence(history, "doctor/variety", f"images differ {variety:.0%} as much as the data do"),)
    if twins > TWINS:
        return (_evidence(history, "doctor/twins", f"{twins:.0%} of the images have a near twin in their batch"),)
    return ()


def dropped(history: History) -> Found:
    """Parts of the data that are never made."""
    empty = history.last("doctor/empty_bins", 2)
    if len(empty) == 2 and min(empty) > LEFT_OUT:
        sentence = f"{empty[-1]:.0%} of the data is of kinds that are hardly made"
        return (_evidence(history, "doctor/empty_bins", sentence),)
    return ()


def fooled(history: History) -> Found:
    """Fakes that are far from the data and score above them."""
    order = history.last("doctor/separation", 3)
    if len(order) == 3 and np.nanmax(order) < FOOLED and _is_far(history):
        sentence = f"the discriminator scores fakes above real images in {1 - order[-1]:.0%} of all pairs"
        return (_evidence(history, "doctor/separation", sentence), _distance(history))
    return ()


def wins(history: History) -> Found:
    """A discriminator that is never wrong, and fakes that come no nearer."""
    order = history.last("doctor/separation", 3)
    if len(order) == 3 and np.nanmin(order) > SURE and _is_far(history):
        sentence = f"the discriminator tells real from fake in {order[-1]:.0%} of all pairs"
        return (_evidence(history, "doctor/separation", sentence), _distance(history))
    return ()


def restless(history: History) -> Found:
    """Images that are others at each look."""
    drift = history.last("doctor/drift", 4)
    if len(drift) == 4 and np.nanmin(drift) > RESTLESS and _is_far(history, FAR / 2):
        sentence = f"images of the same latents change by {drift[-1]:.0%} of the distance of two real ones at each look"
        return (_evidence(history, "doctor/drift", sentence), _distance(history))
    return ()


def mismatched(history: History) -> Found:
    """Something plain in which fakes differ from reals."""
    difference, contrast = _value(history, "doctor/mean_gap"), _value(history, "doctor/contrast")
    if difference > UNLIKE:
        sentence = f"the mean of a channel is {difference:.1f} standard deviations from that of real images"
        return (_evidence(history, "doctor/mean_gap", sentence),)
    if not CONTRASTS[0] <= contrast <= CONTRASTS[1] and np.isfinite(contrast):
        sentence = f"images have {contrast:.2f} times the contrast of real ones"
        return (_evidence(history, "doctor/contrast", sentence),)
    return ()


def saturated(history: History) -> Found:
    """Values at their limits."""
    share = _value(history, "doctor/saturated")
    if share > SATURATED:
        return (
            _evidence(history, "doctor/saturated", f"{share:.0%} more of the values than in the data are at a limit"),
        )
    return ()


def checkered(history: History) -> Found:
    """A grid over the images."""
    peaks, usual = history.last("doctor/checkerboard", 2), max(_value(history, "doctor/checkerboard/data"), 1.0)
    if len(peaks) == 2 and min(peaks) > PEAKS * usual:
        sentence = f"a regular grid is {peaks[-1] / usual:.0f} times as strong as in the data"
        return (_evidence(history, "doctor/checkerboard", sentence),)
    return ()


def exploding(history: History) -> Found:
    """Gradients that have grown by orders of magnitude."""
    for player in ("discriminator", "generator"):
        name = f"{player}/gradient_norm"
        norms = history.all(name)
        if len(norms) > 4:
            usual = float(np.nanmedian(norms[: max(4, len(norms) // 2)]))
            if norms[-1] > STEEP or norms[-1] > max(STEEPER * usual, 100.0):
                sentence = f"the gradients of the {player} have a norm of {norms[-1]:.3g}, usually {usual:.3g}"
                return (_evidence(history, name, sentence),)
    return ()


def overfitted(history: History) -> Found:
    """A discriminator that knows its images by heart."""
    held_out, items = _value(history, "doctor/held_out"), history.setting.items
    if held_out > 0.8:
        sentence = f"training images score above unseen ones in {held_out:.0%} of all pairs"
        return (_evidence(history, "doctor/held_out", sentence),)
    if items is None or items > FEW or history.images < PASSES * items:
        return ()
    order = history.last("doctor/separation", 3)
    if len(order) == 3 and np.nanmin(order) > SURE:
        sentence = f"the {items} images were seen {history.images / items:.0f} times each, and no fake passes for one"
        return (_evidence(history, "doctor/separation", sentence),)
    return ()


RULES = (
    Rule(Failure.NOT_FINITE, Severity.CRITICAL, ("not_finite",), not_finite, persists=1, after=0.0, judged_by="losses"),
    Rule(
        Failure.STALLED, Severity.CRITICAL, ("doctor/update/generator", "doctor/drift"), stalled, persists=4, after=0.0
    ),
    Rule(Failure.MODE_COLLAPSE, Severity.CRITICAL, ("doctor/variety",), collapsed, persists=5, after=0.1),
    Rule(Failure.GARBAGE_FOOLING, Severity.CRITICAL, ("doctor/separation",), fooled, persists=3, after=0.15),
    Rule(Failure.DISCRIMINATOR_WINS, Severity.WARNING, ("doctor/separation",), wins, persists=4, after=0.2),
    Rule(Failure.OSCILLATION, Severity.WARNING, ("doctor/drift",), restless, persists=3, after=0.2),
    Rule(Failure.MODE_DROPPING, Severity.WARNING, ("doctor/empty_bins",), dropped, persists=1, after=0.2),
    Rule(Failure.PREPROCESSING_MISMATCH, Severity.WARNING, ("doctor/mean_gap",), mismatched, persists=4, after=0.15),
    Rule(Failure.SATURATED_OUTPUT, Severity.WARNING, ("doctor/saturated",), saturated, persists=4, after=0.1),
    Rule(Failure.CHECKERBOARD, Severity.WARNING, ("doctor/checkerboard",), checkered, persists=1, after=0.2),
    Rule(
        Failure.EXPLODING_GRADIENTS,
        Severity.WARNING,
        ("discriminator/gradient_norm",),
        exploding,
        persists=3,
        after=0.05,
        judged_by="losses",
    ),
    Rule(Failure.DISCRIMINATOR_OVERFITS, Severity.WARNING, ("doctor/separation",), overfitted, persists=4, after=0.15),
)
