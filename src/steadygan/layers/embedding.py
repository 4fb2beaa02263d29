"""Ways for class labels to enter a network: beside the latent, as an image channel, or in the logit."""

import torch
from torch import Tensor, nn


class LabelEmbedding(nn.Module):
    """Turn labels [N] into learnt vectors [N, dimension], which are 0 where a label is unknown.

    Concatenated to the latents they make a conditional generator.

    Args:
        classes: how many there are.
        dimension: of a vector.

    Source: Mirza and Osindero 2014, section 3.2; ganhacks, item 16.
    """

    def __init__(self, classes: int, dimension: int) -> None:
        super().__init__()
        self.table = nn.Embedding(classes, dimension)

    def forward(self, labels: Tensor) -> Tensor:
        """Return the vectors of labels, int64 [N], -1 where unknown."""
        vectors: Tensor = self.table(labels.clamp(min=0))
        return torch.where((labels < 0)[:, None], torch.zeros_like(vectors), vectors)


class LabelChannel(nn.Module):
    """Turn labels [N] into a channel [N, 1, size, size] by an embedding and a dense layer; 0 where a label is unknown.

    Concatenated to the images it makes a conditional discriminator.

    Args:
        classes: how many there are.
        dimension: of the embedding.
        size: height and width of the channel.

    Source: ganhacks, item 16.
    """

    def __init__(self, classes: int, dimension: int, size: int) -> None:
        super().__init__()
        self.size = size
        self.table = nn.Embedding(classes, dimension)
        self.dense = nn.Linear(dimension, size**2)

    def forward(self, labels: Tensor) -> Tensor:
        """Return the channels of labels, int64 [N], -1 where unknown."""
        channels: Tensor = self.dense(self.table(labels.clamp(min=0))).view(-1, 1, self.size, self.size)
        return torch.where((labels < 0)[:, None, None, None], torch.zeros_like(channels), channels)


class Projection(nn.Embedding):
    """The part of a discriminator's logit that depends on the class: the inner product of features and an embedding.

    It is added to the part that does not: ``logit = linear(features).squeeze(1) + projection(features, labels)``.
    Where several images are packed, they share one row of features, and the mean of their embeddings counts.

    Args:
        classes: how many there are.
        features: length F of the features.

    Source: Miyato and Koyama 2018, equation 3; initial weights as in the authors' code, because rows of N(0, 1) would
    dominate the logit of a long feature vector.
    """

    def __init__(self, classes: int, features: int) -> None:
        super().__init__(classes, features)
        nn.init.xavier_uniform_(self.weight)

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:  # type: ignore[override]  # two inputs, not one
        """Return the inner products.

        Args:
            features: float [M, F].
            labels: int64 [N], -1 where unknown, which adds 0; N is a multiple of M.

        Returns:
            [M].
        """
        vectors = super().forward(labels.clamp(min=0))
        vectors = torch.where((labels < 0)[:, None], torch.zeros_like(vectors), vectors)
        of_pack = vectors.view(len(features), -1, features.shape[1]).mean(1)
        return torch.sum(of_pack * features, 1)
