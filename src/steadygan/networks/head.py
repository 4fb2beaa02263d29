"""The output layers of every discriminator, from the last hidden layer to logits and class logits."""

import torch
from torch import Tensor, nn

from steadygan.blueprint import Blueprint
from steadygan.heuristics.turn import DiscriminatorOutput
from steadygan.layers.embedding import Projection
from steadygan.layers.minibatch import MinibatchDiscrimination


class Head(nn.Module):
    """Computes logits [M], with M = N / packing, and possibly class logits [N, K] from the last hidden layer [M, F].

    The features of its output are the last hidden layer as it comes, without what minibatch discrimination adds to it;
    projection and the auxiliary classifier read these, the logit and semi-supervised classes read both. The images of a
    pack share one row of features: projection takes the mean of their classes' embeddings, and the auxiliary
    classifier names the class of each.

    Args:
        blueprint: how it is built.
        features: length F of the last hidden layer.
        bias: whether the logit has one.
        unconditional: whether the logit has a part that does not depend on the class; without it the projection is all
            of the logit, unless minibatch discrimination or semi-supervised classes give another part.

    Attributes:
        judge: the dense layer of the part of the logit that does not depend on the class; None if there is none.
        classify: the dense layer of the class logits; None if the discriminator does not classify.
        embed: the projection, which is the part of the logit that depends on the class; None if there is none.
        minibatch: the layer of minibatch discrimination; None if there is none.

    Source: Miyato & Koyama 2018, equation 3; Odena et al. 2016, section 3; Salimans et al. 2016, sections 3.2 and 5.
    """

    def __init__(self, blueprint: Blueprint, features: int, bias: bool = True, unconditional: bool = True) -> None:
        super().__init__()
        kernels, dimension, classes = blueprint.minibatch_kernels, blueprint.minibatch_dimension, blueprint.classes
        self.classes = classes
        self.minibatch = MinibatchDiscrimination(features, kernels, dimension) if kernels > 0 else None
        self.judge: nn.Linear | None = None
        self.classify: nn.Linear | None = None
        self.embed: Projection | None = None
        self.semi_supervised = blueprint.class_answer == "semi-supervised"
        if self.semi_supervised:
            self.classify = nn.Linear(features + kernels, classes)
        elif unconditional or kernels > 0 or not blueprint.projection:
            self.judge = nn.Linear(features + kernels, 1, bias=bias)
        if blueprint.class_answer == "auxiliary":
            self.classify = nn.Linear(features, blueprint.packing * classes)
        if blueprint.projection:
            self.embed = Projection(classes, features)

    def forward(self, features: Tensor, labels: Tensor | None = None) -> DiscriminatorOutput:
        """Answer for features [M, F] of images with labels, int64 [N], -1 where unknown; None is unknown for all."""
        seen = features if self.minibatch is None else self.minibatch(features)
        class_logits: Tensor | None = None
        if self.classify is not None:
            class_logits = self.classify(seen if self.semi_supervised else features).view(-1, self.classes)
        if self.semi_supervised and class_logits is not None:
            # With the logit of "fake" held at 0: D(x) = Z / (Z + 1), Z the sum of the exponentials.
            logits = torch.logsumexp(class_logits, 1)
        elif self.judge is not None:
            logits = self.judge(seen).squeeze(1)
        else:
            logits = features.new_zeros(len(features))
        if self.embed is not None and labels is not None:
            logits = logits + self.embed(features, labels)
        return DiscriminatorOutput(logits, features, class_logits)
