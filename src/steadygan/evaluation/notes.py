"""What a reader of the figures should know before believing them."""

from collections.abc import Iterator, Sequence

from steadygan.amounts import things
from steadygan.evaluation.result import Figure

FEW, FEW_FOR_EACH_DIMENSION = 5_000, 20
"""Samples below which a Fréchet distance is visibly too large: in all, or for each number of the features."""
SUSPICIOUS = 0.03
"""Three times the share of samples that are suspicious where none are copies."""


def notes_on(figures: Sequence[Figure], count: int, held_out: int, dimensions: int) -> Iterator[str]:
    """Sentences about an evaluation.

    Args:
        figures: what was measured.
        count: how many samples there were.
        held_out: how many held-out items.
        dimensions: how many numbers the features of an item are.
    """
    by_name = {figure.name: figure for figure in figures}
    if "frechet_distance" in by_name:
        yield from _few(count, held_out, dimensions)
    suspicious = by_name.get("suspicious_share")
    if suspicious is not None and suspicious.value > SUSPICIOUS:
        yield (
            f"{suspicious.value:.0%} of the samples are nearer to a training image than 99 % of held-out images are, "
            "so some may be copies: look at the pairs that --out FOLDER draws"
        )


def _few(count: int, held_out: int, dimensions: int) -> Iterator[str]:
    enough = max(FEW, FEW_FOR_EACH_DIMENSION * dimensions)
    extrapolated = "frechet_distance_extrapolated"
    if count < enough:
        yield (
            f"{things(count, 'sample is', 'samples are')} few for a Fréchet distance of {dimensions:,} features, which "
            f"comes out too large below {enough:,}: compare it only with that of as many samples, or read "
            f"{extrapolated}"
        )
    if held_out < count:
        yield (
            f"The floor was measured with {things(held_out, 'held-out image')}, fewer than the samples: its Fréchet "
            f"distance is the larger for that, and its {extrapolated} is the one to compare with"
        )
