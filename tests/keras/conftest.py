from importlib.util import find_spec

import pytest


@pytest.fixture(autouse=True)
def _seeded_keras() -> None:
    """The same random numbers from Keras, NumPy and Python in every run, whatever tests came before."""
    if find_spec("keras"):
        import keras

        keras.utils.set_random_seed(0)
