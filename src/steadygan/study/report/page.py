"""Put the page together."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from steadygan.report.facts import shown_path
from steadygan.report.overview import Figure
from steadygan.report.templating import environment, frame
from steadygan.report.words import count, duration, figure
from steadygan.runs.folder import write_atomically
from steadygan.study.analysis import FEWEST_SEEDS, Analysis, Variant, analyse, read_trials, write_best_recipe
from steadygan.study.folder import StudyFolder
from steadygan.study.report import sentences
from steadygan.study.report.charts import Chart
from steadygan.study.report.curves import curves
from steadygan.study.report.forest import forest
from steadygan.study.report.grids import grids
from steadygan.study.report.heatmap import heatmap
from steadygan.study.report.read import PlanFacts, read_plan
from steadygan.study.report.survival import cost, survival
from steadygan.study.report.tables import effects_table, trials_table, variants_table

PACKAGE = "steadygan.study.report"


def write_report(folder: Path) -> Path:
    """Write ``report.html`` and ``best.toml`` of a study from its table and its runs.

    Args:
        folder: of the study, which may be unfinished; runs and their pictures may be missing.

    Returns:
        Where the page lies.

    Raises:
        SteadyganError: when there is no table of trials, or something cannot be written.
    """
    found = analyse(read_trials(folder))
    best = write_best_recipe(folder, found.variants, found.best)
    # Names of files may hold lone surrogates, which UTF-8 cannot encode.
    page = render(folder, found, best is not None).encode("utf-8", "replace")
    path = StudyFolder(folder).report
    write_atomically(path, page, "write the report again")
    return path


def render(folder: Path, found: Analysis, has_best: bool = False) -> str:
    """The page as HTML.

    Args:
        folder: of the study.
        found: what its table says.
        has_best: whether there is a best recipe to train with.
    """
    plan = read_plan(folder)
    order = _order(found.variants)
    charts = _charts(folder, found, order)
    return (
        environment(PACKAGE)
        .get_template("study.html")
        .render(
            name=folder.resolve().name,
            plan=plan,
            lead=sentences.lead(plan, found),
            answers=sentences.answers(found),
            cautions=sentences.cautions(plan, found),
            figures=_figures(found),
            charts={chart.key: (place, chart) for place, chart in enumerate(charts)},
            effects=effects_table(found.effects),
            variants=variants_table(found.table, found.variants),
            grids=grids(folder, found.table, order),
            trials=trials_table(folder, found.table),
            commands=_commands(folder, plan, has_best),
            fewest_seeds=FEWEST_SEEDS,
            heuristics=len(found.effects),
            version=version("steadygan"),
            **frame({"figures": [asdict(chart) for chart in charts]}, bool(charts), "study.js", "study.css", PACKAGE),
        )
    )


def _charts(folder: Path, found: Analysis, order: Sequence[str]) -> list[Chart]:
    """Every chart for which there is something to show."""
    survived = survival(found.variants)
    drawn = [
        forest(found.effects),
        survived,
        cost(found.effects, *([survived.height] if survived else [])),
        heatmap(found.interactions),
        *curves(folder, found.table, order),
    ]
    return [chart for chart in drawn if chart is not None]


def _order(variants: Sequence[Variant]) -> list[str]:
    """Names of recipes, the baseline first, then by their median score; failures and those without a score are last."""
    ordered = sorted(
        variants,
        key=lambda variant: (variant.change != "baseline", math.inf if variant.median is None else variant.median),
    )
    return [variant.name for variant in ordered if variant.seeds]


def _figures(found: Analysis) -> list[Figure]:
    """The study in a few numbers."""
    table = found.table
    shown = [
        Figure("Trials", count(len(table))),
        Figure("Seeds", count(table["seed"].nunique())),
        Figure("Recipes", count(len(found.variants))),
    ]
    known = table["survived"].dropna()
    if len(known):
        shown.append(Figure("Healthy at the end", f"{round(known.sum()):,} of {len(known):,}"))
    if found.best is not None and found.best.variant.median is not None:
        shown.append(Figure("Lowest median score", figure(found.best.variant.median), found.best.variant.name))
    shown.append(
        Figure("Time of training", duration(float(table["seconds"].fillna(0).sum())), "of all trials together")
    )
    return shown


def _commands(folder: Path, plan: PlanFacts, has_best: bool) -> list[tuple[str, str]]:
    """What made this page, and what to do next, as lines for a shell."""
    shown = shlex.quote(shown_path(folder))
    data = shlex.quote(plan.data) if plan.data else "DATA"
    commands = [("This study, by its plan in study.toml", plan.command)] if plan.command else []
    if has_best:
        commands.append(
            ("Train with the best recipe", f"steadygan train {data} --recipe {shown}/{StudyFolder(folder).best.name}")
        )
    return [*commands, ("Go on with this study", f"steadygan study --resume --out {shown}")]
