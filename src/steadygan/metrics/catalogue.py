"""Every measure of generated data: its name, what it needs, and the function that computes it."""

from collections.abc import Iterable

from torch import Tensor

from steadygan.errors import SteadyganError, nearest
from steadygan.metrics.measures import MEASURES
from steadygan.metrics.metric import Metric, Needs
from steadygan.metrics.sliced import image_distance, sliced_wasserstein
from steadygan.metrics.spectrum import checkerboard_ratio
from steadygan.metrics.variety import variety
from steadygan.plugins import entry_point_names, resolve

GROUP = "steadygan.metrics"
"""The entry points by which other packages offer metrics."""
SPECTRUM_NUMBERS, FEWEST_SPECTRA = 3_000_000, 100
"""Numbers in the images whose spectra are averaged, and the fewest images: all 1,000 would take 15 s at 256x256."""


def _distance(real: Tensor, fake: Tensor) -> float:
    return sliced_wasserstein(fake, real) if real.ndim == 2 else image_distance(real, fake)


def _checkerboard(real: Tensor, fake: Tensor) -> float:
    return checkerboard_ratio(fake[: max(FEWEST_SPECTRA, SPECTRUM_NUMBERS // fake[0].numel())])


METRICS = (
    Metric(
        name="sliced_wasserstein",
        hint="How far generated samples are from real ones; lower is better.",
        lower_is_better=True,
        needs=Needs(kinds=frozenset({"images", "vectors"}), images="uint8"),
        measure=_distance,
    ),
    Metric(
        name="checkerboard",
        hint=(
            "How much more power images have at the frequencies of strides than beside them; lower is better, down to "
            "what the data have themselves."
        ),
        lower_is_better=True,
        needs=Needs(kinds=frozenset({"images"}), images="uint8"),
        measure=_checkerboard,
        data_value=True,
    ),
    Metric(
        name="variety",
        like_data=True,
        hint=(
            "How much generated samples differ from one another, as a share of how much the data do: 0 if all are "
            "alike, about 1 if they are as varied as the data."
        ),
        lower_is_better=False,
        needs=Needs(kinds=frozenset({"images"}), images="uint8"),
        measure=variety,
    ),
)
"""Metrics that every run measures where its data are of their kind."""
CHOOSES_BEST = METRICS[0]
"""The metric by which a run keeps its best checkpoint."""
VARIETY = METRICS[2]
"""The metric that says whether all samples are alike."""


def find_metric(name: str) -> Metric:
    """Find a metric by its name.

    Args:
        name: of a metric in :data:`METRICS`, of an entry point in the group ``steadygan.metrics``, or a reference such
            as ``package.module:METRIC``.

    Raises:
        SteadyganError: when there is none, or what is found is no :class:`Metric`.
    """
    for metric in METRICS:
        if metric.name == name:
            return metric
    if any(measure.name == name for measure in MEASURES):
        raise SteadyganError(f"'{name}' takes longer than a run can wait for; measure it with steadygan evaluate RUN")
    found = resolve(name, GROUP)
    if found is None:
        known = nearest(name, [*(metric.name for metric in METRICS), *entry_point_names(GROUP)])
        raise SteadyganError(f"There is no metric '{name}'; {known}")
    if not isinstance(found, Metric):
        raise SteadyganError(f"'{name}' is of type {type(found).__name__}; it must be a steadygan.metrics.Metric")
    return found


def find_measure(name: str) -> Metric:
    """Find a metric for an evaluation, by its name.

    Args:
        name: of a metric in :data:`METRICS` or :data:`MEASURES`, or one as :func:`find_metric` takes it.

    Raises:
        SteadyganError: when there is none, or what is found is no :class:`Metric`.
    """
    return next((measure for measure in MEASURES if measure.name == name), None) or find_metric(name)


def all_metrics(added: Iterable[str] = ()) -> tuple[Metric, ...]:
    """List the metrics of a run: the built-in ones, then those that are added.

    Args:
        added: names or references, as :func:`find_metric` takes them.

    Raises:
        SteadyganError: when one cannot be found, or two have the same name.
    """
    found = dict.fromkeys([*METRICS, *(find_metric(name) for name in added)])
    for metric in found:
        if (metric.needs.of, metric.needs.reference) != ("images", "matched"):
            raise SteadyganError(
                f"The metric '{metric.name}' needs more than the images of a run in training; "
                "measure it with steadygan evaluate RUN"
            )
    names = [metric.name for metric in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SteadyganError(f"There are two metrics with the name '{twice[0]}'; rename one of them")
    return tuple(found)
