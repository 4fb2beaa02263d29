"""Damages real images in known ways and degrees, and looks which measures see it; makes a table of docs/measures.md.

    python benchmarks/damage.py SHARED_FOLDER [--data mnist cifar10 glyphs] [--images 2000] [--reference 4000]
        [--seen IMAGES] [--work runs/damage] [--write docs/measures.md] [--plot docs/images/measures-damage.png]

SHARED_FOLDER holds mnist.npz and cifar10-jpeg.tar.gz. Held-out images take the place of samples and are damaged by
degrees (see damages.py); every measure of an evaluation is computed of them as `steadygan evaluate` does it, by the
features `domain`. Their encoder is trained on first use; with --seen on fewer images, for a quick look. What counts as
seen by a measure is in curves.py. Data that were measured already, with as many images, are not measured again.
"""

import argparse
import itertools
import json
import sys
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from curves import Verdict, cell, least_move, verdict
from damages import DAMAGES, Images, Real, damages_for
from multiples import small_multiples
from steadygan.arrays import Indices
from steadygan.data import Prepared, prepare
from steadygan.data.store import cache_folder
from steadygan.evaluation.copies import with_nearest
from steadygan.evaluation.extraction import real_material, sample_material
from steadygan.evaluation.material import Material
from steadygan.evaluation.measuring import group, measurable, measure
from steadygan.evaluation.reference import Split, split
from steadygan.evaluation.samples import Samples
from steadygan.features.domain import domain_extractor
from steadygan.features.encoder_training import SEEN
from steadygan.metrics import MEASURES, METRICS, Metric
from steadygan.runs.grid import save_picture
from tables import table, write_section

DEGREES = (0.0, 0.25, 0.5, 0.75, 1.0)
DATA = {"mnist": "mnist.npz", "cifar10": "cifar10-jpeg.tar.gz", "glyphs": None}
"""By name: the file in the shared folder; None for data that the package makes."""
DRAWS, COMPARED = 4, 1000
"""Draws of undamaged images at most, and held-out images with which measures of copies compare."""
SECTION = "damage"

_DISTORTED = ("blur", "noise", "brightness", "swapped channels", "mirrored")
_FEWER = ("dropped classes", "duplicates")
CLAIMS: Mapping[str, Sequence[str]] = {
    "frechet_distance": (*_DISTORTED, *_FEWER),
    "frechet_distance_extrapolated": (*_DISTORTED, "dropped classes"),
    "kernel_distance": (*_DISTORTED, "dropped classes"),
    "precision": ("blur", "noise"),
    "recall": _FEWER,
    "density": ("blur", "noise"),
    "coverage": _FEWER,
    "inception_score": ("dropped classes",),
    "class_divergence": ("dropped classes",),
    "modes": ("dropped classes",),
    "reverse_kl": ("dropped classes",),
    "batch_diversity": ("dropped classes",),
    "suspicious_share": ("copies of training",),
    "nearer_share": ("copies of training",),
    "nearest_ratio": ("copies of training",),
    "suspicious_share_of_pixels": ("copies of training",),
    "nearest_ratio_of_pixels": ("copies of training",),
    "pyramid_distance, finest": ("blur", "noise"),
    "class_similarity_2_scales": ("duplicates",),
    "sliced_wasserstein": ("brightness", "swapped channels"),
}
"""Which damages each measure claims to see, by what its documentation says of it."""
UNCLAIMED = {("mirrored", "cifar10"), ("swapped channels", "glyphs")}
"""Photographs are as likely as their mirrored images, and glyphs are as often red as blue: nobody need see that."""
PLOTTED = (
    "frechet_distance",
    "kernel_distance",
    "precision",
    "recall",
    "coverage",
    "class_divergence",
    "suspicious_share",
    "nearest_ratio_of_pixels",
    "pyramid_distance, finest",
    "sliced_wasserstein",
)

Figures = dict[str, float]
"""By the names of figures."""


class Measured(NamedTuple):
    """What was measured on one set of data.

    Attributes:
        data: its name.
        features: the name of the extractor.
        seen: images that its training saw.
        images: how many were damaged.
        reference: with how many they were compared.
        draws: figures of undamaged images, draw by draw; the first of them are those that are damaged.
        curves: by damage, figures of each degree.
    """

    data: str
    features: str
    seen: int
    images: int
    reference: int
    draws: list[Figures]
    curves: dict[str, list[Figures]]

    def values(self, damage: str, figure: str) -> list[float]:
        """A curve."""
        return [each[figure] for each in self.curves[damage]]

    def verdict(self, damage: str, figure: str) -> Verdict:
        """What a measure makes of a damage."""
        metric = metric_of(figure)
        draws = [each[figure] for each in self.draws]
        return verdict(self.values(damage, figure), draws, metric.lower_is_better, metric.like_data)


class Ruler:
    """Measures sets of images of some data by their features.

    Args:
        data: they are of these.
        reference: with so many of the training split they are compared.
        seen: images that training of the encoder sees.
    """

    def __init__(self, data: Prepared, reference: int, seen: int) -> None:
        whole = split(data, None)
        parts = Split(whole.training[:reference], whole.held_out[:COMPARED], whole.sentence)
        self.data, self.training, self.rest = data, parts.training, whole.held_out[COMPARED:]
        self.root = cache_folder(None)
        self.extractor = domain_extractor(data, self.root, seen=seen)
        self.real, self.held_out = real_material(data, parts, self.extractor, self.root)

    def __call__(self, images: Images) -> Figures:
        """The figures of some images, uint8 [N, H, W, C]."""
        fake = sample_material(Samples(images, None, ""), self.extractor, len(self.data.class_names))
        names = (self.data.fingerprint, self.extractor.name)
        held_out, fake = with_nearest(self.real, self.held_out, fake, self.root, *names)
        found: Figures = {}
        for some in group(measurable([*MEASURES, *METRICS], self.real, fake, held_out, None)):
            found |= self._figures(some, fake, held_out)
        return found

    def _figures(self, some: Sequence[Metric], fake: Material, held_out: Material) -> Figures:
        found = measure(some, self.real, fake, held_out, None)
        values = {name: each.estimate.value for name, each in found.items()}
        if some[0].name != "pyramid_distance":
            return values
        levels = list(values.values())  # named after sizes, which differ between data
        return {"pyramid_distance, finest": levels[0], "pyramid_distance, coarsest": levels[-1]}


def metric_of(figure: str) -> Metric:
    """The metric that a figure is of."""
    longest_first = sorted((*MEASURES, *METRICS), key=lambda metric: -len(metric.name))
    return next(metric for metric in longest_first if figure.startswith(metric.name))


def measure_data(name: str, arguments: argparse.Namespace) -> Measured:
    """Damage the images of one set of data and measure them, unless that is done already."""
    result = arguments.work / f"{name}-{arguments.images}-{arguments.reference}.json"
    if not result.exists():
        arguments.work.mkdir(parents=True, exist_ok=True)
        data = prepare(_location(name, arguments))
        ruler = Ruler(data, arguments.reference, arguments.seen)
        _say(f"{name}: {ruler.extractor.name}")
        real = _real(data, ruler.rest, ruler.training, arguments.images)
        draws = [
            ruler(real.images[low : low + real.count])
            for low in range(0, min(DRAWS * real.count, len(real.images) - real.count + 1), real.count)
        ]
        curves = {}
        for damage in damages_for(data.shape[2]):
            curves[damage] = [draws[0], *(ruler(DAMAGES[damage](real, degree)) for degree in DEGREES[1:])]
            _say(f"{name}: {damage}")
        found = Measured(name, ruler.extractor.name, arguments.seen, real.count, len(ruler.real), draws, curves)
        result.write_text(json.dumps(found._asdict()))
    return Measured(**json.loads(result.read_text()))


def _location(name: str, arguments: argparse.Namespace) -> str | Path:
    file = DATA[name]
    if file is None:
        return name
    path: Path = arguments.shared / file
    if not file.endswith(".tar.gz"):
        return path
    folder: Path = arguments.work / file.removesuffix(".tar.gz")
    if not folder.exists():
        with tarfile.open(path) as archive:
            archive.extractall(arguments.work, filter="data")
    return folder / "train"


def _real(data: Prepared, held_out: Indices, training: Indices, count: int) -> Real:
    if min(len(held_out) // 2, len(training)) < count:
        raise SystemExit(f"{data.source} has too few images to damage {count:,} of them; take fewer --images")
    assert data.labels is not None  # all of DATA have labels
    return Real(
        np.asarray(data.images[held_out]), data.labels[held_out], np.asarray(data.images[training[:count]]), count
    )


def damage_table(found: Sequence[Measured]) -> str:
    """Rows are measures, columns are damages."""
    rows = [
        [f"`{figure}`", *(_cell(found, damage, figure) for damage in DAMAGES)]
        for figure in found[0].draws[0]
        if all(figure in each.draws[0] for each in found)
    ]
    return table(["measure", *DAMAGES], rows)


def _cell(found: Iterable[Measured], damage: str, figure: str) -> str:
    some = [each for each in found if damage in each.curves]
    claims = [_claimed(each, damage, figure) for each in some]
    return cell([each.verdict(damage, figure) for each in some], claims) if some else ""


def broken_claims(found: Iterable[Measured]) -> list[str]:
    """What measures claim to see and do not: the curve, and the range of draws of undamaged images."""
    lines = []
    for each, (figure, damages) in itertools.product(found, CLAIMS.items()):
        for damage in damages:
            if not _claimed(each, damage, figure) or each.verdict(damage, figure) is Verdict.SEES:
                continue
            values = ", ".join(f"{value:.4g}" for value in each.values(damage, figure))
            draws = [draw[figure] for draw in each.draws]
            undamaged = f"undamaged {min(draws):.4g} to {max(draws):.4g}"
            lines.append(f"`{figure}` of {damage} on {each.data}: {values}; {undamaged}")
    return lines


def _claimed(found: Measured, damage: str, figure: str) -> bool:
    """Whether a measure claims to see a damage of these data."""
    there = damage in found.curves and figure in found.draws[0]
    return there and damage in CLAIMS.get(figure, ()) and (damage, found.data) not in UNCLAIMED


def section(found: Sequence[Measured]) -> str:
    """What is written into the page."""
    sets = ", ".join(f"{each.data} (`{each.features}`{_quick(each)}, {len(each.draws)} draws)" for each in found)
    first = found[0]
    about = f"{first.images:,} damaged images against {first.reference:,} of the training split: {sets}."
    broken = broken_claims(found)
    parts = [about, damage_table(found)]
    if broken:
        parts += [
            "Claims that failed, with the curve from no damage to all of it:",
            "\n".join(f"- {x}" for x in broken),
        ]
    return "\n\n".join(parts)


def _quick(found: Measured) -> str:
    return f" that saw {found.seen:,} images, not {SEEN:,}" if found.seen < SEEN else ""


def plot(found: Sequence[Measured], path: Path) -> None:
    """Draw the curves of some measures, what a measure calls worse upwards.

    What a curve has moved is measured in the least that counts, and its logarithm is drawn, because some damages move a
    measure a thousand times as far as others.
    """
    rows = {
        figure.replace("_", " "): {
            damage: {each.data: _logarithms(each, damage, figure) for each in found if damage in each.curves}
            for damage in DAMAGES
        }
        for figure in PLOTTED
    }
    legend = "degree of damage; up is worse, on a logarithmic scale; within the band a measure sees nothing"
    save_picture(small_multiples(rows, DEGREES, float(np.log1p(1)), legend), path)


def _logarithms(found: Measured, damage: str, figure: str) -> list[float]:
    up = 1 if metric_of(figure).lower_is_better else -1
    values, draws = np.array(found.values(damage, figure)), [each[figure] for each in found.draws]
    moved = up * (values - values[0]) / (least_move(draws) or 1)  # where all draws are alike, in its own unit
    logarithms: list[float] = (np.sign(moved) * np.log1p(abs(moved))).tolist()
    return logarithms


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--data", nargs="+", choices=list(DATA), default=list(DATA))
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--reference", type=int, default=4000)
    parser.add_argument("--seen", type=int, default=SEEN)
    parser.add_argument("--work", type=Path, default=Path("runs/damage"))
    parser.add_argument("--write", type=Path)
    parser.add_argument("--plot", type=Path)
    arguments = parser.parse_args()
    found = [measure_data(name, arguments) for name in arguments.data]
    if arguments.plot:
        plot(found, arguments.plot)
    text = section(found)
    print(text)
    if arguments.write:
        write_section(arguments.write, SECTION, text)


if __name__ == "__main__":
    main()
