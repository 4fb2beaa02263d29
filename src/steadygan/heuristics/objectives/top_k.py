"""Top-k training of the generator."""

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from steadygan.heuristics.base import Company
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.clock import Number, clipped
from steadygan.heuristics.objectives.feature_matching import FeatureMatching
from steadygan.heuristics.roles import ObjectiveModifier
from steadygan.heuristics.turn import Turn
from steadygan.vocabulary import Failure, Player, Side


def top_k(losses: Tensor, logits: Tensor, count: Number) -> Tensor:
    """The losses of the fakes that look most real.

    Args:
        losses: float32 [M, ...], one row for each image.
        logits: float32 [M], the discriminator's answers to the same images.
        count: how many to keep, in [1, M]; a whole number, or a scalar tensor that holds one.

    Returns:
        float32 [count, ...], the most real first. If the count is a tensor, [M, ...] of the same mean: what is kept,
        times M / count, and then zeros.

    Source: Sinha et al. 2020, the one changed line of the abstract.
    """
    if isinstance(count, int):
        return losses[logits.detach().topk(count).indices]
    order = logits.detach().argsort(descending=True)
    kept = torch.arange(len(logits), device=logits.device).view(-1, *(1,) * (losses.ndim - 1)) < count
    return torch.where(kept, losses[order] * (len(logits) / count), 0.0)


def annealed_count(total: int, floor: float, progress: Number) -> Number:
    """How many of ``total`` are kept when the share falls geometrically from all to ``floor``.

    Args:
        total: how many there are, at least 1.
        floor: the smallest share, in (0, 1].
        progress: how much of the way is gone, at least 0; from 1 on the share stays.

    Returns:
        At least 1 and at most ``total``.

    Source: Sinha et al. 2020, where k falls so from epoch to epoch.
    """
    share = floor ** clipped(progress, high=1.0)
    return max(1, round(total * share)) if isinstance(share, float) else (total * share).round().clamp(min=1)


class TopK(ObjectiveModifier):
    """The generator learns from its best fakes only."""

    name: ClassVar[str] = "top-k"
    card: ClassVar[Card] = Card(
        summary="The generator learns only from those fakes that the discriminator finds most real.",
        formula="L_G = mean of the k losses with the largest D(G(z)), k = B · floor^min(1, t / images)",
        sources=(Source(citation="sinha2020topk", where="abstract"),),
        treats=(Failure.GARBAGE_FOOLING,),
        example=(
            "from steadygan.heuristics.objectives import top_k\n"
            "logits = discriminator(fake)\n"
            "loss = top_k(-logits, logits, 2).mean()"
        ),
        note=(
            "Early on a discriminator cannot tell which fakes are good, so k begins at the whole batch and falls "
            "geometrically, by images seen where the paper counts epochs. That it has fallen after 500,000 images "
            "is this package's choice: the paper's factor of 0.99 for each epoch reaches one half after 69 epochs, "
            "which are 3.4 million images of CIFAR-10. Images with a map of logits are ranked by its mean; packs of "
            "images are kept or dropped as one. Objectives that pair fakes with reals keep the pairs of the best fakes."
        ),
    )
    floor: float = Field(0.5, gt=0, le=1, description="share of the batch that k falls to")
    images: int = Field(500_000, ge=1, description="images seen after which it has fallen")

    def objection(self, company: Company) -> str | None:
        """Refuses feature matching, which has one loss for the whole batch instead of one for each image."""
        matching = company.get(FeatureMatching)
        if matching is not None and not matching.beside:
            return (
                "'top-k' chooses among the losses of images, and 'feature-matching' puts one loss of the whole batch "
                "in their place; set feature-matching.beside=true or take one of them out"
            )
        return None

    def count_at(self, total: int, images_seen: Number) -> Number:
        """How many of ``total`` fakes are kept after so many images."""
        return annealed_count(total, self.floor, images_seen / self.images)

    def apply(self, losses: Tensor, turn: Turn) -> Tensor:
        """Keep the generator's losses of its best fakes."""
        if turn.player is not Player.GENERATOR:
            return losses
        logits = turn.logits(Side.FAKE)
        rows = min(len(logits), len(turn.images(Side.FAKE)))  # patches of an image belong together; so do packs
        losses, logits = turn.gather(losses.view(rows, -1)), turn.gather(logits.view(rows, -1).mean(1))
        return top_k(losses, logits, self.count_at(len(logits), turn.state.images_seen)).flatten()
