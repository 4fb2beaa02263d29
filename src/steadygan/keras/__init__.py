"""The Keras face of steadygan: the same heuristics on TensorFlow, JAX and PyTorch.

:class:`GAN` trains by a recipe; layers, losses, penalties and functions of labels for models and loops of your own are
in the modules beside it. This is the only part of the package that imports Keras; ``pip install "steadygan[keras]"``
brings it, and TensorFlow or JAX are to be installed beside it.
"""

from steadygan.keras.model import GAN

__all__ = ["GAN"]
