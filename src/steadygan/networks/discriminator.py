"""What every discriminator does: let images in, compute features, answer."""

from torch import Tensor, nn

from steadygan.heuristics.turn import DiscriminatorOutput
from steadygan.layers.reference_batch import ReferenceBatch, with_reference
from steadygan.networks.head import Head


class Discriminator(nn.Module):
    """From images [N, ...] to logits [N / packing].

    Args:
        entrance: images and labels to what the first layer sees.
        trunk: that to features [N / packing, F].
        head: features and labels to the answer.
        reference: the reference batch, if the trunk's normalisation has one.
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
        """Logits [N / packing], features [N / packing, F] and perhaps classes [N, K] of images."""
        features = with_reference(self, self.reference, self._features, x, labels)
        answer: DiscriminatorOutput = self.head(features, labels)
        return answer

    def _features(self, x: Tensor, labels: Tensor | None) -> Tensor:
        features: Tensor = self.trunk(self.entrance(x, labels))
        return features
