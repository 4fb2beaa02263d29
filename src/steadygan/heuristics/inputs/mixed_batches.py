"""Batches of the discriminator with both real and fake images."""

from typing import ClassVar

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import InputHeuristic


class MixedBatches(InputHeuristic):
    """Real and fake images in one batch."""

    name: ClassVar[str] = "mixed-batches"
    order: ClassVar[int] = 4
    joins_batches: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="Real and fake images enter the discriminator as one batch: to be avoided, here for comparison.",
        formula="D(real ∪ fake) with common batch statistics",
        sources=(Source(citation="chintala2016ganhacks", where="item 4 (its opposite)"),),
        example=(
            "import torch\n"
            "logits = discriminator(torch.cat([real, fake]))  # batch norm sees both together\n"
            "real_logits, fake_logits = logits.chunk(2)"
        ),
        note="Matters only where images of a batch depend on each other, as in batch norm.",
    )
