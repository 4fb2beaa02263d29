"""Convolutions that halve or double the size of maps, as :mod:`steadygan.layers.resample` has them."""

from typing import Any

import keras

from steadygan.blueprint import Blueprint
from steadygan.keras.layers.resample import LowPassFilter, PixelShuffle
from steadygan.keras.networks.making import Maker

UNSTRIDED_KERNEL = 3


def halved(make: Maker, blueprint: Blueprint, name: str, x: Any, outputs: int, bias: bool) -> Any:
    """Maps [N, S, S, C] halved by a convolution to [N, ceil(S / 2), ceil(S / 2), outputs].

    Args:
        make: makes the layers of the network.
        blueprint: how it is built.
        name: of what it is in the network.
        x: the maps.
        outputs: channels out.
        bias: whether the convolution has one.
    """
    inputs, convolution = x.shape[-1], f"{name}_convolution"
    if blueprint.downsampling != "strided":
        x = make.convolution(convolution, inputs, outputs, UNSTRIDED_KERNEL, bias=bias)(x)
        x = LowPassFilter(name=f"{name}_filter")(x) if blueprint.discriminator_filtered else x
        return pooled(f"{name}_pool", x, blueprint.downsampling)
    kernel = blueprint.strided_kernel
    x = LowPassFilter(name=f"{name}_filter")(x) if blueprint.discriminator_filtered else x
    if kernel % 2 == 0:
        return make.convolution(convolution, inputs, outputs, kernel, stride=2, bias=bias)(x)
    # With an odd kernel and an even size "same" would put the kernel's middle elsewhere than PyTorch's padding.
    padding = (kernel - 1) // 2
    x = keras.layers.ZeroPadding2D(((padding, padding + x.shape[1] % 2),) * 2, "channels_last", name=f"{name}_pad")(x)
    return make.convolution(convolution, inputs, outputs, kernel, stride=2, bias=bias, padding="valid")(x)


def pooled(name: str, x: Any, mode: str = "average-pooling") -> Any:
    """Maps halved by pooling squares of 2x2; at the border of an odd size squares are cut.

    Args:
        name: of the layer.
        x: the maps.
        mode: ``average-pooling`` or ``max-pooling``.
    """
    kind = keras.layers.AveragePooling2D if mode == "average-pooling" else keras.layers.MaxPooling2D
    return kind(2, padding="same", data_format="channels_last", name=name)(x)


def doubled(make: Maker, blueprint: Blueprint, name: str, x: Any, outputs: int, size: int, bias: bool) -> Any:
    """Maps [N, S, S, C] doubled by a convolution, and cropped to [N, size, size, outputs].

    Args:
        make: makes the layers of the network.
        blueprint: how it is built.
        name: of what it is in the network.
        x: the maps.
        outputs: channels out.
        size: 2 S, or one less.
        bias: whether the convolution has one.
    """
    convolution = f"{name}_convolution"
    if blueprint.upsampling == "transposed":
        x = _transposed(make, name, x, outputs, blueprint.strided_kernel, bias)
    elif blueprint.upsampling == "pixel-shuffle":
        x = make.convolution(convolution, x.shape[-1], 4 * outputs, UNSTRIDED_KERNEL, bias=bias, shuffled=True)(x)
        x = PixelShuffle(name=f"{name}_shuffle")(x)
    else:
        x = nearest(f"{name}_nearest", x)
        x = make.convolution(convolution, x.shape[-1], outputs, UNSTRIDED_KERNEL, bias=bias)(x)
    x = LowPassFilter(name=f"{name}_filter")(x) if blueprint.generator_filtered else x
    return cropped(f"{name}_crop", x, size)


def nearest(name: str, x: Any) -> Any:
    """Maps with every pixel repeated to a square of 2x2."""
    return keras.layers.UpSampling2D(2, "channels_last", name=name)(x)


def cropped(name: str, x: Any, size: int, start: int = 0) -> Any:
    """Maps from the row and the column ``start`` on, in that size; as they are if nothing is cut off."""
    rest = x.shape[1] - size - start
    if not start and not rest:
        return x
    return keras.layers.Cropping2D(((start, rest),) * 2, "channels_last", name=name)(x)


def _transposed(make: Maker, name: str, x: Any, outputs: int, kernel: int, bias: bool) -> Any:
    size, even = 2 * x.shape[1], kernel % 2 == 0
    x = make.transposed(f"{name}_convolution", outputs, kernel, bias, "same" if even else "valid")(x)
    # With an odd kernel Keras' "same" would begin at another pixel than PyTorch's padding.
    return x if even else cropped(f"{name}_window", x, size, (kernel - 1) // 2)
