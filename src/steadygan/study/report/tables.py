"""The tables of the page: effects, recipes and trials, as rows of words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np

from steadygan.report.words import count, figure, spaced
from steadygan.runs.folder import RunFolder
from steadygan.study.analysis import Effect, Variant
from steadygan.study.judge import MEASURED
from steadygan.study.report.words import NONE, TO, TONES, score_in_words, share_in_two_lines, span, two_lines
from steadygan.study.result import METRIC

if TYPE_CHECKING:
    import pandas as pd

_MOST_METRICS = 6


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Attributes:
        cells: its words; what follows a line break is smaller.
        tone: a colour of the page for its first cell; empty for none.
        note: a sentence below it; empty for none.
        link: the page that its first cell leads to; empty for none.
    """

    cells: tuple[str, ...]
    tone: str = ""
    note: str = ""
    link: str = ""


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        columns: headings.
        rows: as many cells each.
    """

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def effects_table(effects: Sequence[Effect]) -> Table:
    """Every figure behind the chart of effects."""
    columns = (
        "Heuristic", "Verdict", "Score ratio", "Bootstrap", "Pairs won", "p, adjusted",
        "Healthy with it", "Healthy without", "Speed ratio",
    )  # fmt: skip
    return Table(columns, tuple(_effect(effect) for effect in effects))


def _effect(effect: Effect) -> Row:
    score = effect.score
    cells = (
        effect.heuristic + ("\ntaken out" if effect.taken_out else ""),
        str(effect.verdict),
        two_lines(score),
        NONE if score is None or score.bootstrap is None else span(score.bootstrap),
        f"{effect.better} of {effect.comparisons}" if effect.comparisons else NONE,
        NONE if effect.score_chance is None else chance_in_words(effect.score_chance),
        share_in_two_lines(effect.survival_with),
        share_in_two_lines(effect.survival_without),
        two_lines(effect.speed),
    )
    return Row(cells, TONES[effect.verdict], effect.reason)


def chance_in_words(chance: float) -> str:
    """A p-value in few digits."""
    return "< 0.001" if chance < 0.001 else f"{chance:.3f}" if chance < 0.1 else f"{chance:.2f}"


def variants_table(table: pd.DataFrame, variants: Sequence[Variant]) -> Table:
    """Every recipe by its median score, with medians of further metrics."""
    known = [name for name in table.columns if name.startswith(METRIC) and table[name].notna().any()]
    metrics = [name for name in map(METRIC.__add__, MEASURED) if name in known][:_MOST_METRICS]
    columns = ("Recipe", "Seeds", "Median score", "Lowest to highest", "Healthy", "Images a second")
    more = tuple(spaced(name.removeprefix(METRIC)) for name in metrics)
    ordered = sorted(variants, key=lambda variant: math.inf if variant.median is None else variant.median)
    return Table(columns + more, tuple(_variant(table[table["variant"] == v.name], v, metrics) for v in ordered))


def _variant(rows: pd.DataFrame, variant: Variant, metrics: Sequence[str]) -> Row:
    span_of_scores = NONE
    if variant.lowest is not None and variant.highest is not None:
        span_of_scores = f"{figure(variant.lowest)}{TO}{figure(variant.highest)}"
    speed = rows.loc[rows["ran"] == 1, "images_per_second"]
    cells = (
        variant.name,
        str(len(variant.seeds)),
        score_in_words(variant.median),
        span_of_scores,
        share_in_two_lines(variant.survival),
        _median(speed),
        *(_median(rows[name]) for name in metrics),
    )
    return Row(cells, "discriminator" if variant.change == "baseline" else "")


def _median(values: pd.Series) -> str:
    known = values.dropna()
    return figure(float(known.median())) if len(known) else NONE


def trials_table(folder: Path, table: pd.DataFrame) -> Table:
    """Every trial, with a link to the page of its run; why it did not end well stands below it.

    Args:
        folder: of the study.
        table: its trials.
    """
    columns = (
        "Recipe",
        "Seed",
        "Status",
        "Score",
        "Healthy",
        "Found by the doctor",
        "Images",
        "Seconds",
        "Images a second",
    )
    return Table(columns, tuple(_trial(folder, row) for row in table.to_dict("records")))


def _trial(folder: Path, row: dict[str, Any]) -> Row:
    ran = row["ran"] == 1
    cells = (
        str(row["variant"]),
        str(row["seed"]),
        str(row["status"]),
        _number(row["score"]),
        {1.0: "yes", 0.0: "no"}.get(row["survived"], NONE),
        ", ".join(map(str, _items(row["findings"]))) or NONE,
        count(row["images_seen"]) if ran else NONE,
        _number(row["seconds"]) if ran else NONE,
        _number(row["images_per_second"]) if ran else NONE,
    )
    tone = {"finished": "", "stopped": "generator", "diverged": "generator"}.get(str(row["status"]), "sixth")
    reason = row["reason"]
    return Row(cells, tone, reason if isinstance(reason, str) else "", _link(folder, row["run"]))


def _link(folder: Path, run: Any) -> str:
    """The report of a run, as the page of the study names it; empty where there is none."""
    if not isinstance(run, str) or not RunFolder(folder / run).report.is_file():
        return ""
    return quote(f"./{run}/{RunFolder(run).report.name}")


def _items(value: Any) -> Iterable[Any]:
    return () if value is None or isinstance(value, float) else value


def _number(value: Any) -> str:
    return NONE if value is None or not np.isfinite(value) else figure(float(value))
