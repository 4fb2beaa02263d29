"""Self-attention in both networks."""

from typing import ClassVar

from pydantic import Field

from steadygan.blueprint import Blueprint
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Failure


class SelfAttention(ArchitectureHeuristic):
    """Both networks have self-attention at one size of the maps."""

    name: ClassVar[str] = "self-attention"
    images_only: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="At one size of the maps every pixel attends to all others, so that distant parts fit together.",
        formula="y = x + γ v(Σ_j softmax_j(f(x_j) · g(x_i)) h(x_j)), γ = 0 at first",
        sources=(Source(citation="zhang2018selfattention", where="section 3, equations 1 to 3"),),
        treats=(Failure.GARBAGE_FOOLING, Failure.MODE_DROPPING),
        cost="pixels² / 4 numbers an image at the size of the maps",
        example=(
            "from torch import nn\n"
            "from steadygan.layers import SelfAttention\n"
            "discriminator = nn.Sequential(\n"
            "    nn.Conv2d(3, 64, 4, 2, 1), nn.ReLU(), SelfAttention(64), nn.Flatten(), nn.Linear(1024, 1)\n"
            ")\n"
            "logits = discriminator(real)"
        ),
        note=(
            "Keys and values are pooled to half the size and values have C / 2 channels, as in the authors' code; "
            "the paper has C / 8 throughout and no pooling."
        ),
    )
    maps: int = Field(16, ge=2, le=256)

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Add the attention."""
        return blueprint.changed(attention=self.maps)
