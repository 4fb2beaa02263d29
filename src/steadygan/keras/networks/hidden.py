"""Hidden layers as a blueprint asks for them: normalisation, activation, noise and dropout."""

from typing import Any, NamedTuple

import keras

from steadygan.blueprint import Norm
from steadygan.keras.layers.batch_norm import BatchNormalization
from steadygan.keras.layers.conditional import ConditionalNormalization
from steadygan.keras.layers.stochastic import GaussianNoise, GeneratorDropout
from steadygan.keras.layers.virtual_batch_norm import ReferenceBatchNormalization, VirtualBatchNormalization
from steadygan.keras.networks.making import Maker


class Hidden(NamedTuple):
    """What follows a convolution or a dense layer.

    Attributes:
        make: makes the layers of the network.
        norm: normalisation before the activation; None for none.
        slope: of the activation below 0; 0 is ReLU.
        dropout: share of activations that become 0.
        noise: standard deviation of the noise that is added.
        classes: how many there are, for a conditional normalisation.
    """

    make: Maker
    norm: Norm | None
    slope: float
    dropout: float = 0.0
    noise: float = 0.0
    classes: int = 0

    def without_norm(self) -> "Hidden":
        """The same without normalisation."""
        return self._replace(norm=None)

    def __call__(self, name: str, x: Any, labels: Any = None) -> Any:
        """Apply normalisation, activation, noise and dropout, as far as wanted.

        Args:
            name: of what it is in the network; layers have names that begin with it.
            x: maps [N, H, W, C] or vectors [N, D].
            labels: int [N], for a conditional normalisation.
        """
        if self.norm is not None:
            layer = self._norm(f"{name}_0", self.norm, is_map=len(x.shape) == 4)
            x = layer([x, labels]) if self.norm.conditional else layer(x)
        activation = f"{name}_activation"
        layers = keras.layers
        x = layers.LeakyReLU(self.slope, name=activation)(x) if self.slope > 0 else layers.ReLU(name=activation)(x)
        if self.noise > 0:
            x = GaussianNoise(self.noise, name=f"{name}_noise")(x)
        return GeneratorDropout(self.dropout, name=f"{name}_dropout")(x) if self.dropout > 0 else x

    def _norm(self, name: str, norm: Norm, is_map: bool) -> Any:
        if not norm.conditional:
            return self._unconditional(name, norm, is_map)
        inner = self._unconditional("norm", norm, is_map)
        return ConditionalNormalization(inner, self.classes, name=name)

    def _unconditional(self, name: str, norm: Norm, is_map: bool) -> Any:
        """A normalisation layer, which leaves scale and shift to the classes if the norm is conditional."""
        affine = not norm.conditional
        if norm.kind == "instance":
            if is_map:  # as many groups as channels
                return keras.layers.GroupNormalization(-1, epsilon=norm.eps, center=affine, scale=affine, name=name)
            return keras.layers.LayerNormalization(epsilon=norm.eps, center=affine, scale=affine, name=name)
        scale = self.make.scale()
        if norm.has_reference:
            kind = ReferenceBatchNormalization if norm.kind == "reference-batch" else VirtualBatchNormalization
            return kind(epsilon=norm.eps, center=affine, scale=affine, gamma_initializer=scale, name=name)
        return BatchNormalization(
            momentum=1 - norm.momentum,
            epsilon=norm.eps,
            center=affine,
            scale=affine,
            unbiased=True,
            gamma_initializer=scale,
            name=name,
        )
