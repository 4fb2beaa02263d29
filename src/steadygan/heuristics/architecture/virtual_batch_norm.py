"""Normalisation of the hidden layers by a reference batch and the example itself."""

from typing import ClassVar

from steadygan.blueprint import NormKind
from steadygan.heuristics.architecture.reference_norm import ReferenceNorm
from steadygan.heuristics.card import Card, Source
from steadygan.vocabulary import Failure


class VirtualBatchNormHeuristic(ReferenceNorm):
    """Each example is normalised with the union of a fixed reference batch and itself."""

    name: ClassVar[str] = "virtual-batch-norm"
    kind: ClassVar[NormKind] = "virtual-batch"
    card: ClassVar[Card] = Card(
        summary="Each example is normalised by a reference batch, chosen once, and itself: never by its neighbours.",
        formula="m = (n m_ref + E[x]) / (n + 1), s = (n s_ref + E[x²]) / (n + 1), y = a (x - m) / √(s - m² + eps) + b",
        sources=(
            Source(citation="salimans2016improved", where="section 3.5"),
            Source(citation="goodfellow2016tutorial", where="section 4.3"),
        ),
        treats=(Failure.OSCILLATION, Failure.MODE_COLLAPSE),
        cost="the network runs on the reference batch before each batch: with a batch of the same size, twice the work",
        example=(
            "import torch\n"
            "from torch import nn\n"
            "from steadygan.layers import VirtualBatchNorm, WithReferenceBatch\n"
            "layers = nn.Sequential(nn.Linear(6, 64), VirtualBatchNorm(64), nn.ReLU(), nn.Linear(64, 192))\n"
            "generator = WithReferenceBatch(layers, torch.randn(64, 6))  # latents that are drawn once\n"
            "fake = generator(z)"
        ),
        note=(
            "Only in the generator by default, as in the paper, because of the cost. The mean of squares is each "
            "example's own, as in the paper and, since May 2017, in the authors' code; in 2016 their code took it over "
            "the whole batch, and in two of its three classes the mean too."
        ),
    )
    in_generator: bool = True
    in_discriminator: bool = False
