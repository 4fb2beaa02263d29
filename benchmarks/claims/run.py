"""Tries the claims of the papers; what is there is not repeated, so that a run may be stopped and begun again.

    python -m benchmarks.claims.run WORK [--only r1 ema/bilinear] [--group dirac] [--minutes 60] [--list]
    python -m benchmarks.claims.document WORK --write docs/claims.md

In the folder of the repository, with one thread. WORK/results.jsonl gets a line for each claim and seed; those that
benchmarks/claims/results.jsonl holds already count as done unless --again is given.
"""

import argparse
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import torch

from benchmarks.claims import results
from benchmarks.claims.claim import Claim
from benchmarks.claims.registry import GROUPS

STORED = Path(__file__).with_name(results.FILE)


def chosen(only: list[str], groups: list[str]) -> Iterator[Claim]:
    """The claims of these groups that have one of these names, or whose heuristic has."""
    for group, claims in GROUPS.items():
        if groups and group not in groups:
            continue
        yield from (claim for claim in claims if not only or claim.name in only or claim.heuristic in only)


def missing(claims: list[Claim], done: results.Results) -> list[tuple[Claim, int]]:
    """What is left to do, claim by claim."""
    return [(claim, seed) for claim in claims for seed in claim.seeds if seed not in done.get(claim.name, {})]


def run(queue: list[tuple[Claim, int]], path: Path, seconds: float) -> None:
    """Try one after another until the time is over; one that fails is said and left out."""
    begun = time.monotonic()
    for place, (claim, seed) in enumerate(queue):
        start = time.monotonic()
        if start - begun > seconds:
            return
        try:
            arms = claim.measure(seed)
        except Exception:
            traceback.print_exc()
            continue
        took = time.monotonic() - start
        results.append(path, claim.name, seed, arms, took)
        shown = ", ".join(f"{name} {value:.5g}" for name, value in arms.items())
        print(f"{place + 1}/{len(queue)} {claim.name} seed {seed}: {shown} ({took:.1f} s)", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("--only", nargs="+", default=[], help="names of heuristics or claims")
    parser.add_argument("--group", nargs="+", default=[], choices=list(GROUPS))
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--again", action="store_true", help="also what the repository has results of")
    parser.add_argument("--list", action="store_true", help="say what is left and how long it takes, and do nothing")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.work.mkdir(parents=True, exist_ok=True)
    path = arguments.work / results.FILE
    done = results.read(path)
    if not arguments.again:
        for name, seeds in results.read(STORED).items():
            done[name] = {**seeds, **done.get(name, {})}
    queue = missing(list(chosen(arguments.only, arguments.group)), done)
    if arguments.list:
        for name in dict.fromkeys(claim.name for claim, _ in queue):
            own = [claim for claim, _ in queue if claim.name == name]
            print(f"{name}: {len(own)} seeds, about {sum(claim.minutes for claim in own):.1f} minutes")
        print(f"in all about {sum(claim.minutes for claim, _ in queue):.0f} minutes")
        return
    run(queue, path, 60 * arguments.minutes)


if __name__ == "__main__":
    main()
