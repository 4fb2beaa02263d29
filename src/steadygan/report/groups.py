"""Which measurements belong on one chart, by nothing but their names, so that any heuristic's find their place."""

import re
from dataclasses import dataclass

from steadygan.errors import SteadyganError
from steadygan.heuristics.base import Heuristic
from steadygan.heuristics.catalogue import heuristic_class
from steadygan.metrics import MEASURES, METRICS, Metric
from steadygan.report.looks import LOOKS, PREFIX, look_label, look_of
from steadygan.report.words import sentence_case, spaced
from steadygan.vocabulary import Slot

_ORDER = (
    "quality",
    "accuracy",
    "losses",
    "doctor",
    "logits",
    "gradients",
    "penalties",
    "shares",
    "heuristic",
    "others",
    "speed",
)
_SHARES = {
    "accuracy": ("Accuracy", "The share of what was asked that was answered rightly."),
    "probability": ("Probability", "How often something is done: 0 is never, 1 is always."),
    "share": ("Shares", "Parts of a whole, which is 1."),
}
"""Headings and hints by the last word of a name, for values between 0 and 1."""
_DATA = "/data"
"""How the name of the data's own value of a metric ends."""


@dataclass(frozen=True)
class Group:
    """What a chart is about.

    Attributes:
        key: a name for machines; measurements with the same one share a chart.
        kind: what decides on its place among the charts.
        title: its heading.
        hint: how to read it, in a sentence.
        share: whether its values are expected between 0 and 1.
        folded: whether it is folded away while it shows no finding.
        rank: where it stands among those of its kind.
    """

    key: str
    kind: str
    title: str
    hint: str = ""
    share: bool = False
    folded: bool = False
    rank: int = 0

    @property
    def place(self) -> tuple[int, int]:
        """Where the chart stands, in the order in which a reader asks."""
        return _ORDER.index(self.kind), self.rank


_FIXED = {
    group.key: group
    for group in (
        Group(
            "losses",
            "losses",
            "Losses",
            "What each player minimises, and parts of it that have a name. Neither player's should run away; the level "
            "itself says little about the images.",
        ),
        Group(
            "logits",
            "logits",
            "Logits",
            "The discriminator's raw answers. A gap that keeps growing means that the discriminator wins.",
        ),
        Group(
            "gradients",
            "gradients",
            "Gradient norms",
            "How hard each player is pushed. Near zero nothing is left to learn from; spikes are unrest.",
        ),
        Group("penalties", "penalties", "Penalties", "What was added to the losses."),
        Group("others", "others", "Other measurements", "Noted beside the rest."),
        Group("speed", "speed", "Speed", "Images seen in a second."),
        Group(
            "time",
            "speed",
            "Time",
            "The share of it that training waited for data, that judgements and the doctor's looks took, and that its "
            "threads had no core because other programs had them.",
            share=True,
        ),
    )
}
_BY_LAST_PART = {"loss": "losses", "gradient_norm": "gradients", "images_per_second": "speed"}


def group_of(key: str) -> Group:
    """The chart on which a measurement belongs.

    Args:
        key: as in ``metrics.jsonl``: ``name``, or ``name/part`` where the name is a player's or a heuristic's.
    """
    head, _, tail = key.rpartition("/")
    if key.startswith(PREFIX):
        look = look_of(key)
        rank = LOOKS.index(look) if look in LOOKS else len(LOOKS)
        return Group(f"doctor-{look.key}", "doctor", look.title, look.hint, look.share, not look.telling, rank)
    if key.startswith("quality/"):
        # a chart of its own, with the data's value beside it, because metrics have nothing in common but their name
        key = key.removesuffix(_DATA)
        metric = metric_of(key)
        return Group(
            key, "quality", f"Quality: {spaced(key.removeprefix('quality/'))}", "" if metric is None else metric.hint
        )
    if tail in _BY_LAST_PART:
        return _FIXED[_BY_LAST_PART[tail]]
    if head in ("logits", "time"):
        return _FIXED[head]
    word = last_word(key)
    if word in _SHARES:
        kind = "accuracy" if word == "accuracy" else "shares"
        return Group(f"share-{word}", kind, *_SHARES[word], share=True)
    return _of_heuristic(key.split("/")[0], bool(head))


def metric_of(key: str) -> Metric | None:
    """The metric of a measurement ``quality/<name>``, or None when it is not known here."""
    exact = next((metric for metric in METRICS if metric.key == key), None)
    if exact is not None:
        return exact
    # A measure of features is followed by their name.
    of_features = [metric for metric in MEASURES if key.startswith(f"{metric.key}_")]
    return max(of_features, key=lambda metric: len(metric.key), default=None)


def is_data_value(key: str) -> bool:
    """Whether a measurement is the data's own value of a metric."""
    return key.startswith("quality/") and key.endswith(_DATA)


def _of_heuristic(name: str, has_parts: bool) -> Group:
    """The chart of what a heuristic notes in units of its own: all penalties on one, any other on one of its own."""
    kind = _kind(name)
    if kind is not None and kind.slot is Slot.PENALTY:
        return _FIXED["penalties"]
    if kind is None and not has_parts:
        return _FIXED["others"]
    title = sentence_case(spaced(name.replace("-", " ")))
    return Group(f"heuristic-{name}", "heuristic", title, "" if kind is None else kind.card.summary)


def _kind(name: str) -> type[Heuristic] | None:
    """The heuristic of that name, or None when there is none."""
    try:
        return heuristic_class(name.replace("_", "-"))
    except SteadyganError:
        return None


def last_word(key: str) -> str:
    """The last word of a measurement's name: ``accuracy`` of ``semi-supervised/held-out-accuracy``."""
    return re.split(r"[/_-]", key)[-1]


def label_of(key: str) -> str:
    """The name of a measurement on its chart, without what the chart's title says already."""
    if key == "images_per_second":
        return "images a second"
    if key.startswith(PREFIX):
        return look_label(key)
    if is_data_value(key):
        return "the data themselves"
    group = group_of(key)
    if group.key == "time":
        return spaced(key.removeprefix("time/"))
    if group.share:
        key = re.sub(r"[/_-]?[^/_-]*$", "", key) or key
    elif group.kind == "heuristic":
        key = key.partition("/")[2] or key
    for ending in ("/loss", "/gradient_norm"):
        key = key.removesuffix(ending)
    return spaced(key.removeprefix("logits/").removeprefix("quality/"))
