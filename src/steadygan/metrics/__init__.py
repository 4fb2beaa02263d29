"""Measures of how near generated data are to real data; none needs a download.

:data:`METRICS` is the catalogue: what a run measures and its report shows. :data:`CHOOSES_BEST` is the metric by which
a run keeps its best checkpoint.
"""

from steadygan.metrics.catalogue import CHOOSES_BEST, METRICS, VARIETY, Metric, Needs, all_metrics, find_metric

__all__ = ["CHOOSES_BEST", "METRICS", "VARIETY", "Metric", "Needs", "all_metrics", "find_metric"]
