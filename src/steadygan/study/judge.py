"""The judge of a study: one encoder and one split of the data for all trials."""

import math
import shutil
from pathlib import Path

from steadygan.data import Prepared
from steadygan.data.data_source import Progress, no_progress
from steadygan.data.store import cache_folder, scratch_folder
from steadygan.data.toys import TOYS
from steadygan.evaluation.extraction import real_material, sample_material
from steadygan.evaluation.measuring import group, measurable, measure
from steadygan.evaluation.reference import split
from steadygan.evaluation.samples import Generator, make_samples
from steadygan.features import find_extractor
from steadygan.features.domain import encoder_file, is_trained
from steadygan.metrics import CHOOSES_BEST
from steadygan.metrics.catalogue import find_measure
from steadygan.runs.export import TrainedGenerator

SEED = 0
"""Of the samples and of the encoder, so that trials differ by their generators alone."""
SCORES = {"images": "frechet_distance", "vectors": CHOOSES_BEST.name}
"""The figure by which trials are compared, by the kind of the data."""
MEASURED = (
    "kernel_distance",
    "precision",
    "recall",
    "coverage",
    "class_divergence",
    "modes",
    "reverse_kl",
    "mixture_modes",
    "mixture_high_quality",
    "mixture_reverse_kl",
    "mixture_spread",
)
"""What else is measured where the data allow it, by the names of the package's measures."""


class Judge:
    """Measures samples of generators against the data.

    Args:
        data: the prepared data.
        root: the folder of the study's judge, in which the encoder and the features of the data are kept.
        count: how many samples are measured.
        progress: called, while the encoder is trained, with the number of images seen and of all.

    Attributes:
        name: of the features; ``points`` for vectors.
    """

    def __init__(self, data: Prepared, root: Path, count: int, progress: Progress = no_progress) -> None:
        self._data, self._root, self._count = data, root, count
        self._extractor = None
        if data.kind == "images":
            if not is_trained(data, root):
                _train(data, root, progress)
            self._extractor = find_extractor("domain", data, root, seed=SEED)
        self.name = self._extractor.name if self._extractor else "points"
        self._real, self._held_out = real_material(data, split(data, None), self._extractor, root)
        self._mixture = TOYS.get(data.source)
        self._score = SCORES[data.kind]
        self._wanted = (self._score, *MEASURED)

    def figures(self, generator: TrainedGenerator) -> tuple[float | None, dict[str, float | None]]:
        """The score of a generator, and further figures of the same samples.

        Args:
            generator: of items like the data.

        Returns:
            The score, lower is better, and the other figures by their names; None where a figure is not finite.

        Raises:
            SteadyganError: when vectors are not finite, so that there is nothing to measure.
        """
        with scratch_folder(cache_folder(None)) as scratch:
            made = make_samples(Generator(generator, "the trial"), self._count, SEED, self._data, scratch)
            fake = sample_material(made, self._extractor, len(self._data.class_names))
            metrics = measurable(map(find_measure, self._wanted), self._real, fake, self._held_out, self._mixture)
            found: dict[str, float | None] = {}
            for some in group(metrics):
                for name, one in measure(some, self._real, fake, self._held_out, self._mixture).items():
                    found[name] = one.estimate.value if math.isfinite(one.estimate.value) else None
        return found.pop(self._score, None), found


def _train(data: Prepared, root: Path, progress: Progress) -> None:
    """Train the encoder in the user's cache, where it is perhaps already and the next study finds it, and copy it."""
    find_extractor("domain", data, seed=SEED, progress=progress)
    target = encoder_file(data, root)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(encoder_file(data), target)
