"""What the trials of a study say: pure functions of its table of trials.

The score is compared on a logarithmic scale and in pairs of the same seed, so that "0.8 times" means the same at a
score of 100 and at one of 5, and luck that two runs share cancels. Everything that is said has an interval of 95 %:

* ratios of scores and of speeds: Student's t interval of the mean log ratio, from which verdicts follow, and beside
  it a BCa bootstrap interval of the same mean. With 5 pairs the bootstrap is too narrow. On 1,000 simulated studies
  each with no effect, these shares of intervals of 95 % covered the truth (t, bootstrap): 5 pairs, normal 96 % and
  85 %, skewed (exponential) 88 % and 81 %; 10 pairs 95 % and 89 %, 89 % and 86 %; 20 pairs 94 % and 91 %, 93 % and
  91 %. The normal ones are simulated again by a test, marked ``sweep``.
* shares of runs that end healthy: Wilson's interval.

What that is worth with 5 seeds and 20 heuristics, where each trial's own log score has a standard deviation of 0.1
(normal, simulated once): of 150 studies in which no heuristic does anything, 2 % claimed that one helps or hurts. Of 60
in which four do something, a ratio of 0.61 was called "helps" in 93 %, one of 0.74 in 53 % ("may help" in 42 %), one of
0.86 in 10 % ("may help" in 28 %), and one of 1.49 was called "hurts" in 67 % ("may hurt" in 30 %).

No failure is dropped: see :mod:`steadygan.study.analysis.table` for what counts as one.
"""

from steadygan.study.analysis.analyse import Analysis, analyse
from steadygan.study.analysis.best import Best, write_best_recipe
from steadygan.study.analysis.contrasts import Interval, LogRatio
from steadygan.study.analysis.effects import Effect
from steadygan.study.analysis.interactions import Interaction
from steadygan.study.analysis.shares import Share
from steadygan.study.analysis.table import read_trials
from steadygan.study.analysis.variants import Variant
from steadygan.study.analysis.verdicts import FEWEST_SEEDS, Verdict

__all__ = [
    "FEWEST_SEEDS",
    "Analysis",
    "Best",
    "Effect",
    "Interaction",
    "Interval",
    "LogRatio",
    "Share",
    "Variant",
    "Verdict",
    "analyse",
    "read_trials",
    "write_best_recipe",
]
