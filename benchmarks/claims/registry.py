"""Every claim, by group; the groups are in the order in which they are tried."""

from benchmarks.claims import (
    bilinear_claims,
    collapsed,
    confidence_claims,
    dirac,
    directions,
    distant,
    few_labels,
    images_claims,
    initial_claims,
    labelled,
    latents,
    overfit,
    overtrained,
    planes_claims,
    steep,
    vanishing,
    wider,
)
from benchmarks.claims.claim import Claim

GROUPS: dict[str, tuple[Claim, ...]] = {
    "dirac": dirac.CLAIMS,
    "bilinear": bilinear_claims.CLAIMS,
    "initial": initial_claims.CLAIMS,
    "confidence": confidence_claims.CLAIMS,
    "collapsed": collapsed.CLAIMS,
    "latents": latents.CLAIMS,
    "vanishing": vanishing.CLAIMS,
    "steep": steep.CLAIMS,
    "directions": directions.CLAIMS,
    "labelled": labelled.CLAIMS,
    "overtrained": overtrained.CLAIMS,
    "wider": wider.CLAIMS,
    "overfit": overfit.CLAIMS,
    "distant": distant.CLAIMS,
    "few-labels": few_labels.CLAIMS,
    "planes": planes_claims.CLAIMS,
    "images": images_claims.CLAIMS,
}
"""Claims by group."""


def claims() -> tuple[Claim, ...]:
    """All of them."""
    return tuple(claim for group in GROUPS.values() for claim in group)
