"""Computes metrics of an evaluation, each function once for all the figures that come from it."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import torch

from steadygan.data.toys import Toy
from steadygan.errors import SteadyganError
from steadygan.evaluation.material import Material
from steadygan.metrics import Metric, Needs
from steadygan.metrics.estimate import Estimate


class Found(NamedTuple):
    """What a metric's function found.

    Attributes:
        estimate: the value with its error, 0 where nothing can be said of it.
        measured: of how many items.
        reference: compared with how many; 0 for none.
    """

    estimate: Estimate
    measured: int
    reference: int


Findings = dict[str, Found]
"""What was found, by the names of figures."""


def group(metrics: Iterable[Metric]) -> list[tuple[Metric, ...]]:
    """Metrics that come from one computation side by side, in the order in which each is first named."""
    groups: dict[tuple[int, Needs], list[Metric]] = {}
    for metric in metrics:
        groups.setdefault((id(metric.measure), metric.needs), []).append(metric)
    return [tuple(one) for one in groups.values()]


def measurable(
    metrics: Iterable[Metric], real: Material, fake: Material, held_out: Material, mixture: Toy | None
) -> list[Metric]:
    """The metrics for which all sets of items have what is needed of them."""

    def can(needs: Needs) -> bool:
        compared = needs.reference not in ("matched", "all") or real.fits(needs)
        known = mixture is not None or needs.reference != "mixture"
        return compared and known and fake.fits(needs) and held_out.fits(needs)

    return [metric for metric in metrics if can(metric.needs)]


def measure(
    group: Sequence[Metric], real: Material, fake: Material, held_out: Material, mixture: Toy | None
) -> Findings:
    """Compute metrics that share a function.

    Args:
        group: the metrics.
        real: the reference.
        fake: the items that are measured.
        held_out: real items that are not in the reference.
        mixture: that the data are drawn from, where that is known.

    Raises:
        SteadyganError: when the function fails.
    """
    first = group[0]
    fake = fake.part(0, fake.most(first.needs))
    arguments, compared = _real_arguments(first.needs, real, held_out, len(fake), mixture)
    arguments.append(fake.given(first.needs))
    found = _value(first, arguments)
    return {
        name: Found(estimate, len(fake), compared)
        for metric in group
        for name, estimate in metric.figures(found).items()
    }


def measure_floor(
    group: Sequence[Metric], real: Material, held_out: Material, count: int, mixture: Toy | None
) -> Findings:
    """Compute the same metrics of held-out items, which no generator is nearer to the data than.

    Args:
        group: metrics that share a function.
        real: the reference.
        held_out: real items that are not in the reference.
        count: how many samples are measured; as many held-out items are, where there are so many.
        mixture: that the data are drawn from, where that is known.
    """
    if group[0].needs.reference == "held out":
        # one half takes the place of the samples, and the other remains what samples are compared with
        half = len(held_out) // 2
        return measure(group, real, held_out.part(0, half), held_out.part(half, len(held_out)), mixture)
    return measure(group, real, held_out.part(0, count), held_out, mixture)


def _real_arguments(
    needs: Needs, real: Material, held_out: Material, count: int, mixture: Toy | None
) -> tuple[list[object], int]:
    """What a function is given before the generated items, and with how many real items these are compared."""
    match needs.reference:
        case "mixture":
            return [mixture], 0
        case "statistics":
            return [real.statistics], len(real)
        case "held out":
            return [held_out.given(needs)], len(real)
        case "matched" | "all":
            # distances of neighbours depend on how many there are: most compare as many real items as generated ones
            taken = real.part(0, min(count if needs.reference == "matched" else len(real), real.most(needs)))
            return [taken.given(needs)], len(taken)
        case _:
            return [], 0


def _value(metric: Metric, arguments: Sequence[object]) -> Any:
    """What the function of a metric returns; the global random state stays as it is."""
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return metric.measure(*arguments)
    except SteadyganError:
        raise
    except Exception as error:  # because a metric may come from anyone
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise SteadyganError(f"The metric '{metric.name}' fails on these samples: {reason}") from error


def error_of(estimate: Estimate) -> float | None:
    """The standard error, where something can be said of it."""
    return estimate.error or None
