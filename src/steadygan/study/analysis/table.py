"""The table of trials, and what counts as a score, as a failure and as neither."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from steadygan.errors import SteadyganError
from steadygan.study.analysis.edits import cell_name, edits_of
from steadygan.study.folder import StudyFolder
from steadygan.study.libraries import library

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "trial",
    "variant",
    "change",
    "heuristics",
    "seed",
    "status",
    "reason",
    "healthy",
    "findings",
    "images_seen",
    "seconds",
    "images_per_second",
    "score",
    "grid",
    "run",
)
"""Columns that every table of trials has; other metrics are in columns ``metric/NAME``."""
SEARCH = "search"
"""The change of a trial whose recipe a search made up, which is no edit of a baseline that could be told apart."""


def read_trials(folder: Path | str) -> pd.DataFrame:
    """Read the table of a study.

    Args:
        folder: a folder of a study.

    Returns:
        One row for each trial.

    Raises:
        SteadyganError: when there is no table, it cannot be read, or pandas is not installed.
    """
    pandas = library("pandas")
    library("pyarrow")  # with which pandas reads Parquet
    path = StudyFolder(folder).table
    try:
        table: pd.DataFrame = pandas.read_parquet(path)
    except FileNotFoundError:
        raise SteadyganError(
            f"'{folder}' holds no table of trials ({path.name}); name the folder that a study was written to"
        ) from None
    except (OSError, ValueError) as error:
        raise SteadyganError(f"'{path}' cannot be read: {error}; resume the study to write it again") from None
    return table


def prepared(trials: pd.DataFrame) -> pd.DataFrame:
    """The table with what the comparisons need.

    Args:
        trials: one row for each trial, with :data:`COLUMNS`.

    Returns:
        A copy, the last row of each variant and seed, with these columns more:

        * ``edits``, sets: what was edited, see :func:`steadygan.study.analysis.edits.edits_of`.
        * ``cell``, text: the same for every trial with the same edits.
        * ``ran``, float64: 1 for a trial that says something of its recipe; 0 for one that was refused, and so never
          ran, and for one that failed, because its machine let it down.
        * ``log_score``, float64: the natural logarithm of the score of a trial that finished; NaN for any other, and
          for scores that are not above 0.
        * ``rank``, float64: the same, but infinite for a run without a score that did not survive, so that it is behind
          every score.
        * ``survived``, float64: 1 for a run that ended healthy, 0 for one that did not: it diverged, was stopped as
          hopeless, or finished with something that is wrong with it; NaN where nobody knows, as for what never ran.
        * ``log_speed``, float64: the natural logarithm of the images a second.

    Raises:
        SteadyganError: when a column is missing.
    """
    missing = [name for name in COLUMNS if name not in trials.columns]
    if missing:
        raise SteadyganError(f"The table of trials has no column '{missing[0]}'; it is not one that a study wrote")
    table = trials.drop_duplicates(["variant", "seed"], keep="last").reset_index(drop=True).copy()
    table["heuristics"] = [() if names is None else tuple(map(str, names)) for names in table["heuristics"]]
    each = zip(table["variant"], table["change"], table["heuristics"], strict=True)
    table["edits"] = [edits_of(str(variant), str(change), names) for variant, change, names in each]
    table["cell"] = [cell_name(edits) for edits in table["edits"]]
    table["ran"] = (~table["status"].isin(["refused", "failed"])).astype("float64")
    table["log_score"] = _log(table["score"]).where(table["status"] == "finished")
    table["survived"] = _survived(table)
    table["rank"] = table["log_score"].mask(table["log_score"].isna() & (table["survived"] == 0), np.inf)
    table["log_speed"] = _log(table["images_per_second"]).where(table["ran"] == 1)
    return table


def _survived(table: pd.DataFrame) -> pd.Series:
    """1 for a run that ended healthy, 0 for one that did not, NaN where there is nothing to say."""
    healthy = table["healthy"].astype("boolean").astype("Float64").astype("float64")
    # A search stops what is merely not the best.
    hopeless = (table["status"] == "stopped") & (table["change"] != SEARCH)
    return healthy.mask(hopeless | (table["status"] == "diverged"), 0.0).where(table["ran"] == 1)


def _log(values: pd.Series) -> pd.Series:
    """The natural logarithm of what is finite and above 0, NaN of all else."""
    numbers = values.astype("float64")
    return np.log(numbers.where((numbers > 0) & np.isfinite(numbers)))
