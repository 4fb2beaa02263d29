"""Images as they are stored, read as floats a few at a time: floats of a thousand images take more than training."""

from torch import Tensor


def channels_first(images: Tensor) -> Tensor:
    """Images of either form as [N, C, H, W], without a copy.

    Args:
        images: float [N, C, H, W], or uint8 [N, H, W, C] as they are stored.
    """
    return images if images.is_floating_point() else images.permute(0, 3, 1, 2)


def floats(images: Tensor) -> Tensor:
    """Numbers in [-1, 1] for those that are stored.

    Args:
        images: a few; floats are given back as they are, uint8 as float32 of the same shape.
    """
    return images if images.is_floating_point() else images.float().div_(127.5).sub_(1)
