"""Writes the table of claims into a page.

    python -m benchmarks.claims.document [WORK] --write docs/claims.md [--store]

Results are those of benchmarks/claims/results.jsonl, and of WORK/results.jsonl where that has newer ones; --store puts
them all into the former. The text between the comments `begin claims` and `end claims` is replaced.
"""

import argparse
import json
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.claims import results
from benchmarks.claims.claim import Claim
from benchmarks.claims.registry import claims
from benchmarks.claims.run import STORED
from benchmarks.claims.verdict import Judgement, Verdict, judge
from benchmarks.tables import table, write_section
from steadygan.heuristics.catalogue import BUILT_IN

HEAD = ("heuristic", "claim", "setting", "figure", "without", "with", "better by (95 %)", "verdict")
NOT_RUN = "not run yet"


def number(value: float) -> str:
    """Three digits, five beside 1, where the factor of a step is what counts; words where there is no number."""
    if math.isinf(value):
        return "diverges" if value > 0 else "none"
    size = abs(value)
    if size >= 1_000:
        return f"{value:.1e}".replace("e+0", "e").replace("e+", "e") if size >= 1e6 else f"{value:,.0f}"
    return f"{value:.5g}" if 0.9 < size < 1.1 else f"{value:.3g}"


def effect(claim: Claim, found: Judgement) -> str:
    """The median effect and its interval; factors where the effect is a ratio."""
    values = (found.effect, found.low, found.high)
    if claim.scale == "ratio":
        middle, low, high = (_factor(value) for value in values)
        return f"× {middle} ({low} to {high})"
    middle, low, high = (number(value) for value in values)
    return f"{middle} ({low} to {high})"


def _factor(logarithm: float) -> str:
    return "∞" if logarithm > 100 else number(math.exp(logarithm))


def said(claim: Claim, found: Judgement) -> str:
    """The verdict, with theory's number where there is one."""
    theory = "" if claim.theory is None else f"; theory: {number(claim.theory.value)}"
    return f"**{found.verdict.value}** ({found.seeds} seeds{theory})"


def row(claim: Claim, found: Judgement | None) -> list[str]:
    """A line of the table."""
    name = claim.heuristic
    cells = [f"[{name}](heuristics.md#{name})", f"{claim.says} *{claim.source}*", claim.setting, claim.figure]
    if found is None:
        return [*cells, "", "", "", NOT_RUN]
    return [*cells, number(found.without), number(found.with_), effect(claim, found), said(claim, found)]


def judged(tried: Sequence[Claim], found: results.Results) -> list[tuple[Claim, Judgement | None]]:
    """Every claim with its verdict, in the order in which the catalogue lists heuristics."""
    order = [kind.name for kind in BUILT_IN]
    ranked = sorted(tried, key=lambda claim: order.index(claim.heuristic))
    return [(claim, judge(claim, results.of_claim(found, claim.name, claim.seeds))) for claim in ranked]


def text(tried: Sequence[Claim], found: results.Results) -> str:
    """How many hold, and the table."""
    rows = judged(tried, found)
    counts = Counter(judgement.verdict for _, judgement in rows if judgement)
    spoken = ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict)
    missing = sum(judgement is None for _, judgement in rows)
    heuristics = {claim.heuristic for claim, judgement in rows if judgement}
    lines = [
        f"{len(rows)} claims of {len({claim.heuristic for claim in tried})} heuristics: {spoken}, {missing} {NOT_RUN}. "
        f"{len(heuristics)} heuristics have at least one verdict.",
        table(HEAD, [row(*each) for each in rows]),
    ]
    return "\n\n".join(lines)


def merged(work: Path | None) -> results.Results:
    """The stored results, and newer ones."""
    found = results.read(STORED)
    for name, seeds in (results.read(work / results.FILE) if work else {}).items():
        found[name] = {**found.get(name, {}), **seeds}
    return found


def store(found: results.Results, tried: Sequence[Claim]) -> None:
    """Write the results of claims that there are, sorted, so that versions can be compared."""
    names = {claim.name for claim in tried}
    lines = [
        json.dumps({"claim": name, "seed": seed, "arms": dict(found[name][seed])})
        for name in sorted(names & set(found))
        for seed in sorted(found[name])
    ]
    STORED.write_text("\n".join(lines) + "\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path, nargs="?")
    parser.add_argument("--write", type=Path, required=True)
    parser.add_argument("--store", action="store_true", help="keep the results in the repository")
    arguments = parser.parse_args()
    tried, found = claims(), merged(arguments.work)
    if arguments.store:
        store(found, tried)
    write_section(arguments.write, "claims", text(tried, found))


if __name__ == "__main__":
    main()
