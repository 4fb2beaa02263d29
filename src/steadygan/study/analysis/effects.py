"""What each heuristic does: to the score, to survival and to speed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from steadygan.study.analysis.cells import Cells, Comparison
from steadygan.study.analysis.contrasts import LogRatio, adjusted, log_ratio
from steadygan.study.analysis.edits import OUT, Edit
from steadygan.study.analysis.shares import Share, chance_of_same, share_of
from steadygan.study.analysis.verdicts import Verdict, verdict

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Effect:
    """What a heuristic does, as runs with it against runs without it, always in this direction.

    Attributes:
        heuristic: its name, or a number of it that was set, such as ``r1.gamma=5``.
        taken_out: whether the baseline has it and the study took it out; otherwise the study put it in.
        settings: of the other heuristics, in how many of them it was tried: 1 on the baseline, more in a factorial
            design, over which each seed's ratios are averaged.
        seeds: with which both sides ran.
        comparisons: runs with it against runs without it: seeds times settings where all of them ran.
        scored: comparisons in which both sides have a score.
        score: the score with it over that without it; below 1 it is lower with it, which is better.
        score_chance: p-value of no difference, adjusted for the number of heuristics.
        better: comparisons won with it, where a failure is worse than any score.
        worse: comparisons lost with it.
        survival_with: runs with it that ended healthy.
        survival_without: runs without it that ended healthy.
        survival_chance: p-value of both being the same, adjusted for the number of heuristics.
        speed: images a second with it over those without it.
        verdict: all of this in a few words.
        reason: why some or all of the trials never ran; empty where all did.
    """

    heuristic: str
    taken_out: bool
    settings: int
    seeds: int
    comparisons: int
    scored: int
    score: LogRatio | None
    score_chance: float | None
    better: int
    worse: int
    survival_with: Share
    survival_without: Share
    survival_chance: float | None
    speed: LogRatio | None
    verdict: Verdict
    reason: str


class _Frames(NamedTuple):
    """Columns of the table by seed and cell."""

    ran: pd.DataFrame
    rank: pd.DataFrame
    log_score: pd.DataFrame
    log_speed: pd.DataFrame
    survived: pd.DataFrame


def effects(cells: Cells) -> tuple[Effect, ...]:
    """The effect of every heuristic, the most helpful first and those without a score last.

    Args:
        cells: the trials.
    """
    frames = _Frames(*(cells.by_seed(name) for name in _Frames._fields))
    compared = {edit: cells.comparisons(edit) for edit in cells.edits}
    measured = [_measured(cells, frames, edit, pairs) for edit, pairs in compared.items() if pairs]
    return tuple(sorted(_judged(measured), key=_place))


def _measured(cells: Cells, frames: _Frames, edit: Edit, pairs: Sequence[Comparison]) -> Effect:
    """The effect of one heuristic by itself; its p-values are not adjusted, and there is no verdict yet."""
    ran = _both(frames.ran == 1, pairs)
    ahead = _differences(frames.rank, pairs)  # two failures are a tie: infinity less infinity is no number
    scores = _differences(frames.log_score, pairs)
    survival = [_share(frames.survived, [pair[side] for pair in pairs]) for side in (0, 1)]
    score = log_ratio(scores.mean(axis=1).tolist())
    return Effect(
        heuristic=edit[1],
        taken_out=edit[0] == OUT,
        settings=len(pairs),
        seeds=int(ran.any(axis=1).sum()),
        comparisons=int(ran.to_numpy().sum()),
        scored=int(scores.notna().to_numpy().sum()),
        score=score,
        score_chance=None if score is None else score.chance,
        better=int((ahead < 0).to_numpy().sum()),
        worse=int((ahead > 0).to_numpy().sum()),
        survival_with=survival[0],
        survival_without=survival[1],
        survival_chance=chance_of_same(*survival),
        speed=log_ratio(_differences(frames.log_speed, pairs).mean(axis=1).tolist()),
        verdict=Verdict.NOT_TRIED,
        reason=_refusal(cells, pairs),
    )


def _judged(measured: Sequence[Effect]) -> list[Effect]:
    """The effects with p-values adjusted for how many there are, and with verdicts."""
    scores = adjusted([effect.score_chance for effect in measured])
    survivals = adjusted([effect.survival_chance for effect in measured])
    return [
        replace(
            effect,
            score_chance=score,
            survival_chance=survival,
            verdict=verdict(
                seeds=effect.seeds,
                score=effect.score,
                score_chance=score,
                better=effect.better,
                worse=effect.worse,
                survival=(effect.survival_with, effect.survival_without),
                survival_chance=survival,
            ),
        )
        for effect, score, survival in zip(measured, scores, survivals, strict=True)
    ]


def _place(effect: Effect) -> tuple[bool, float]:
    return effect.score is None, 0.0 if effect.score is None else effect.score.mean


def _differences(frame: pd.DataFrame, pairs: Sequence[Comparison]) -> pd.DataFrame:
    """With less without: a row for each seed, a column for each comparison, NaN where a side is missing."""
    present, absent = frame[[pair.present for pair in pairs]], frame[[pair.absent for pair in pairs]]
    return present.set_axis(range(len(pairs)), axis=1) - absent.set_axis(range(len(pairs)), axis=1)


def _both(frame: pd.DataFrame, pairs: Sequence[Comparison]) -> pd.DataFrame:
    """Whether both sides are true, by seed and comparison."""
    present, absent = frame[[pair.present for pair in pairs]], frame[[pair.absent for pair in pairs]]
    return present.set_axis(range(len(pairs)), axis=1) & absent.set_axis(range(len(pairs)), axis=1)


def _share(survived: pd.DataFrame, cells: Sequence[str]) -> Share:
    """The share of healthy runs of some cells."""
    return share_of(survived[list(dict.fromkeys(cells))].to_numpy().ravel().tolist())


def _refusal(cells: Cells, pairs: Sequence[Comparison]) -> str:
    """Why what was to be compared never ran; empty where all of it did."""
    involved = cells.table["cell"].isin({cell for pair in pairs for cell in pair})
    reasons = cells.table[involved & (cells.table["ran"] == 0)]["reason"].dropna()
    return str(reasons.iloc[0]) if len(reasons) else ""
