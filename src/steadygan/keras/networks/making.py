"""How layers with weights are made for one network: their initial weights, and what rescales them."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from steadygan.blueprint import Blueprint
from steadygan.keras.initialisers import ICNR
from steadygan.keras.layers.rescaling import rescaled
from steadygan.keras.networks.drawing import Drawn
from steadygan.vocabulary import Player

Draw = Callable[[], Any]
"""Makes an initialiser of weights, a new one for each layer, so that no two layers of one shape start alike."""


def glorot(gain: float = 1.0) -> Draw:
    """Glorot's uniform initial weights, times a gain."""
    return lambda: Drawn(gain, uniform=True, fan="average")


def normal(std: float, mean: float = 0.0) -> Draw:
    """Initial weights of N(mean, std²)."""
    return lambda: Drawn(std, mean)


def uniform() -> Draw:
    """PyTorch's initial weights: uniform up to 1 / √fan-in."""
    return lambda: Drawn(1 / math.sqrt(3), uniform=True, fan="in")


@dataclass(frozen=True)
class Maker:
    """Makes the layers of one network that have weights.

    Attributes:
        std: standard deviation of normal initial weights; None leaves each layer its own.
        equalised: whether weights start from N(0, 1) and are scaled by He's constant at run time.
        spectral: power iterations of spectral normalisation; 0 for none.
        icnr: whether layers that double maps start as nearest-neighbour upsampling and a convolution.
    """

    std: float | None = None
    equalised: bool = False
    spectral: int = 0
    icnr: bool = False

    def dense(self, name: str, inputs: int, outputs: int, bias: bool = True, weights: Draw | None = None) -> Any:
        """A dense layer.

        Args:
            name: of the layer.
            inputs: numbers in.
            outputs: numbers out.
            bias: whether it has one.
            weights: at the start, with biases of 0; PyTorch's of both when None.
        """
        return self._rescaled(
            keras.layers.Dense(
                outputs,
                use_bias=bias,
                kernel_initializer=self.kernel(weights),
                bias_initializer=self.bias(inputs, weights),
                name=name,
            )
        )

    def convolution(
        self,
        name: str,
        inputs: int,
        outputs: int,
        kernel: int,
        stride: int = 1,
        bias: bool = True,
        weights: Draw | None = None,
        padding: str = "same",
        shuffled: bool = False,
        groups: int = 1,
    ) -> Any:
        """A convolution.

        Args:
            name: of the layer.
            inputs: channels in.
            outputs: channels out.
            kernel: height and width of the kernel.
            stride: by which factor maps become smaller.
            bias: whether it has one.
            weights: as for :meth:`dense`.
            padding: ``same`` or ``valid``.
            shuffled: whether a pixel shuffle follows.
            groups: divides both numbers of channels.
        """
        drawn = self.kernel(weights)
        return self._rescaled(
            keras.layers.Conv2D(
                outputs,
                kernel,
                strides=stride,
                padding=padding,
                data_format="channels_last",
                groups=groups,
                use_bias=bias,
                kernel_initializer=self._doubling(drawn, transposed=False) if shuffled else drawn,
                bias_initializer=self.bias(inputs // groups * kernel**2, weights),
                name=name,
            )
        )

    def transposed(self, name: str, outputs: int, kernel: int, bias: bool, padding: str) -> Any:
        """A transposed convolution of stride 2.

        Args:
            name: of the layer.
            outputs: channels out.
            kernel: height and width of the kernel.
            bias: whether it has one.
            padding: ``same`` or ``valid``.
        """
        return self._rescaled(
            keras.layers.Conv2DTranspose(
                outputs,
                kernel,
                strides=2,
                padding=padding,
                data_format="channels_last",
                use_bias=bias,
                kernel_initializer=self._doubling(self.kernel(), transposed=True),
                bias_initializer=self.bias(outputs * kernel**2),
                name=name,
            )
        )

    def kernel(self, weights: Draw | None = None) -> Any:
        """Initial weights of a dense layer or a convolution; PyTorch's when nothing else is wanted."""
        return (weights or uniform() if self.std is None else normal(self.std))()

    def bias(self, fan_in: int, weights: Draw | None = None) -> Any:
        """Initial biases of a dense layer or a convolution."""
        if self.std is not None or weights is not None:
            return keras.initializers.Zeros()
        return Drawn(1 / math.sqrt(3 * fan_in), uniform=True)

    def scale(self) -> Any:
        """Initial scales of batch normalisation, with a reference batch or without."""
        return keras.initializers.Ones() if self.std is None else normal(self.std, 1.0)()

    def _doubling(self, drawn: Any, transposed: bool) -> Any:
        return ICNR("transposed" if transposed else "pixel-shuffle", drawn) if self.icnr else drawn

    def _rescaled(self, layer: Any) -> Any:
        wrapped = rescaled(layer, self.equalised, self.spectral)
        if self.equalised:  # which has replaced the initial weights by Keras' own
            layer.kernel_initializer = normal(1.0)()
        return wrapped


def maker_for(player: Player, blueprint: Blueprint, ignored: frozenset[str] = frozenset()) -> Maker:
    """What makes the layers of a player's network.

    Args:
        player: whose network it is.
        blueprint: how the networks are built.
        ignored: fields of the blueprint that change nothing in it.
    """
    spectral = f"{player}_spectral"
    return Maker(
        std=None if "init_std" in ignored else blueprint.init_std,
        equalised=blueprint.equalised and "equalised" not in ignored,
        spectral=0 if spectral in ignored else getattr(blueprint, spectral),
        icnr=player is Player.GENERATOR and blueprint.icnr_init and "icnr_init" not in ignored,
    )
