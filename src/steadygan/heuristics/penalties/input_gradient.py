"""The gradient of a logit with respect to its image."""

import torch
from torch import Tensor


def input_gradient(logits: Tensor, images: Tensor) -> Tensor:
    """Gradient of each image's logit with respect to that image, itself differentiable.

    Args:
        logits: float [N] or [N, ...], several logits of an image are averaged; or fewer than N, each of several images.
        images: float [N, ...] that require gradients and from which the logits were computed.

    Returns:
        float [N, ...] like ``images``.

    Raises:
        ValueError: when the images require no gradients.
    """
    if not images.requires_grad:
        raise ValueError(
            "The images require no gradients; call images.requires_grad_() before the discriminator sees them"
        )
    packed = logits.numel() < len(images)
    total = logits.sum() if packed else logits.reshape(len(images), -1).mean(1).sum()
    (gradient,) = torch.autograd.grad(total, images, create_graph=True)
    return gradient
