"""Evaluates what a generator makes against data: the measures of the field, each beside the floor of real data.

Samples of a run, a generator, a folder or an array are compared with a training split of the data; held-out real items
in the place of the samples say what as good as real would be. It knows run folders, and nothing of training.
"""

from steadygan.evaluation.compare import FEATURES, SAMPLES, evaluate
from steadygan.evaluation.result import Evaluation, Figure
from steadygan.evaluation.samples import Evaluated, Generator
from steadygan.evaluation.watcher import Watcher

__all__ = ["FEATURES", "SAMPLES", "Evaluated", "Evaluation", "Figure", "Generator", "Watcher", "evaluate"]
