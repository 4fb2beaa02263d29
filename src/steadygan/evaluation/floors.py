"""Figures of held-out items in the place of samples, which stay the same from one evaluation to the next."""

from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np

from steadygan.arrays import Array
from steadygan.data.derived import load_or_derive
from steadygan.data.store import cache_key
from steadygan.evaluation.measuring import Findings, Found
from steadygan.metrics import MEASURES, METRICS, Metric
from steadygan.metrics.estimate import Estimate

FORMAT = 2
"""Of what is kept; a higher number when a metric's protocol changes."""


def kept_floor(
    metrics: Sequence[Metric], root: Path, identity: Sequence[str], compute: Callable[[], Findings]
) -> Findings:
    """The floor of metrics that share a function, from the cache if it was computed before.

    Args:
        metrics: the metrics. What a user's own function does may change without a sign, so it is computed each time.
        root: the folder of the cache.
        identity: texts that change when the items, their features or their number do.
        compute: computes the floor.
    """
    if not all(metric in METRICS or metric in MEASURES for metric in metrics):
        return compute()
    names = repr([(metric.name, metric.needs.model_dump_json(), metric.part) for metric in metrics])
    key = cache_key(f"floor {FORMAT}", version("steadygan"), names, *identity)
    arrays, _ = load_or_derive(root, key, lambda: _arrays(compute()))
    rows = zip(arrays["names"], arrays["estimates"], arrays["counts"], strict=True)
    return {
        str(name): Found(Estimate(float(value), float(error)), int(measured), int(reference))
        for name, (value, error), (measured, reference) in rows
    }


def _arrays(found: Findings) -> dict[str, Array]:
    return {
        "names": np.array(list(found)),
        "estimates": np.array([each.estimate for each in found.values()], np.float64),
        "counts": np.array([(each.measured, each.reference) for each in found.values()], np.int64),
    }
