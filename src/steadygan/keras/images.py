"""Images in PyTorch's order of axes, in which heuristics are written, over tensors in that of Keras."""

from typing import Any

import torch
from keras import ops

from steadygan.keras.torch_view import NEEDS_VIEWS, TorchView, in_dtype, tensor_of

_TO_TORCH, _TO_KERAS = (0, 3, 1, 2), (0, 2, 3, 1)


class ImageView(TorchView):
    """A view of images [N, C, H, W] whose tensor stays [N, H, W, C] until someone computes with it.

    Most images go from one network to the other as they are, and two transpositions would cost as much as a layer.

    Args:
        images: a tensor of the backend, [N, H, W, C].
    """

    __slots__ = ("images",)

    def __init__(self, images: Any) -> None:
        self.images = images

    @property
    def value(self) -> Any:
        """The tensor in PyTorch's order."""
        return ops.transpose(self.images, _TO_TORCH)

    @value.setter
    def value(self, images: Any) -> None:
        self.images = ops.transpose(images, _TO_KERAS)

    @property
    def shape(self) -> torch.Size:
        """Of the images in PyTorch's order."""
        return torch.Size(self.images.shape[axis] for axis in _TO_TORCH)

    def __len__(self) -> int:
        return int(self.images.shape[0])

    def float(self) -> "ImageView":
        """The images in float32."""
        return ImageView(in_dtype(self.images, "float32"))

    def detach(self) -> "ImageView":
        """The same images, that no gradients flow through."""
        return ImageView(ops.stop_gradient(self.images))


def image_view(images: Any) -> Any:
    """Images [N, H, W, C] of the backend as heuristics take them, [N, C, H, W]; vectors stay as they are.

    Args:
        images: a tensor; without gradients inside of ``torch.no_grad()``.
    """
    is_image = len(images.shape) == 4
    if not NEEDS_VIEWS:
        return images.permute(_TO_TORCH) if is_image else images
    images = images if torch.is_grad_enabled() else ops.stop_gradient(images)
    return ImageView(images) if is_image else TorchView(images)


def images_of(viewed: Any) -> Any:
    """The backend's tensor [N, H, W, C] of what :func:`image_view` made, or of what a heuristic made of it."""
    if isinstance(viewed, ImageView):
        return viewed.images
    images = tensor_of(viewed)
    if len(images.shape) != 4:
        return images
    return ops.transpose(images, _TO_KERAS) if NEEDS_VIEWS else images.permute(_TO_KERAS)
