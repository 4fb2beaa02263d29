"""The base class of every discriminator: an input layer, a trunk that computes features, and a head."""

from torch import Tensor, nn

from steadygan.heuristics.turn import DiscriminatorOutput
from steadygan.layers.reference_batch import ReferenceBatch, with_reference
from steadygan.networks.head import Head


class Discriminator(nn.Module):
    """From images [N, ...] to logits [N / packing].

    Args:
        entrance: the input layer, which adds labels to images and packs them.
        trunk: computes features [N / packing, F] from its output.
        head: the output layers, which compute logits from features and labels.
        reference: the reference batch, if the trunk's normalisation needs one.
    """

    def __init__(self, entrance: nn.Module, trunk: nn.Module, head: Head, reference: ReferenceBatch | None) -> None:
        super().__init__()
        self.entrance = entrance
        self.trunk = trunk
        self.head = head
        self.reference = reference

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Logits of images said to be of these classes, int64 [N], -1 where unknown; None is unknown for all."""
        return self.discriminate(x, labels).logits

    def discriminate(self, x: Tensor, labels: Tensor | None = None) -> DiscriminatorOutput:
        """Logits [N / packing], features [N / packing, F], and class logits [N, K] if it classifies images."""
        features = with_reference(self, self.reference, self._features, x, labels)
        answer: DiscriminatorOutput = self.head(features, labels)
        return answer

    def _features(self, x: Tensor, labels: Tensor | None) -> Tensor:
        features: Tensor = self.trunk(self.entrance(x, labels))
        return features
