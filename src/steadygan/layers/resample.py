"""Layers that halve or double the size of maps, which need not be even."""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from steadygan.layers.kernels.convolution import Convolution, TransposedConvolution, convolve_transposed

DownsampleMode = Literal["max-pooling", "strided", "average-pooling"]
UpsampleMode = Literal["nearest", "transposed", "pixel-shuffle"]

UNSTRIDED_KERNEL = 3
LOW_PASS_TAPS = 3
"""An odd number, so that maps stay where they are."""


class Downsample(nn.Module):
    """A convolution that halves the size of maps: [N, in, S, S] to [N, out, ceil(S / 2), ceil(S / 2)].

    An odd size is first made even by a row and a column of zeros, so that no pixel is lost.

    Args:
        in_channels: channels in.
        out_channels: channels out.
        mode: ``strided`` for a convolution of stride 2, or max or average pooling after a 3x3 convolution of stride 1.
        kernel_size: of the strided convolution; ignored in the other modes.
        bias: whether the convolution has one.
        filtered: whether a low-pass filter comes before the halving.

    Source: Radford et al. 2015, section 3 (strided); the filter is that of Zhang 2019, section 3.2.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        mode: DownsampleMode = "strided",
        kernel_size: int = 4,
        bias: bool = True,
        filtered: bool = False,
    ) -> None:
        super().__init__()
        self.mode = mode
        self.filtered = filtered
        if mode == "strided":
            self.convolution = Convolution(in_channels, out_channels, kernel_size, bias=bias, stride=2)
        else:
            self.convolution = Convolution(in_channels, out_channels, UNSTRIDED_KERNEL, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """Halve the maps."""
        odd = x.shape[-1] % 2
        if self.mode == "strided":
            x = low_pass(x) if self.filtered else x
            result: Tensor = self.convolution(F.pad(x, (0, odd, 0, odd)) if odd else x)
            return result
        x = self.convolution(x)
        x = low_pass(x) if self.filtered else x
        pool = F.max_pool2d if self.mode == "max-pooling" else F.avg_pool2d
        return pool(x, 2, ceil_mode=True)


class Upsample(nn.Module):
    """A convolution that doubles the size of maps: [N, in, S, S] to [N, out, 2S, 2S].

    Args:
        in_channels: channels in.
        out_channels: channels out.
        mode: ``nearest`` repeats pixels before a 3x3 convolution (a resize-convolution), ``pixel-shuffle`` rearranges
            the channels after one, and ``transposed`` is a transposed convolution of stride 2.
        kernel_size: of the transposed convolution; ignored in the other modes.
        bias: whether the convolution has one.
        filtered: whether a low-pass filter comes after the doubling.
        size: height and width that come out, where it is 2S - 1 for an odd size; None for 2S.

    Source: Radford et al. 2015, section 3 (transposed); Odena et al. 2016 (nearest); Shi et al. 2016, section 3.2
    (pixel shuffle).
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        mode: UpsampleMode = "nearest",
        kernel_size: int = 4,
        bias: bool = True,
        filtered: bool = False,
        size: int | None = None,
    ) -> None:
        super().__init__()
        self.mode = mode
        self.filtered = filtered
        self.size = size
        self.convolution: TransposedConvolution | Convolution
        if mode == "transposed":
            self.convolution = TransposedConvolution(in_channels, out_channels, kernel_size, bias=bias)
        else:
            channels = 4 * out_channels if mode == "pixel-shuffle" else out_channels
            self.convolution = Convolution(in_channels, channels, UNSTRIDED_KERNEL, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """Double the maps, and crop them to ``size`` if one was given."""
        if self.mode == "nearest":
            x = convolve_nearest(x, self.convolution.weight, self.convolution.bias)
        else:
            x = self.convolution(x)
        if self.mode == "pixel-shuffle":
            x = F.pixel_shuffle(x, 2)
        x = low_pass(x) if self.filtered else x
        return x if self.size in (None, x.shape[-1]) else x[..., : self.size, : self.size]

    def icnr_init_(self) -> None:
        """Change the drawn weights in place so that constant maps become constant maps, as nearest neighbours do."""
        with torch.no_grad():
            weight = self.convolution.weight
            if self.mode == "transposed":
                weight.copy_(checkerboard_free_kernel(weight))
            elif self.mode == "pixel-shuffle":
                weight.copy_(weight[::4].repeat_interleave(4, 0))


class LowPassFilter(nn.Module):
    """Remove the finest waves of maps by the filter [1, 2, 1] / 4 along both axes; see :func:`low_pass`.

    Shapes: float [N, C, H, W], and the same comes out.

    Source: Zhang 2019, section 3.2 (Tri-3).
    """

    def forward(self, x: Tensor) -> Tensor:
        """Filter the maps."""
        return low_pass(x)


def low_pass(x: Tensor) -> Tensor:
    """Remove the finest waves of maps: convolve them with [1, 2, 1] / 4 along both axes, zeros beyond the border.

    The wave of period 2 along an axis, which is the checkerboard that a doubling leaves, has no power left in the
    result, because 1 - 2 + 1 = 0.

    Args:
        x: float [N, C, H, W].

    Returns:
        float [N, C, H, W].

    Source: Zhang 2019, section 3.2 (Tri-3); it is put after a doubling as in Karras et al. 2020, appendix B.
    """
    channels = x.shape[1]
    # Made on the device: a constant from the CPU would be waited for.
    quarters = x.new_full((LOW_PASS_TAPS,), 0.25)
    along = quarters + F.pad(quarters[:1], (1, 1))
    kernel = torch.outer(along, along).expand(channels, 1, LOW_PASS_TAPS, LOW_PASS_TAPS)
    return F.conv2d(x, kernel.contiguous(), padding=LOW_PASS_TAPS // 2, groups=channels)


def checkerboard_free_kernel(weight: Tensor) -> Tensor:
    """Change a kernel of a transposed convolution of stride 2 so that constant maps become constant maps.

    The weights are convolved with a square of ones, after which they add up to the same sum at each of the four pixels
    of a square of 2x2.

    Args:
        weight: [C, O, K, K], K at least 2, of which all but the last row and column are used.

    Returns:
        [C, O, K, K], of the same standard deviation.

    Source: after Aitken et al. 2017, whose layer is a pixel shuffle.
    """
    size = weight.shape[-1]
    drawn = weight[..., : size - 1, : size - 1]
    summed = F.pad(drawn, (0, 1)) + F.pad(drawn, (1, 0))
    summed = F.pad(summed, (0, 0, 0, 1)) + F.pad(summed, (0, 0, 1, 0))
    # Along each axis 2 (K - 1) numbers were added up in K places.
    return summed * (size / (2 * (size - 1)))


def convolve_nearest(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Convolve maps that were doubled by nearest neighbours, with 16 multiplications for a pixel instead of 36.

    Two of three taps of the kernel always meet copies of the same pixel. Added up, they make a transposed convolution
    with a kernel of 4 and stride 2, [w2, w1 + w2, w0 + w1, w0] along each axis, so that nothing is computed twice and
    the doubled maps are never stored.

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
