"""Which of the doctor's figures belong on one chart, and how to read them."""

from dataclasses import dataclass

PREFIX = "doctor/"
"""What the names of the doctor's figures begin with."""


@dataclass(frozen=True)
class Look:
    """A chart of the doctor's figures.

    Attributes:
        key: a name for machines.
        title: its heading.
        hint: how to read it.
        figures: names without their prefix, each with its label on the chart.
        telling: whether everyone wants to see it; others are folded away while they show no finding.
        share: whether its values are expected between 0 and 1.
    """

    key: str
    title: str
    hint: str
    figures: dict[str, str]
    telling: bool = False
    share: bool = False


_PLAYERS = ("generator", "discriminator")
_SETS = {"": "real above generated", "held_out": "training above held-out"}


def _each(figure: str) -> dict[str, str]:
    """A figure of each player."""
    return {f"{figure}/{player}": player for player in _PLAYERS}


LOOKS = (
    Look(
        "variety",
        "Do samples differ?",
        "Their variety over that of the data, of which 1 is right, and the share that has a near twin, which is near 0 "
        "in the data. Variety near 0 or many twins: collapse.",
        {"variety": "variety", "twins": "twins"},
        telling=True,
    ),
    Look(
        "distance",
        "Do they come nearer to the data?",
        "The distance of samples from the data as two clouds of thumbnails: 0 is none, 2 is far away and all alike.",
        {"distance": "distance"},
        telling=True,
    ),
    Look(
        "separation",
        "What can the discriminator tell?",
        "How often it gives one image a higher score than another: 0.5 is a guess, 1 is always. Training images should "
        "not be told from held-out ones.",
        {"separation": _SETS[""], "held_out": _SETS["held_out"]},
        telling=True,
        share=True,
    ),
    Look(
        "parts",
        "Are all parts of the data made?",
        "Coverage is the share of real images that have a sample near them, recall of those that lie among samples; "
        "empty bins are the share of the data of kinds that are hardly made; bins say how unlike the shares of kinds "
        "are (0 is alike).",
        {"coverage": "coverage", "recall": "recall", "empty_bins": "empty bins", "bins": "bins"},
        telling=True,
        share=True,
    ),
    Look(
        "motion",
        "Do images of the same latents settle?",
        "How far they moved since the last look (drift) and since the oldest (travel), in mean distances of real "
        "images. It should fall; a return below 1 means that old images come back.",
        {"drift": "drift", "travel": "travel", "return": "return"},
        telling=True,
    ),
    Look(
        "plain",
        "Plain differences from the data",
        "Brightness in standard deviations of the data and values at the limits, of which 0 is right; contrast and "
        "fine detail over those of the data, of which 1 is right.",
        {"mean_gap": "brightness", "saturated": "at the limits", "contrast": "contrast", "detail": "detail"},
    ),
    Look(
        "range",
        "Range of values",
        "The smallest and the largest value of samples and of the data as the discriminator sees them: both should "
        "have the same ends.",
        {
            "lowest": "lowest",
            "highest": "highest",
            "lowest/data": "lowest of the data",
            "highest/data": "highest of the data",
        },
    ),
    Look(
        "gap",
        "Gap between scores",
        "The distance of the mean scores of two sets, in standard deviations; see what the discriminator can tell.",
        {"gap": _SETS[""], "gap/held_out": _SETS["held_out"]},
    ),
    Look(
        "update",
        "Change of weights",
        "How far a step moves the weights of each network, as a share of their length. Near 0 a network stands still.",
        _each("update"),
    ),
    Look(
        "stretch",
        "Largest singular values",
        "How far the steepest layer of each network stretches what passes through it. A sudden rise is unrest.",
        _each("stretch"),
    ),
    Look(
        "copies",
        "Are samples copies?",
        "The usual distance of a sample to its nearest real image, over that of a real image to its nearest other: "
        "near 1 is new, near 0 is a copy.",
        {"copies": "distance to the nearest"},
    ),
    Look(
        "checkerboard",
        "A grid over the images",
        "Power at the frequencies of strides over that beside them. It should be like that of the data.",
        {"checkerboard": "samples", "checkerboard/data": "the data"},
    ),
)
"""In the order in which a reader asks."""
OTHER = Look("others", "Other looks", "What the doctor measured besides.", {})


def look_of(key: str) -> Look:
    """The chart of a figure ``doctor/<name>``."""
    name = key.removeprefix(PREFIX)
    return next((look for look in LOOKS if name in look.figures), OTHER)


def look_label(key: str) -> str:
    """The name of a figure on its chart."""
    name = key.removeprefix(PREFIX)
    return look_of(key).figures.get(name, name.replace("_", " ").replace("/", " "))
