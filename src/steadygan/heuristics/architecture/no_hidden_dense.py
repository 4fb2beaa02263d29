"""Networks without hidden dense layers."""

from typing import ClassVar

from steadygan.blueprint import Blueprint
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.roles import ArchitectureHeuristic
from steadygan.vocabulary import Failure


class NoHiddenDense(ArchitectureHeuristic):
    """Networks without hidden dense layers: z is projected and convolved, and the last map gives the logit."""

    name: ClassVar[str] = "no-hidden-dense"
    images_only: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="No hidden dense layers: z is projected, reshaped and convolved; the last map gives the logit.",
        formula="logit = w · flatten(last map)",
        sources=(Source(citation="radford2015dcgan", where="section 3"),),
        treats=(Failure.OSCILLATION,),
        cost="negative: there are two layers fewer",
        example=(
            "from torch import nn\n"
            "generator = nn.Sequential(\n"
            "    nn.Linear(6, 64 * 4 * 4), nn.Unflatten(1, (64, 4, 4)), nn.ReLU(), nn.ConvTranspose2d(64, 3, 4, 2, 1)\n"
            ")\n"
            "discriminator = nn.Sequential(nn.Conv2d(3, 64, 4, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(1024, 1))\n"
            "logits = discriminator(generator(z))"
        ),
    )

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Leave the hidden dense layers out."""
        return blueprint.changed(hidden_dense=False)
