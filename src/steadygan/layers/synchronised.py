"""Batch normalisation whose batch is shared among processes."""

import torch
from torch import Tensor, nn

from steadygan.distributed import all_gather, current_sharding, world_size
from steadygan.layers.kernels.joint_batches import per_batch

_BatchNorm = nn.modules.batchnorm._BatchNorm


class Synchronised:
    """What a batch normalisation becomes where others have parts of its batch: one with the statistics of all parts.

    It is put before the class of the layer (see :func:`synchronise_`) and changes nothing outside of
    :func:`steadygan.distributed.sharded`. Each process sends the mean and the variance of its part. All of it are plain
    operations, so derivatives of any order flow through every part.
    """

    def forward(self: _BatchNorm, x: Tensor) -> Tensor:  # type: ignore[misc]
        """Normalise [N, C, ...] by the mean and the variance of the whole batch, in float32."""
        if current_sharding() is None or not (self.training or self.running_mean is None):
            normal: Tensor = super().forward(x)  # type: ignore[misc]
            return normal
        return per_batch(lambda batch: _by_all(self, batch), x, getattr(self, "batches", 1))


def synchronise_(network: nn.Module) -> None:
    """Let every batch normalisation of a network take the statistics of all processes; in place.

    Parameters, buffers and their names stay as they are.

    Args:
        network: anyone's.
    """
    for module in network.modules():
        kind = type(module)
        if isinstance(module, _BatchNorm) and not isinstance(module, Synchronised | nn.SyncBatchNorm):
            module.__class__ = type(f"Synchronised{kind.__name__}", (Synchronised, kind), {})


def _by_all(norm: _BatchNorm, x: Tensor) -> Tensor:
    wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
    parts = torch.stack(torch.var_mean(wide, [0, *range(2, x.ndim)], correction=0))
    variances, means = all_gather(parts.unsqueeze(0)).unbind(1)
    mean = means.mean(0)
    variance = variances.mean(0) + (means - mean).square().mean(0)
    _remember(norm, mean, variance, x.numel() // x.shape[1] * world_size())
    shape = (-1, *(1,) * (x.ndim - 2))
    scale = torch.rsqrt(variance + norm.eps)
    if norm.weight is not None:
        scale = scale * norm.weight
    normal = (wide - mean.view(shape)) * scale.view(shape)
    if norm.bias is not None:
        normal = normal + norm.bias.view(shape)
    return normal.to(x.dtype)


@torch.no_grad()
def _remember(norm: _BatchNorm, mean: Tensor, variance: Tensor, count: int) -> None:
    """Move the running statistics as PyTorch does: with the unbiased variance."""
    if norm.running_mean is None or norm.running_var is None or norm.num_batches_tracked is None:
        return
    norm.num_batches_tracked.add_(1)
    share = 1.0 / float(norm.num_batches_tracked) if norm.momentum is None else norm.momentum
    norm.running_mean.lerp_(mean, share)
    norm.running_var.lerp_(variance * (count / max(count - 1, 1)), share)
