"""The mode-seeking penalty on fakes that are too much alike."""

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from steadygan.heuristics.base import Company
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import Penalty
from steadygan.heuristics.turn import Turn
from steadygan.vocabulary import Failure, Player, Side

_TINY = 1e-12


def pair_up(
    count: int, labels: Tensor | None = None, device: torch.device | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """Pair images up, so that as many pairs as possible are of one class.

    Args:
        count: N; the last of an odd number stays alone.
        labels: int64 [N]; None where there are no classes.
        device: where to put the result if there are no labels.

    Returns:
        Places of the first and of the second of each pair, int64 [N // 2], and whether a pair is of one class,
        bool [N // 2].
    """
    if labels is None:
        order = torch.arange(count, device=device)
        return order[0 : count - 1 : 2], order[1::2], torch.ones(count // 2, dtype=torch.bool, device=device)
    order = labels.argsort(stable=True)
    first, second = order[0 : count - 1 : 2], order[1::2]
    return first, second, labels[first] == labels[second]


def mode_seeking_penalty(
    images: Tensor, latents: Tensor, labels: Tensor | None = None, weight: float = 1.0, eps: float = 1e-5
) -> Tensor:
    """λ / (d(G(z₁), G(z₂)) / d(z₁, z₂) + ε), d the mean absolute difference over all pairs.

    Args:
        images: float [N, ...], made from ``latents``; N at least 2.
        latents: float [N, D].
        labels: int64 [N], the classes of the images; only images of one class make a pair.
        weight: λ, at least 0.
        eps: ε, above 0; λ / ε is the penalty of a generator that always makes the same image.

    Returns:
        A scalar, float32 (float64 for float64); 0 if no two images are of one class.

    Source: Mao et al. 2019, equation 3, as a reciprocal as in their code.
    """
    first, second, alike = pair_up(len(images), labels, images.device)
    wide = images.to(torch.promote_types(images.dtype, torch.float32))
    pairs = alike.sum().clamp(min=1)
    apart = torch.where(alike, (wide[first] - wide[second]).abs().flatten(1).mean(1), 0).sum() / pairs
    origin = torch.where(alike, (latents[first] - latents[second]).abs().flatten(1).mean(1), 0).sum() / pairs
    # Distances are finite even where there is no pair at all, so that their gradients times 0 are 0.
    return weight * alike.any() / (apart / origin.clamp(min=_TINY) + eps)


class ModeSeeking(Penalty):
    """Rewards the generator if different latents give different images."""

    name: ClassVar[str] = "mode-seeking"
    card: ClassVar[Card] = Card(
        summary="The generator is rewarded when latents that are far apart give images that are far apart.",
        formula="λ / (E |G(z₁) - G(z₂)| / E |z₁ - z₂| + ε)",
        sources=(Source(citation="mao2019modeseeking", where="equation 3; code HelenMao/MSGAN"),),
        treats=(Failure.MODE_COLLAPSE, Failure.MODE_DROPPING),
        example=(
            "from steadygan.heuristics.penalties import mode_seeking_penalty\n"
            "loss = loss + mode_seeking_penalty(generator(z), z)"
        ),
        note=(
            "As in the authors' code the reciprocal of the ratio of both mean distances is minimised; the paper "
            "maximises the ratio, which has no bound. The authors make every image twice, from two latents; here "
            "the fakes of a batch are paired with each other, those of different classes not at all."
        ),
    )
    weight: float = Field(1.0, ge=0)
    eps: float = Field(1e-5, gt=0, description="bounds the penalty of equal images")
    every: int = Field(1, ge=1, description="only every so many generator moves, with that many times the weight")

    @property
    def players(self) -> frozenset[Player]:
        """Returns the generator alone."""
        return frozenset({Player.GENERATOR})

    def objection(self, company: Company) -> str | None:
        """Refuses a batch without a pair of images."""
        return (
            None if company.batch >= 2 else "'mode-seeking' compares the fakes of a batch: use a batch of at least 2."
        )

    def __call__(self, turn: Turn) -> Tensor:
        """See :func:`mode_seeking_penalty`."""
        fakes, labels = turn.gather(turn.images(Side.FAKE)), turn.labels(Side.FAKE)
        labels = None if labels is None else turn.gather(labels)
        penalty = mode_seeking_penalty(fakes, turn.gather(turn.latents), labels, self.weight, self.eps)
        turn.log(self.name, penalty.detach())
        return penalty
