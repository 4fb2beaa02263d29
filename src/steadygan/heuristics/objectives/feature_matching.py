"""Feature matching."""

from typing import ClassVar

from pydantic import Field
from torch import Tensor

from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.moments import AddsLoss
from steadygan.heuristics.roles import ObjectiveModifier
from steadygan.heuristics.turn import Turn
from steadygan.vocabulary import Failure, Player, Side


def feature_matching_loss(real_features: Tensor, fake_features: Tensor) -> Tensor:
    """Squared distance between the mean features of the two sides.

    Args:
        real_features: float32 [N, F]; no gradients flow into them.
        fake_features: float32 [M, F].

    Returns:
        float32 scalar: ‖mean f(x) - mean f(G(z))‖².

    Source: Salimans et al. 2016, section 3.1.
    """
    return (real_features.detach().mean(0) - fake_features.mean(0)).square().sum()


class FeatureMatching(ObjectiveModifier, AddsLoss):
    """The generator matches the mean features of real images."""

    name: ClassVar[str] = "feature-matching"
    uses_features: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        summary="The generator matches the mean of the discriminator's features, a target that it cannot overshoot.",
        formula="L_G = weight · ‖E f(x) - E f(G(z))‖², f the discriminator's last hidden layer",
        sources=(Source(citation="salimans2016improved", where="section 3.1"),),
        treats=(Failure.OSCILLATION, Failure.DISCRIMINATOR_WINS),
        cost="one more pass of the discriminator over real images in the generator's move",
        example=(
            "from steadygan.heuristics.objectives import feature_matching_loss\n"
            "features = discriminator[:-2]  # everything up to its last hidden layer\n"
            "loss = feature_matching_loss(features(real), features(fake))"
        ),
        note=(
            "The squared norm is the paper's and sums over features. Its authors' code averages over them: squares for "
            "MNIST, absolute values for CIFAR-10 and SVHN; a weight of one over the number of features gives the "
            "former. It replaces the objective's loss of the generator; beside = true adds it instead."
        ),
    )
    weight: float = Field(1.0, gt=0)
    beside: bool = False

    def apply(self, losses: Tensor, turn: Turn) -> Tensor:
        """Replace the generator's losses by the distance, unless it is added beside them."""
        if self.beside or turn.player is not Player.GENERATOR:
            return losses
        return self._distance(turn).unsqueeze(0)

    def loss_term(self, turn: Turn) -> Tensor | None:
        """The distance, if it is added beside the generator's losses."""
        return self._distance(turn) if self.beside and turn.player is Player.GENERATOR else None

    def _distance(self, turn: Turn) -> Tensor:
        distance = feature_matching_loss(*(turn.gather(turn.features(side)) for side in (Side.REAL, Side.FAKE)))
        turn.log(self.name, distance)
        return self.weight * distance
