"""Layers that let the discriminator look at several images at once."""

import torch
from torch import Tensor, nn

from steadygan.distributed import gather, local_rows


def minibatch_closeness(kernels: Tensor, batch: Tensor | None = None) -> Tensor:
    """Measure how close each example is to the others of its batch: o_b(i) = Σ_{j ≠ i} exp(-‖M_ib - M_jb‖₁).

    Args:
        kernels: float [N, B, C], the rows M_ib.
        batch: float [M, B, C], the rows of the whole batch, of which those are some; the same when None.

    Returns:
        float [N, B], from 0 to M - 1.

    Source: Salimans et al. 2016, section 3.2. The paper's sum has j = i in it, which adds 1 everywhere; the authors'
    code leaves it out, and so does this.
    """
    rows = kernels.movedim(1, 0)
    others = rows if batch is None else batch.movedim(1, 0)
    distances = (rows[:, :, None] - others[:, None]).abs().sum(3)
    return torch.exp(-distances).sum(2).T - 1.0


class MinibatchDiscrimination(nn.Module):
    """Append to the features of each example how close it is to the others of the batch, in B respects.

    Args:
        features: A.
        kernels: B.
        dimension: C, numbers that each kernel compares.

    The tensor T [A, B, C] starts from N(0, 1 / A), so that its columns are about as long as the normalised ones in the
    authors' code.

    Shapes: float [N, A] to [N, A + B].

    Source: Salimans et al. 2016, section 3.2.
    """

    mixes_examples = True

    def __init__(self, features: int, kernels: int, dimension: int) -> None:
        super().__init__()
        self.tensor = nn.Parameter(torch.randn(features, kernels, dimension) * features**-0.5)

    def forward(self, x: Tensor) -> Tensor:
        """Append the closeness."""
        kernels = (x @ self.tensor.flatten(1)).view(-1, *self.tensor.shape[1:])
        return torch.cat([x, minibatch_closeness(kernels, gather(kernels)).to(x.dtype)], 1)


class MinibatchStddev(nn.Module):
    """Append a channel (for vectors: a feature) with how much the images of a group differ, one number for each group.

    Args:
        group: images in a group; lowered to the largest divisor of N that is at most this.

    Image i is in group i mod N / group, as in the authors' code.

    Shapes: float [N, C, H, W] to [N, C + 1, H, W], or [N, F] to [N, F + 1].

    Source: Karras et al. 2017, section 3; groups from the authors' code.
    """

    mixes_examples = True

    def __init__(self, group: int = 4) -> None:
        super().__init__()
        self.group = group

    def forward(self, x: Tensor) -> Tensor:
        """Append the standard deviation: [N, C, H, W] to [N, C + 1, H, W], [N, F] to [N, F + 1]."""
        wide = gather(x.float() if x.dtype in (torch.float16, torch.bfloat16) else x)
        size = next(size for size in range(min(self.group, len(wide)), 0, -1) if len(wide) % size == 0)
        groups = wide.reshape(size, -1, *x.shape[1:])
        # The small number keeps the root's gradient finite where all images of a group agree.
        deviations = torch.sqrt(groups.var(0, correction=0) + 1e-8)
        value = local_rows(deviations.flatten(1).mean(1).repeat(size)).to(x.dtype)
        return torch.cat([x, value.view(-1, *(1,) * (x.ndim - 1)).expand(-1, 1, *x.shape[2:])], 1)


class Packing(nn.Module):
    """Stack each few neighbours of a batch along their channels, so that the discriminator judges them together.

    It is the first layer of a discriminator, whose next layer has as many times the channels.

    Args:
        packing: images in a pack, m; the batch size must be a multiple of it.

    Shapes: float [N, C, H, W] to [N / m, m·C, H, W], or [N, F] to [N / m, m·F].

    Source: Lin et al. 2017, section 2.
    """

    def __init__(self, packing: int = 2) -> None:
        super().__init__()
        self.packing = packing

    def forward(self, images: Tensor) -> Tensor:
        """Pack the images; see :func:`pack`."""
        return pack(images, self.packing)


def pack(images: Tensor, packing: int) -> Tensor:
    """Stack each ``packing`` neighbours of a batch along their channels.

    Args:
        images: float [N, C, H, W] or vectors [N, F]; images m·i to m·i + m - 1 make pack i.
        packing: m, a divisor of N.

    Returns:
        [N / m, m·C, H, W] or [N / m, m·F].

    Raises:
        ValueError: when N is not a multiple of ``packing``.

    Source: Lin et al. 2017, section 2.
    """
    if packing == 1:
        return images
    if images.shape[0] % packing:
        raise ValueError(f"A batch of {images.shape[0]} cannot be divided into packs of {packing}")
    return images.reshape(images.shape[0] // packing, packing * images.shape[1], *images.shape[2:])
