"""The networks of the package as Keras models, built from a blueprint."""

from steadygan.keras.networks.build import Networks, build
from steadygan.keras.networks.outputs import outputs_of

__all__ = ["Networks", "build", "outputs_of"]
