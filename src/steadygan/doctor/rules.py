"""The rules by looks: which figures, for how long, show which failure.

Most figures compare fakes with the data or count the order of logits, so that they mean the same under every objective.
"""

import numpy as np

from steadygan.amounts import things
from steadygan.arrays import Array
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
LEFT_OUT = {"images": 0.7, "vectors": 0.6}
"""Share of the data of kinds that are hardly made, at three surveys."""
SURVEYS = 3
LITTLE = {"images": 0.015, "vectors": 0.4}
"""Share of the data that lies among fakes, at two surveys, below which they serve a corner of the data."""
UNLIKE = 0.8
"""Difference of a channel's means, in standard deviations of the data, that is as plain as day."""
CONTRASTS = (0.45, 1.8)
"""Contrast, 1 in the data, outside of which range and scale are in doubt."""
PEAKS, MANY_PEAKS = 4.0, 12.0
"""Times the power at frequencies of strides that the data have there: worth a look, and plain to see."""
NOISY = 2.5
"""Detail, 1 in the data, above which fakes carry a texture or noise that the data do not have."""
NEGATIVE, BOUND, BEYOND = -0.05, 1.001, 1.1
"""A fake value below which the generator's range is not [0, 1], the largest that tanh puts out, and one of reals that
is out of its reach."""
NO_NEARER, LONG = 0.9, 12
"""Times the distance over earlier looks below which fakes have come nearer, and looks that are compared."""
OFF = 0.1
"""Distance that is too far to stay at."""
WAY, RISE = 0.75, 1.25
"""Of the distance some looks ago, and of the variety then: training that has come so far is on its way."""
LOOKS_BACK = 8
SATURATED = 0.4
"""Share of values at the limits, beyond that of the data."""
FOOLED, FOOLED_OUTRIGHT, GUESSING = 0.3, 0.1, 0.46
"""How often a real image scores above a fake, below which the discriminator takes fakes for more real than reals: by
now, beyond doubt, and where it never did better over many looks."""
NOT_NEAR = 0.08
"""Distance that fakes which fool a discriminator outright must have: nearer ones may well be that good."""
SURE, SURER = 0.98, 0.998
"""The same, above which it is hardly ever wrong, and never."""
FAR_OFF = 0.4
"""Distance at which a discriminator that is never wrong may win, even if fakes come nearer step by step."""
FROZEN = 1e-7
"""Change of weights for a step, relative to their length, below which nothing moves."""
STILL = 0.004
"""Drift of fixed latents' images from one look to the next below which they stand still."""
RESTLESS = 0.65
"""The same, above which images change from look to look as if they were others."""
STEEP, STEEPER = 1000.0, 30.0
"""A gradient's norm that is too long for any network, and times its usual length."""
FEW, PASSES = 1000, 20.0
"""Items that a discriminator learns by heart, and how often it has seen them by then."""


def _value(history: History, name: str) -> float:
    found = history.last(name)
    return float(found[-1]) if len(found) else float("nan")


def _lowest(values: Array) -> float:
    """The smallest of those that are numbers; NaN where none is."""
    known = values[np.isfinite(values)]
    return float(known.min()) if len(known) else float("nan")


def _highest(values: Array) -> float:
    return -_lowest(-values)


def _evidence(history: History, name: str, sentence: str) -> Evidence:
    value = _value(history, name)
    return Evidence(figure=name, value=value if np.isfinite(value) else None, sentence=sentence)


def _distance(history: History) -> Evidence:
    distance = _value(history, "doctor/distance")
    return _evidence(history, "doctor/distance", f"images are far from the data ({distance:.2f}; 0 is as the data)")


def _is_far(history: History, limit: float = FAR) -> bool:
    """Whether fakes are far from the data and come no nearer."""
    return _value(history, "doctor/distance") > limit and not _is_on_its_way(history)


def _is_on_its_way(history: History) -> bool:
    """Whether fakes have come clearly nearer to the data, or have become clearly more varied, over the last looks."""
    distance, variety = (history.last(f"doctor/{name}", LOOKS_BACK) for name in ("distance", "variety"))
    if len(distance) < 4 or len(variety) < 4:
        return False
    nearer = np.mean(distance[-2:]) < WAY * np.mean(distance[:3])
    return bool(nearer or np.mean(variety[-2:]) > RISE * np.mean(variety[:3]) > RISE * ALIKE / 4)


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
    if len(drift) == 3 and _highest(drift) < STILL and _is_far(history):
        return (_evidence(history, "doctor/drift", "images of the same latents do not change"), _distance(history))
    return ()


def collapsed(history: History) -> Found:
    """All images alike."""
    variety, twins = _value(history, "doctor/variety"), _value(history, "doctor/twins")
    if _is_on_its_way(history):
        return ()
    if variety < ALIKE:
        return (_evidence(history, "doctor/variety", f"images differ {variety:.0%} as much as the data do"),)
    if twins > TWINS:
        return (_evidence(history, "doctor/twins", f"{twins:.0%} of the images have a near twin in their batch"),)
    return ()


def dropped(history: History) -> Found:
    """Parts of the data that are never made."""
    empty = history.last("doctor/empty_bins", SURVEYS)
    if len(empty) == SURVEYS and min(empty) > LEFT_OUT[history.setting.kind]:
        sentence = f"{empty[-1]:.0%} of the data is of kinds that are hardly made"
        return (_evidence(history, "doctor/empty_bins", sentence),)
    return ()


def repeated(history: History) -> Found:
    """Fakes of the same latents at each look."""
    if _value(history, "doctor/same_latents") > 0:
        sentence = "generated images are of the same latents at each look: draw new ones in each step"
        return (_evidence(history, "doctor/same_latents", sentence),)
    return ()


def served_in_part(history: History) -> Found:
    """Fakes that differ and lie in a corner of the data."""
    recall = history.last("doctor/recall", 2)
    if len(recall) < 2 or _highest(recall) > LITTLE[history.setting.kind] or _is_on_its_way(history):
        return ()
    sentence = f"{recall[-1]:.0%} of the data lies among the fakes"
    return (_evidence(history, "doctor/recall", sentence),)


def no_nearer(history: History) -> Found:
    """Fakes that stay where they are, far from the data."""
    distance = history.last("doctor/distance", LONG)
    if len(distance) < LONG or not _lowest(distance) > OFF:
        return ()
    first, last = np.mean(distance[: LONG // 2]), np.mean(distance[LONG // 2 :])
    return (_distance(history),) if last > NO_NEARER * first else ()


def noisy(history: History) -> Found:
    """Fakes with a texture or noise that the data do not have."""
    detail = history.last("doctor/detail", LOOKS_BACK // 2)
    if len(detail) == LOOKS_BACK // 2 and _lowest(detail) > NOISY and not detail[-1] < WAY * detail[0]:
        sentence = f"images have {detail[-1]:.1f} times the fine detail of real ones"
        return (_evidence(history, "doctor/detail", sentence),)
    return ()


def out_of_range(history: History) -> Found:
    """Real images that lie in another range than the generator's."""
    low, high = _value(history, "doctor/lowest/data"), _value(history, "doctor/highest/data")
    lowest, highest = (history.all(f"doctor/{name}") for name in ("lowest", "highest"))
    if max(_highest(highest), -_lowest(lowest)) > BOUND:
        return ()
    if max(high, -low) > BEYOND:
        sentence = f"real images lie in [{low:.3g}, {high:.3g}], and the generator has not gone beyond [-1, 1]"
        return (_evidence(history, "doctor/highest/data", sentence),)
    if low >= 0 and _lowest(lowest) < NEGATIVE:
        sentence = f"real images lie in [{low:.3g}, {high:.3g}], and the generator makes values below 0"
        return (_evidence(history, "doctor/lowest/data", sentence),)
    return ()


def fooled(history: History) -> Found:
    """Fakes that are far from the data and score above them."""
    order = history.last("doctor/separation", LOOKS_BACK)
    if len(order) < LOOKS_BACK // 2:
        return ()
    outright = _highest(order[-LOOKS_BACK // 2 :]) < FOOLED_OUTRIGHT
    never_right = len(order) == LOOKS_BACK and _highest(order) < GUESSING
    not_near = _value(history, "doctor/distance") > NOT_NEAR
    if ((outright or never_right) and not_near) or (_highest(order[-3:]) < FOOLED and _is_far(history)):
        sentence = f"the discriminator scores fakes above real images in {1 - order[-1]:.0%} of all pairs"
        return (_evidence(history, "doctor/separation", sentence), _distance(history))
    return ()


def wins(history: History) -> Found:
    """A discriminator that is never wrong, and fakes that come no nearer."""
    order = history.last("doctor/separation", 3)
    return _won(history) if len(order) == 3 and _lowest(order) > SURE and _is_far(history) else ()


def may_win(history: History) -> Found:
    """A discriminator that was never wrong over many looks, while fakes are still far and come nearer."""
    order = history.last("doctor/separation", LOOKS_BACK)
    far_off = _value(history, "doctor/distance") > FAR_OFF
    return _won(history) if len(order) == LOOKS_BACK and _lowest(order) > SURER and far_off else ()


def _won(history: History) -> Found:
    share = _value(history, "doctor/separation")
    sentence = f"the discriminator tells real from fake in {share:.0%} of all pairs"
    return (_evidence(history, "doctor/separation", sentence), _distance(history))


def restless(history: History) -> Found:
    """Images that are others at each look."""
    drift = history.last("doctor/drift", 4)
    if len(drift) == 4 and _lowest(drift) > RESTLESS and _is_far(history):
        sentence = f"images of the same latents change by {drift[-1]:.0%} of the distance of two real ones at each look"
        return (_evidence(history, "doctor/drift", sentence), _distance(history))
    return ()


def mismatched(history: History) -> Found:
    """Something plain in which fakes differ from reals."""
    difference, contrast = _value(history, "doctor/mean_gap"), _value(history, "doctor/contrast")
    if _is_on_its_way(history):
        return ()
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
    """A grid over the images that is plain to see."""
    return _peaks(history, MANY_PEAKS, surveys=5)


def faintly_checkered(history: History) -> Found:
    """A grid over the images that may be seen."""
    return _peaks(history, PEAKS, surveys=3)


def _peaks(history: History, limit: float, surveys: int) -> Found:
    peaks, usual = history.last("doctor/checkerboard", surveys), max(_value(history, "doctor/checkerboard/data"), 1.0)
    if len(peaks) == surveys and min(peaks) > limit * usual and peaks[-1] > WAY * peaks[0]:
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
    held_out = _value(history, "doctor/held_out")
    if held_out > 0.8:
        sentence = f"training images score above unseen ones in {held_out:.0%} of all pairs"
        return (_evidence(history, "doctor/held_out", sentence),)
    if _knows_by_heart(history) and _is_far(history):
        return (_few(history), _distance(history))
    return ()


def may_overfit(history: History) -> Found:
    """A discriminator that may know its few images by heart, which does no harm yet."""
    return (_few(history),) if _knows_by_heart(history) else ()


def _knows_by_heart(history: History) -> bool:
    items, order = history.setting.items, history.last("doctor/separation", 3)
    seen_often = items is not None and items <= FEW and history.images >= PASSES * items
    return seen_often and len(order) == 3 and _lowest(order) > SURE


def _few(history: History) -> Evidence:
    items = history.setting.items or 1
    often = f"{history.images / items:.0f} times each"
    sentence = f"{things(items, 'image was', 'images were')} seen {often}, and hardly a fake passes for one"
    return _evidence(history, "doctor/separation", sentence)


_VARIETY, _ORDER, _DRIFT = ("doctor/variety",), ("doctor/separation",), ("doctor/drift",)
_SURVEY, _GRID, _MOVES = ("doctor/empty_bins",), ("doctor/checkerboard",), ("doctor/update/generator", "doctor/drift")
_MEAN, _LIMITS, _STEPS = ("doctor/mean_gap",), ("doctor/saturated",), ("discriminator/gradient_norm",)
_WATCH, _WARNING, _CRITICAL = Severity

RULES = (
    Rule(Failure.NOT_FINITE, _CRITICAL, ("not_finite",), not_finite, persists=1, after=0.0, judged_by="losses"),
    Rule(Failure.STALLED, _CRITICAL, _MOVES, stalled, persists=4, after=0.0),
    Rule(Failure.MODE_COLLAPSE, _CRITICAL, _VARIETY, collapsed, persists=5, after=0.09),
    Rule(Failure.GARBAGE_FOOLING, _CRITICAL, _ORDER, fooled, persists=3, after=0.09),
    Rule(Failure.DISCRIMINATOR_WINS, _WARNING, _ORDER, wins, persists=4, after=0.11),
    Rule(Failure.DISCRIMINATOR_WINS, _CRITICAL, _ORDER, wins, persists=9, after=0.11),
    Rule(Failure.DISCRIMINATOR_WINS, _WATCH, _ORDER, may_win, persists=4, after=0.11),
    Rule(Failure.OSCILLATION, _WARNING, _DRIFT, restless, persists=3, after=0.11),
    Rule(Failure.OSCILLATION, _CRITICAL, _DRIFT, restless, persists=9, after=0.11),
    Rule(Failure.MODE_DROPPING, _WARNING, _SURVEY, dropped, persists=1, after=0.2),
    Rule(Failure.MODE_DROPPING, _CRITICAL, _SURVEY, dropped, persists=3, after=0.2),
    Rule(Failure.MODE_DROPPING, _WARNING, ("doctor/recall",), served_in_part, persists=1, after=0.4),
    Rule(Failure.MODE_DROPPING, _CRITICAL, ("doctor/recall",), served_in_part, persists=3, after=0.4),
    Rule(Failure.MODE_DROPPING, _WARNING, ("doctor/same_latents",), repeated, persists=1, after=0.0),
    Rule(Failure.STALLED, _WARNING, ("doctor/distance",), no_nearer, persists=1, after=0.2),
    Rule(Failure.STALLED, _CRITICAL, ("doctor/distance",), no_nearer, persists=8, after=0.2),
    Rule(Failure.GARBAGE_FOOLING, _WARNING, ("doctor/detail",), noisy, persists=3, after=0.11),
    Rule(Failure.PREPROCESSING_MISMATCH, _WARNING, ("doctor/lowest/data",), out_of_range, persists=2, after=0.0),
    Rule(Failure.PREPROCESSING_MISMATCH, _WARNING, _MEAN, mismatched, persists=4, after=0.3),
    Rule(Failure.SATURATED_OUTPUT, _WARNING, _LIMITS, saturated, persists=4, after=0.1),
    Rule(Failure.CHECKERBOARD, _WARNING, _GRID, checkered, persists=1, after=0.2),
    Rule(Failure.CHECKERBOARD, _WATCH, _GRID, faintly_checkered, persists=1, after=0.2),
    Rule(Failure.EXPLODING_GRADIENTS, _WARNING, _STEPS, exploding, persists=3, after=0.05, judged_by="losses"),
    Rule(Failure.DISCRIMINATOR_OVERFITS, _WARNING, _ORDER, overfitted, persists=4, after=0.11),
    Rule(Failure.DISCRIMINATOR_OVERFITS, _WATCH, _ORDER, may_overfit, persists=4, after=0.11),
)
