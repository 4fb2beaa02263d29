"""The Keras face of steadygan: the same heuristics on TensorFlow, JAX and PyTorch.

:class:`GAN` trains by a recipe, :class:`RunLogger` writes its run folder, :class:`DoctorCallback` says what goes wrong,
and :func:`export` makes a Keras model of a run's generator; layers, losses, penalties and functions of labels for
models and loops of your own are in the modules beside it. This is the only part of the package that imports Keras;
``pip install "steadygan[keras]"`` brings it, and TensorFlow or JAX are to be installed beside it.
"""

try:
    import keras as keras
except ImportError as error:
    raise ImportError(
        "steadygan.keras needs Keras, which is not installed here; pip install 'steadygan[keras]'"
    ) from error

from steadygan.keras.callback import RunLogger
from steadygan.keras.doctor_callback import DoctorCallback
from steadygan.keras.export import export
from steadygan.keras.frozen import frozen
from steadygan.keras.labels import flip_labels, smooth_labels, soft_labels
from steadygan.keras.model import GAN
from steadygan.keras.scaling import scaled, unscaled

__all__ = [
    "GAN",
    "DoctorCallback",
    "RunLogger",
    "export",
    "flip_labels",
    "frozen",
    "scaled",
    "smooth_labels",
    "soft_labels",
    "unscaled",
]
