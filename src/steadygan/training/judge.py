"""Judges the generator while it trains, by features: often enough to find the best checkpoint, at a bounded cost."""

import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from steadygan.data import Prepared
from steadygan.evaluation.extraction import real_material
from steadygan.evaluation.reference import split
from steadygan.features import Extractor, extract, find_extractor
from steadygan.features.domain import is_trained, seconds_to_train
from steadygan.feeding.labels import random_labels
from steadygan.metrics.gaussian import Gaussian, frechet_distance
from steadygan.runs.sampling import generate
from steadygan.settings import TrainingSettings
from steadygan.training.judged_classes import RealClasses, real_classes
from steadygan.training.state import TrainingState

SAMPLES = 5000
"""Samples of each judgement, always of the same latents, so that two of them differ by the generator alone."""
FEWEST_REAL = 2 * SAMPLES
"""Real images below which a Fréchet distance says little about the data."""
DISTANCE = "frechet_distance"
TIMED_IMAGES = 64
SEED = 20141
SHARE_OF_TRAINING = 0.1
"""Of a budget in minutes that the encoder's training may take, where nobody asked for it."""
MINUTES = 30.0
"""Of a run whose user gives no budget."""
Say = Callable[[str], None]


class Judge:
    """Measures the Fréchet distance of samples to the data, and their classes, and decides when it is worth its time.

    Of several processes the main one judges alone, and the others wait for its next step.

    Args:
        extractor: of the features.
        reference: mean and covariance of the features of the training images.
        held_out: the same of images that are held out, which set the floor.
        every: real images between two judgements, as far as the share allows them; when None, as many as it allows.
        share: of the training time that judging may take, in (0, 1]; 1 is no limit.
        seconds: what a judgement takes, as far as it is known before the first.
        classes: what classes of samples are compared with; None where the features do not know those of the data.
    """

    def __init__(
        self,
        extractor: Extractor,
        reference: Gaussian,
        held_out: Gaussian,
        every: int | None,
        share: float,
        seconds: float,
        classes: RealClasses | None = None,
    ) -> None:
        self.extractor, self.reference, self.every, self.share = extractor, reference, every, share
        self.seconds, self.classes = seconds, classes
        self.floor = frechet_distance(reference, held_out)

    @property
    def key(self) -> str:
        """The name of the distance in a run's rows, which names the features and how many samples there are."""
        return self._key(DISTANCE)

    @property
    def floors(self) -> dict[str, float]:
        """The same figures of held-out images, by their names in a run's rows."""
        found = {DISTANCE: self.floor} | (self.classes.floors if self.classes else {})
        return {f"{self._key(name)}/data": value for name, value in found.items()}

    def _key(self, name: str) -> str:
        return f"quality/{name}_{self.extractor.name}_{SAMPLES}"

    def is_due(self, state: TrainingState, at_end: bool) -> bool:
        """Whether to judge now; before the end, time is left for judging once more then.

        Args:
            state: of the run.
            at_end: whether no step follows.
        """
        if state.judged_at == state.images_seen:
            return False
        if self.every is not None and not at_end and state.images_seen // self.every == state.judged_at // self.every:
            return False
        needed = self.seconds if at_end else 2 * self.seconds
        return self.share >= 1 or state.judging_seconds + needed <= self.share * state.seconds

    def figures(self, sampler: nn.Module, state: TrainingState) -> dict[str, float]:
        """Compare :data:`SAMPLES` samples with the training images.

        Args:
            sampler: a generator that is ready to make images.
            state: of the run; its random state stays as it is.

        Returns:
            The Fréchet distance, and how classes come where the features know them, by their names in a run's rows.
        """
        generator = torch.Generator().manual_seed(SEED)
        latents = state.recipe.latent.sample(SAMPLES, torch.device("cpu"), generator)
        labels = random_labels(SAMPLES, state.class_shares, generator) if state.class_shares else None
        with state.in_precision():
            images = generate(sampler, latents, state.scaling, state.device, labels=labels)
        seen = extract(self.extractor, images.numpy())
        found = {DISTANCE: frechet_distance(Gaussian.of(seen.features), self.reference)}
        if self.classes is not None and seen.probabilities is not None:
            found |= self.classes.figures(seen.probabilities)
        return {self._key(name): value for name, value in found.items()}


def judge_for(state: TrainingState, training: TrainingSettings, cache: Path, say: Say) -> Judge | None:
    """The judge of a run; None where none is wanted, or what it needs would take too much of the run's time.

    Args:
        state: of the run.
        training: the settings, which say by which features and how often.
        cache: the folder in which prepared data and features are kept.
        say: is told what takes long.

    Raises:
        SteadyganError: when there are no such features.
    """
    data = state.data
    if not _wanted(data, training, cache):
        return None
    name = "domain" if training.features == "auto" else training.features
    if name == "domain" and not is_trained(data, cache):
        say("Training an encoder on the data once, by whose features samples are judged")
    extractor = find_extractor(name, data, cache, device=state.device)
    parts = split(data, None)
    training_images, held_out = real_material(data, parts, extractor, cache)
    return Judge(
        extractor,
        training_images.statistics,
        held_out.statistics,
        training.evaluate_every,
        training.evaluate_share,
        _seconds_of_a_judgement(extractor, data),
        real_classes(training_images, held_out, SAMPLES),
    )


def _wanted(data: Prepared, training: TrainingSettings, cache: Path) -> bool:
    if data.kind != "images" or training.features == "none":
        return False
    if training.features != "auto" or training.evaluate_every is not None:
        return True
    if len(data) < FEWEST_REAL:
        return False
    unbounded = training.images is None and training.minutes is None
    minutes = MINUTES if unbounded else training.minutes or 0.0
    return is_trained(data, cache) or seconds_to_train(data) <= SHARE_OF_TRAINING * 60 * minutes


def _seconds_of_a_judgement(extractor: Extractor, data: Prepared) -> float:
    """A first guess: the time of a few images' features, and as much again for making them."""
    images = torch.from_numpy(data.images[:TIMED_IMAGES].copy())
    extractor(images)
    begun = time.perf_counter()
    extractor(images)
    return 2 * (time.perf_counter() - begun) * SAMPLES / len(images)
