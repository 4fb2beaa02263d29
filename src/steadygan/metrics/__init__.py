"""Measures of how near generated data are to real data; none needs a download.

:data:`METRICS` is the catalogue: what a run measures and its report shows. :data:`CHOOSES_BEST` is the metric by which
a run keeps its best checkpoint. :data:`MEASURES` are what an evaluation computes beside these.
"""

from steadygan.metrics.catalogue import CHOOSES_BEST, METRICS, VARIETY, all_metrics, find_measure, find_metric
from steadygan.metrics.measures import MEASURES
from steadygan.metrics.metric import Metric, Needs

__all__ = [
    "CHOOSES_BEST",
    "MEASURES",
    "METRICS",
    "VARIETY",
    "Metric",
    "Needs",
    "all_metrics",
    "find_measure",
    "find_metric",
]
