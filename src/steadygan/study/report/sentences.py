"""What the study says, in sentences for the top of the page."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from steadygan.amounts import things
from steadygan.report.words import figure
from steadygan.study.analysis import FEWEST_SEEDS, Analysis, Best, Effect, Interaction, Verdict
from steadygan.study.analysis.table import SEARCH
from steadygan.study.report.read import PlanFacts
from steadygan.study.report.words import listed, ratio_in_words, share_in_words

_SURE = 0.05


def lead(plan: PlanFacts, found: Analysis) -> str:
    """What was tried, and how it ended."""
    recipes = things(len(found.variants), "recipe")
    if not plan.search:
        named = f"The recipe {plan.recipe}" if plan.recipe else "A recipe"
        recipes = f"{named} and {things(sum(each.change != 'baseline' for each in found.variants), 'edit')} of it"
    on = f" on {plan.data}" if plan.data else ""
    seeds = things(int(found.table["seed"].nunique()), "seed")
    each = f", {plan.budget} each" if plan.budget else ""
    ended = Counter(str(status) for status in found.table["status"])
    order = ("finished", "stopped", "diverged", "refused", "failed")
    counts = listed([f"{ended[status]:,} {status}" for status in order if ended[status]]) if ended else "none has ended"
    return f"{recipes}{on} with {seeds}{each}. {things(len(found.table), 'trial')}: {counts}."


def answers(found: Analysis) -> list[str]:
    """The findings, the strongest first."""
    return [*_of_effects(found.effects), *_of_interactions(found.interactions), *_of_best(found)]


def cautions(plan: PlanFacts, found: Analysis) -> list[str]:
    """What a reader should keep in mind."""
    said = []
    seeds = int(found.table["seed"].nunique())
    if 0 < seeds < FEWEST_SEEDS and not plan.search:
        said.append(
            f"{things(seeds, 'seed is', 'seeds are')} too few to say anything of a heuristic: figures are shown, and "
            f"verdicts need {FEWEST_SEEDS}."
        )
    planned = plan.seeds or 0
    if planned > seeds and not plan.search:
        said.append(f"The study is not over: {seeds} of {planned} seeds have begun.")
    failed = int((found.table["status"] == "failed").sum())
    if failed:
        said.append(
            f"{things(failed, 'trial')} failed because the machine or a program let them down. They count for nothing, "
            "and --resume tries them again."
        )
    missing = sum(effect.comparisons - effect.scored for effect in found.effects)
    if missing:
        said.append(
            f"In {things(missing, 'comparison')} a side has no score, for its run did not last. Score ratios are of "
            "the others; the column of pairs won counts a failure as worse than any score."
        )
    return said


def _of_effects(effects: Sequence[Effect]) -> Iterator[str]:
    by_verdict: dict[Verdict, list[Effect]] = {verdict: [] for verdict in Verdict}
    for effect in effects:
        by_verdict[effect.verdict].append(effect)
    for effect in (*by_verdict[Verdict.RESCUES], *by_verdict[Verdict.BREAKS]):
        yield f"{effect.heuristic} {effect.verdict}: {_healthy(effect)}."
    # The strongest first on both sides.
    for effect in (*by_verdict[Verdict.HELPS], *reversed(by_verdict[Verdict.HURTS])):
        if effect.score is not None:
            ratio = ratio_in_words(effect.score)
            yield f"{effect.heuristic} {effect.verdict}: the score with it is {ratio} times that without it."
    for verdict in (Verdict.MAY_HELP, Verdict.MAY_HURT):
        if by_verdict[verdict]:
            yield _perhaps(verdict, by_verdict[verdict], len(effects))
    hopeless = [effect.heuristic for effect in by_verdict[Verdict.NO_DIFFERENCE] if _all_failed(effect)]
    if hopeless:
        yield f"No run ends healthy, with or without {listed(hopeless)}."
    unseen = [effect.heuristic for effect in by_verdict[Verdict.NO_DIFFERENCE] if not _all_failed(effect)]
    if unseen:
        yield (
            f"No difference was seen for {listed(unseen)}. That is no proof that there is none: look at how wide their "
            "intervals are."
        )
    refused = [effect.heuristic for effect in by_verdict[Verdict.NOT_TRIED]]
    if refused:
        yield f"{listed(refused)} could not be tried; the reasons are in the table of effects."


def _perhaps(verdict: Verdict, effects: Sequence[Effect], asked: int) -> str:
    """What is not sure for the number of questions."""
    named = [f"{each.heuristic}, {ratio_in_words(each.score)}" for each in effects if each.score is not None]
    return (
        f"More seeds would tell what {verdict}: {'; '.join(named)}. An interval that leaves out 1 is to be expected "
        f"now and then where {things(asked, 'heuristic is', 'heuristics are')} tried, even if none does anything."
    )


def _all_failed(effect: Effect) -> bool:
    return effect.score is None and effect.survival_with.healthy == effect.survival_without.healthy == 0


def _healthy(effect: Effect) -> str:
    with_it, without_it = share_in_words(effect.survival_with), share_in_words(effect.survival_without)
    return f"{with_it} runs end healthy with it and {without_it} without it"


def _of_interactions(interactions: Sequence[Interaction]) -> Iterator[str]:
    for each in interactions:
        enough = each.score is not None and len(each.score.values) >= FEWEST_SEEDS
        if each.score is not None and enough and each.chance is not None and each.chance < _SURE:
            way = "help one another" if each.score.mean < 0 else "are in one another's way"
            yield (
                f"{each.first} and {each.second} {way}: with both, the score is "
                f"{ratio_in_words(each.score)} times what their effects alone would make of it."
            )


def _of_best(found: Analysis) -> Iterator[str]:
    best = found.best
    if best is None:
        yield "No recipe is best: no run ended with a score, or those that did fail more often than the baseline."
        return
    yield _best(best)
    if best.candidates > 2 and not best.is_baseline:
        yield (
            f"The best of {best.candidates} recipes was chosen by the same runs that its score is from, which flatters "
            "it: train it again with other seeds before you rely on it."
        )


def _best(best: Best) -> str:
    """Which recipe is best, and how sure that is."""
    median = best.variant.median
    score = f"median score {figure(median)}" if median is not None and math.isfinite(median) else "no median score"
    named = (
        f"The lowest median score is that of “{best.variant.name}” ({score}, {things(len(best.variant.seeds), 'seed')})"
    )
    if best.variant.change == SEARCH:
        return f"{named}, of the recipes that were trained for the whole budget."
    if best.is_baseline:
        return f"{named}: no edit made it better."
    if best.against_baseline is None:
        return f"{named}; the baseline has no score to compare it with."
    against = ratio_in_words(best.against_baseline)
    if best.sure:
        return f"{named}, {against} times the baseline's."
    return f"{named}, {against} times the baseline's: among so many, these seeds do not tell the two apart."
