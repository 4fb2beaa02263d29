"""A small extractor for tests: features that are quick and tell images apart, and classes by brightness."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from steadygan.features import Features


class StandIn:
    """Images of 4 x 4 as features; the class is how bright an image is, of as many steps as there are classes.

    Args:
        classes: how many; 0 for none.

    Attributes:
        seen: how many images were given in all.
    """

    def __init__(self, classes: int = 0) -> None:
        self.classes, self.seen = classes, 0
        self.name = f"stand-in-{classes}"

    def __call__(self, images: Tensor) -> Features:
        assert images.dtype == torch.uint8
        self.seen += len(images)
        found = F.adaptive_avg_pool2d(images.permute(0, 3, 1, 2).float() / 255, 4).flatten(1)
        if not self.classes:
            return Features(found, None)
        steps = (found.mean(1) * self.classes).long().clamp_max(self.classes - 1)
        return Features(found, F.one_hot(steps, self.classes).float())


class Thumbnail(nn.Module):
    """A network of such features, for the command line: images of 4 x 4, float32 [N, C · 16]."""

    def forward(self, images: Tensor) -> Tensor:
        return F.adaptive_avg_pool2d(images, 4).flatten(1)
