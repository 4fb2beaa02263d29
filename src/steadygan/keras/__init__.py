"""The Keras face of steadygan: the same heuristics on TensorFlow, JAX and PyTorch.

This is the only part of the package that imports Keras; ``pip install "steadygan[keras]"`` brings it, and one of the
backends is to be installed beside it.
"""
