"""Normalisation of the hidden layers by a reference batch alone."""

from typing import ClassVar

from steadygan.blueprint import NormKind
from steadygan.heuristics.architecture.reference_norm import ReferenceNorm
from steadygan.heuristics.card import Card, Source
from steadygan.vocabulary import Failure


class ReferenceBatchNormHeuristic(ReferenceNorm):
    """Each example is normalised with a fixed reference batch alone."""

    name: ClassVar[str] = "reference-batch-norm"
    kind: ClassVar[NormKind] = "reference-batch"
    card: ClassVar[Card] = Card(
        summary="Each example is normalised by the statistics of a reference batch, chosen once.",
        formula="y = a (x - m_ref) / √(s_ref - m_ref² + eps) + b",
        sources=(Source(citation="goodfellow2016tutorial", where="section 4.3"),),
        treats=(Failure.OSCILLATION, Failure.MODE_COLLAPSE),
        cost="the network runs on the reference batch before each batch: with a batch of the same size, twice the work",
        example=(
            "from torch import nn\n"
            "from steadygan.layers import ReferenceBatchNorm, WithReferenceBatch\n"
            "hidden = nn.Sequential(nn.Conv2d(3, 64, 4, 2, 1, bias=False), ReferenceBatchNorm(64), nn.ReLU())\n"
            "maps = WithReferenceBatch(hidden, real)(fake)  # real is the reference batch from now on"
        ),
        note="Its author warns that a network can overfit to the reference batch; virtual-batch-norm does so less.",
    )
    in_generator: bool = True
    in_discriminator: bool = True
