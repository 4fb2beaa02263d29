"""Layers that halve or double maps, with sizes that need not be even."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from steadygan.blueprint import Downsampling, Upsampling
from steadygan.layers.convolution import Convolution, TransposedConvolution, convolve_transposed

PLAIN_KERNEL = 3
LOW_PASS = (0.25, 0.5, 0.25)
"""Of odd length, so that maps stay where they are."""


class Downsample(nn.Module):
    """A convolution whose maps are half as large: [N, in, S, S] to [N, out, ceil(S / 2), ceil(S / 2)].

    An odd size is first made even by a row and a column of zeros, so that no pixel is lost.

    Args:
        inputs: channels in.
        outputs: channels out.
        how: by stride, or by pooling after a convolution of stride 1.
        kernel: kernel size where the stride is 2.
        bias: whether the convolution has one.
        filtered: whether a low-pass filter comes before the halving.
    """

    def __init__(
        self, inputs: int, outputs: int, how: Downsampling, kernel: int, bias: bool, filtered: bool = False
    ) -> None:
        super().__init__()
        self.how = how
        self.filtered = filtered
        if how == "strided":
            self.convolution = Convolution(inputs, outputs, kernel, bias=bias, stride=2)
        else:
            self.convolution = Convolution(inputs, outputs, PLAIN_KERNEL, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """Halve the maps."""
        odd = x.shape[-1] % 2
        if self.how == "strided":
            x = low_pass(x) if self.filtered else x
            result: Tensor = self.convolution(F.pad(x, (0, odd, 0, odd)) if odd else x)
            return result
        x = self.convolution(x)
        x = low_pass(x) if self.filtered else x
        pool = F.max_pool2d if self.how == "max-pooling" else F.avg_pool2d
        return pool(x, 2, ceil_mode=True)


class Upsample(nn.Module):
    """A convolution whose maps are twice as large: [N, in, S, S] to [N, out, size, size], size being 2S or 2S - 1.

    Args:
        inputs: channels in.
        outputs: channels out.
        size: height and width that come out.
        how: by a transposed convolution, nearest neighbours before a convolution, or pixel shuffle after one.
        kernel: kernel size where the stride is 2.
        bias: whether the convolution has one.
        filtered: whether a low-pass filter comes after the doubling.
    """

    def __init__(
        self, inputs: int, outputs: int, size: int, how: Upsampling, kernel: int, bias: bool, filtered: bool = False
    ) -> None:
        super().__init__()
        self.how = how
        self.filtered = filtered
        self.size = size
        self.convolution: TransposedConvolution | Convolution
        if how == "transposed":
            self.convolution = TransposedConvolution(inputs, outputs, kernel, bias=bias)
        else:
            channels = 4 * outputs if how == "pixel-shuffle" else outputs
            self.convolution = Convolution(inputs, channels, PLAIN_KERNEL, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """Double the maps, and cut them to size."""
        if self.how == "nearest":
            x = convolve_nearest(x, self.convolution.weight, self.convolution.bias)
        else:
            x = self.convolution(x)
        if self.how == "pixel-shuffle":
            x = F.pixel_shuffle(x, 2)
        x = low_pass(x) if self.filtered else x
        return x if x.shape[-1] == self.size else x[..., : self.size, : self.size]

    def begin_evenly(self) -> None:
        """Change the weights that were drawn so that even maps become even maps, as nearest neighbours leave them."""
        with torch.no_grad():
            weight = self.convolution.weight
            if self.how == "transposed":
                weight.copy_(even_kernel(weight))
            elif self.how == "pixel-shuffle":
                weight.copy_(weight[::4].repeat_interleave(4, 0))


def low_pass(x: Tensor) -> Tensor:
    """Maps without their finest waves: convolved with [1, 2, 1] / 4 along both axes, zeros beyond the border.

    The wave of period 2 along an axis, which is what a doubling's four kinds of pixels can disagree by, has no power
    left in the result, because 1 - 2 + 1 = 0.

    Args:
        x: float [N, C, H, W].

    Returns:
        float [N, C, H, W].

    Source: Zhang 2019, section 3.2 (Tri-3); the place beside a doubling is that of Karras et al. 2020, appendix B.
    """
    channels = x.shape[1]
    along = x.new_tensor(LOW_PASS)
    kernel = torch.outer(along, along).expand(channels, 1, len(LOW_PASS), len(LOW_PASS))
    return F.conv2d(x, kernel.contiguous(), padding=len(LOW_PASS) // 2, groups=channels)


def even_kernel(weight: Tensor) -> Tensor:
    """A kernel for a transposed convolution of stride 2 that leaves even maps even, from one that was drawn.

    Convolved with a square of ones, weights add up to the same sum at each of the four places of a square of pixels.

    Args:
        weight: [C, O, K, K], K at least 2, of which all but the last row and column are used.

    Returns:
        [C, O, K, K], of the same spread.

    Source: after Aitken et al. 2017, whose layer is a pixel shuffle.
    """
    size = weight.shape[-1]
    drawn = weight[..., : size - 1, : size - 1]
    summed = F.pad(drawn, (0, 1)) + F.pad(drawn, (1, 0))
    summed = F.pad(summed, (0, 0, 0, 1)) + F.pad(summed, (0, 0, 1, 0))
    # Along each axis 2 (K - 1) numbers were added up in K places.
    return summed * (size / (2 * (size - 1)))


def convolve_nearest(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """A convolution of maps that were doubled by nearest neighbours, in 16 of its 36 multiplications for a pixel.

    Two of three taps of the kernel always meet copies of one pixel. With these added up, what is left is a transposed
    convolution with a kernel of 4 and stride 2, [w2, w1 + w2, w0 + w1, w0] along each axis, so that nothing is ever
    computed twice and the doubled maps are never made.

    Args:
        x: float [N, C, H, W].
        weight: [O, C, 3, 3], as :func:`torch.nn.functional.conv2d` takes it.
        bias: [O].

    Returns:
        [N, O, 2H, 2W]: ``conv2d(interpolate(x, scale_factor=2, mode="nearest"), weight, bias, padding=1)``.

    Source: the layer is that of Odena et al. 2016, section on better upsampling.
    """
    taps = weight.flip(2, 3).transpose(0, 1)
    taps = F.pad(taps, (0, 1)) + F.pad(taps, (1, 0))
    taps = F.pad(taps, (0, 0, 0, 1)) + F.pad(taps, (0, 0, 1, 0))
    return convolve_transposed(x, taps, bias, stride=2, padding=1)
