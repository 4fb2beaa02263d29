"""Generators in folders of runs and in files of Keras, loaded by their path."""

import os
from pathlib import Path

from steadygan.errors import SteadyganError
from steadygan.runs.export import TrainedGenerator, load_generator
from steadygan.runs.folder import RunFolder


def is_keras_file(path: Path) -> bool:
    """Whether a path is that of a file of Keras, there or not."""
    return path.suffix == ".keras" and not path.is_dir()


def trained_generator(path: Path) -> TrainedGenerator:
    """The generator of a run, or that of a file of Keras.

    Args:
        path: of a folder that training made, of one with a copy of its generator, or of a ``.keras`` file.

    Raises:
        SteadyganError: when there is none, it cannot be rebuilt, or Keras is not installed.
    """
    if not is_keras_file(path):
        return load_generator(RunFolder(path))
    # Any backend can make images, and this one is always there.
    os.environ.setdefault("KERAS_BACKEND", "torch")
    try:
        from steadygan.keras import sampling
    except ImportError as error:
        needed = "it needs the library keras; install it with pip install 'steadygan[keras]'"
        raise SteadyganError(f"Cannot read '{path}': {needed if error.name == 'keras' else error}") from None
    return sampling.load_generator(path)
