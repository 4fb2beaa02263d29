"""Checks of the shapes that plain functions are given; they read no values, so no device is waited for."""

from torch import Tensor


def check_same_shape(**tensors: Tensor) -> None:
    """Refuse tensors of different shapes, which PyTorch would broadcast: [N, 1] beside [N] makes [N, N].

    Args:
        tensors: by the name of the argument that each is.

    Raises:
        ValueError: with all shapes.
    """
    shapes = {name: list(tensor.shape) for name, tensor in tensors.items()}
    if len({tuple(shape) for shape in shapes.values()}) > 1:
        came = " and ".join(f"{name} is {shape}" for name, shape in shapes.items())
        raise ValueError(f"{came}; give both the same shape, such as logits.flatten() beside targets [M]")


def check_images(images: Tensor, name: str) -> None:
    """Refuse what is no batch of images.

    Args:
        images: should be [N, C, H, W].
        name: of the function that was given them.

    Raises:
        ValueError: when it has another number of axes.
    """
    if images.ndim != 4:
        raise ValueError(
            f"{name} takes images [N, C, H, W] and was given {list(images.shape)}; leave it out for vectors"
        )
