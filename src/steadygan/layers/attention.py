"""Self-attention over the pixels of a map."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class SelfAttention(nn.Module):
    """Let each pixel look at all others: y = x + γ · v(Σ_j softmax_j(f(x_j) · g(x_i)) h(x_j)), with γ = 0 at first.

    Keys f and values h are halved in size by max pooling, as in the authors' code; f and g have C / 8 channels, h has
    C / 2. An odd size is rounded up.

    Args:
        channels: C.

    Shapes: float [N, C, H, W], and the same comes out.

    Source: Zhang et al. 2018, equations 1 to 3.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.keys = nn.Conv2d(channels, max(1, channels // 8), 1, bias=False)
        self.queries = nn.Conv2d(channels, max(1, channels // 8), 1, bias=False)
        self.values = nn.Conv2d(channels, max(1, channels // 2), 1, bias=False)
        self.outputs = nn.Conv2d(max(1, channels // 2), channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        """Add what each pixel attends to."""
        keys, values = (F.max_pool2d(layer(x), 2, ceil_mode=True).flatten(2) for layer in (self.keys, self.values))
        weights = torch.softmax(self.queries(x).flatten(2).transpose(1, 2) @ keys, 2)  # [N, pixels, pooled pixels]
        seen = (values @ weights.transpose(1, 2)).reshape(x.shape[0], -1, *x.shape[2:])
        attended: Tensor = x + self.gamma.to(x.dtype) * self.outputs(seen)
        return attended
