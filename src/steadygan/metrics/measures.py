"""The measures of an evaluation: figures of generated items beside those of held-out real ones."""

from collections.abc import Mapping
from types import SimpleNamespace

import torch
from torch import Tensor

from steadygan.data.toys import Toy
from steadygan.metrics.batch_diversity import batch_diversity
from steadygan.metrics.classes import (
    class_divergence,
    class_divergence_error,
    inception_score,
    modes,
    reverse_kl_error,
)
from steadygan.metrics.estimate import Estimate
from steadygan.metrics.gaussian import Gaussian, extrapolated_frechet_distance, frechet_distance
from steadygan.metrics.kernel import SIZE, kernel_distance
from steadygan.metrics.memorisation import compare_nearest, errors_of_nearest
from steadygan.metrics.metric import LabelledImages, Metric, Needs
from steadygan.metrics.neighbourhoods import neighbourhoods_with_errors
from steadygan.metrics.pyramid import pyramid_distance
from steadygan.metrics.sampling_error import share_error
from steadygan.metrics.similarity import protocol, similarity_within_classes
from steadygan.metrics.vector_modes import vector_modes

_IMAGES = frozenset({"images"})
_VECTORS = frozenset({"vectors"})
_BOTH = _IMAGES | _VECTORS
_FEATURES = Needs(kinds=_IMAGES, of="features")
_NEIGHBOURS = Needs(kinds=_BOTH, of="features")
_CLASSES = Needs(kinds=_IMAGES, of="classes", reference="none")
_DISTANCES = Needs(kinds=_IMAGES, of="distances", reference="held out")
_PIXEL_DISTANCES = Needs(kinds=_IMAGES, of="pixel distances", reference="held out")
_MIXTURE = Needs(kinds=_VECTORS, reference="mixture")


def _extrapolated(real: Gaussian, fake: Tensor) -> Estimate:
    return extrapolated_frechet_distance(real, fake, seed=0)


def _kernel_distance(real: Tensor, fake: Tensor) -> Estimate:
    # subsets of all items would be one and the same, and have no error
    return kernel_distance(real, fake, size=max(2, min(SIZE, min(len(real), len(fake)) // 4)))


def _estimates(values: Mapping[str, float | None], errors: Mapping[str, float]) -> SimpleNamespace:
    """Figures with their errors, where there is one, by name."""
    return SimpleNamespace(
        **{
            name: value if value is None else Estimate(float(value), errors.get(name, 0.0))
            for name, value in values.items()
        }
    )


def _neighbourhoods(real: Tensor, fake: Tensor) -> SimpleNamespace:
    values, errors = neighbourhoods_with_errors(real, fake)
    return _estimates(values._asdict(), errors._asdict())


def _class_divergence(real: Tensor, fake: Tensor) -> Estimate:
    return Estimate(class_divergence(real, fake), class_divergence_error(real, fake))


def _modes(fake: Tensor) -> SimpleNamespace:
    labels, count = fake.argmax(1), fake.shape[1]
    return _estimates(modes(labels, count)._asdict(), {"reverse_kl": reverse_kl_error(labels, count)})


def _similarity(fake: LabelledImages) -> dict[str, Estimate]:
    images, labels = fake
    return {protocol(*images.shape[1:3]): similarity_within_classes(images, labels)}


def _memorisation(held_out: Tensor, fake: Tensor) -> SimpleNamespace:
    return _estimates(compare_nearest(fake, held_out)._asdict(), errors_of_nearest(fake, held_out)._asdict())


def _vector_modes(real: Toy, fake: Tensor) -> SimpleNamespace:
    found = vector_modes(fake, torch.from_numpy(real.centres), real.sigma)
    return _estimates(found._asdict(), {"high_quality": share_error(found.high_quality, len(fake))})


MEASURES = (
    Metric(
        name="frechet_distance",
        hint="How far the distribution of features is from that of the data, as Gaussians; lower is better.",
        lower_is_better=True,
        needs=Needs(kinds=_IMAGES, of="statistics", reference="statistics"),
        measure=frechet_distance,
    ),
    Metric(
        name="frechet_distance_extrapolated",
        hint="The same, as it would be of endlessly many samples; lower is better.",
        lower_is_better=True,
        needs=Needs(kinds=_IMAGES, of="features", reference="statistics"),
        measure=_extrapolated,
    ),
    Metric(
        name="kernel_distance",
        hint="How far the distribution of features is from that of the data, without bias (KID); lower is better.",
        lower_is_better=True,
        needs=_FEATURES,
        measure=_kernel_distance,
    ),
    Metric(
        name="precision",
        hint="Share of samples that lie among the data: how good single samples are; higher is better.",
        lower_is_better=False,
        needs=_NEIGHBOURS,
        measure=_neighbourhoods,
        part="precision",
    ),
    Metric(
        name="recall",
        hint="Share of the data that lie among the samples: how varied samples are; higher is better.",
        lower_is_better=False,
        needs=_NEIGHBOURS,
        measure=_neighbourhoods,
        part="recall",
    ),
    Metric(
        name="density",
        like_data=True,
        hint="How densely the data lie around samples: precision that outliers do not raise; higher is better.",
        lower_is_better=False,
        needs=_NEIGHBOURS,
        measure=_neighbourhoods,
        part="density",
    ),
    Metric(
        name="coverage",
        hint="Share of the data with a sample near them: recall that outliers do not raise; higher is better.",
        lower_is_better=False,
        needs=_NEIGHBOURS,
        measure=_neighbourhoods,
        part="coverage",
    ),
    Metric(
        name="inception_score",
        hint="How surely classes are told and how evenly they come (IS); higher is better.",
        lower_is_better=False,
        needs=Needs(kinds=_IMAGES, of="probabilities", reference="none"),
        measure=inception_score,
    ),
    Metric(
        name="class_divergence",
        hint="How far the frequencies of classes are from those of the data, in nats; lower is better.",
        lower_is_better=True,
        needs=Needs(kinds=_IMAGES, of="classes", reference="all"),
        measure=_class_divergence,
    ),
    Metric(
        name="modes",
        hint="How many classes samples come from; higher is better.",
        lower_is_better=False,
        needs=_CLASSES,
        measure=_modes,
        part="found",
    ),
    Metric(
        name="reverse_kl",
        hint="How unevenly classes come, in nats: 0 if all come equally often; lower is better.",
        lower_is_better=True,
        needs=_CLASSES,
        measure=_modes,
        part="reverse_kl",
    ),
    Metric(
        name="batch_diversity",
        like_data=True,
        hint="How much features differ between samples, as a share of how much they do in the data; near 1 is best.",
        lower_is_better=False,
        needs=_FEATURES,
        measure=batch_diversity,
    ),
    Metric(
        name="suspicious_share",
        hint="Share of samples nearer to a training image than 99 % of held-out images; about 0.01 if none are copies.",
        lower_is_better=True,
        needs=_DISTANCES,
        measure=_memorisation,
        part="share",
    ),
    Metric(
        name="nearer_share",
        like_data=True,
        hint="How often a sample is nearer to a training image than a held-out image is; about 0.5 if none are copies.",
        lower_is_better=True,
        needs=_DISTANCES,
        measure=_memorisation,
        part="nearer",
    ),
    Metric(
        name="nearest_ratio",
        like_data=True,
        hint="Median distance to the nearest training image over that of held-out images; far below 1 are copies.",
        lower_is_better=False,
        needs=_DISTANCES,
        measure=_memorisation,
        part="ratio",
    ),
    Metric(
        name="pyramid_distance",
        hint="Sliced Wasserstein distance of patches at each size of the images; lower is better.",
        lower_is_better=True,
        needs=Needs(kinds=_IMAGES, images="uint8"),
        measure=pyramid_distance,
    ),
    Metric(
        name="class_similarity",
        like_data=True,
        hint="How alike samples of one class are (MS-SSIM); above the data's, samples of a class are all alike.",
        lower_is_better=True,
        needs=Needs(kinds=_IMAGES, of="labelled images", reference="none"),
        measure=_similarity,
    ),
    Metric(
        name="suspicious_share_of_pixels",
        hint="Share of samples nearer to a training image than 99 % of held-out images; about 0.01 if none are copies.",
        lower_is_better=True,
        needs=_PIXEL_DISTANCES,
        measure=_memorisation,
        part="share",
    ),
    Metric(
        name="nearest_ratio_of_pixels",
        like_data=True,
        hint="Median distance to the nearest training image over that of held-out images; far below 1 are copies.",
        lower_is_better=False,
        needs=_PIXEL_DISTANCES,
        measure=_memorisation,
        part="ratio",
    ),
    Metric(
        name="mixture_modes",
        hint="How many modes of the mixture have a sample; higher is better.",
        lower_is_better=False,
        needs=_MIXTURE,
        measure=_vector_modes,
        part="modes",
    ),
    Metric(
        name="mixture_high_quality",
        hint="Share of samples within 3 standard deviations of a mode; higher is better.",
        lower_is_better=False,
        needs=_MIXTURE,
        measure=_vector_modes,
        part="high_quality",
    ),
    Metric(
        name="mixture_reverse_kl",
        hint="How unevenly samples are spread over the modes, in nats; lower is better.",
        lower_is_better=True,
        needs=_MIXTURE,
        measure=_vector_modes,
        part="reverse_kl",
    ),
    Metric(
        name="mixture_spread",
        like_data=True,
        hint="Spread of samples around their modes over that of the mixture; near 1 is best.",
        lower_is_better=False,
        needs=_MIXTURE,
        measure=_vector_modes,
        part="spread",
    ),
)
"""What :func:`steadygan.evaluation.evaluate` computes beside :data:`METRICS`."""
