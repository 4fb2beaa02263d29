"""Trains the recipe `steady` as a contestant: with the Keras face of this package, in plain Keras, or without Keras.

    KERAS_BACKEND=jax python -m peers.keras_gan WORKLOAD face|plain|plain-networks
    python -m peers.keras_gan WORKLOAD package fp32|auto

The face and plain Keras train by ``fit`` on the same images; ``plain-networks`` is plain Keras with the networks of the
face. A request for one step makes a cycle of four, because the penalties come in every fourth.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from peers.step_server import StepServer
from workloads import Workload

CYCLE = 4
IMAGES = 8192
FOREVER = 10**9
RECIPE = "steady"


def random_images(workload: Workload) -> "np.ndarray[Any, Any]":
    """Images in [-1, 1], float32 [N, H, W, C]; an epoch has a whole number of cycles."""
    in_a_cycle = 2 * CYCLE * workload.batch
    shape = (max(1, IMAGES // in_a_cycle) * in_a_cycle, workload.size, workload.size, workload.channels)
    return np.tanh(np.random.default_rng(0).standard_normal(shape, dtype=np.float32))


def recipe_for(workload: Workload) -> Any:
    """The recipe with the batch and the width of the workload."""
    import steadygan as sg

    return sg.recipe(RECIPE).change(values={"batch": workload.batch, "width": workload.filters})


def gate(server: StepServer) -> Any:
    """A callback that stops ``fit`` after as many cycles as the race asks for, until it asks for more."""
    import keras

    class Gate(keras.callbacks.Callback):  # type: ignore[misc]
        """Counts at the beginning of batches, where Keras waits for nothing."""

        asked = made = 0

        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            """Answer, and wait for the next request."""
            if self.made == self.asked:
                if self.asked:
                    keras.ops.convert_to_numpy(self.model.trainable_variables[0])  # waits for the device
                    server.answer(self.asked // CYCLE)
                self.asked, self.made = CYCLE * server.read_request(), 0
            self.made += 1

    return Gate()


def face(workload: Workload) -> None:
    """Train with the package's Keras face."""
    from steadygan.keras.model import GAN

    shape = (workload.size, workload.size, workload.channels)
    gan = GAN(recipe_for(workload), shape=shape)
    gan.compile()
    gan.fit(random_images(workload), epochs=FOREVER, verbose=0, callbacks=[gate(StepServer({}))])


def plain(workload: Workload, own_layers: bool) -> None:
    """Train in plain Keras.

    Args:
        workload: the sizes.
        own_layers: whether the networks are made of Keras' layers alone, instead of the face's networks.
    """
    from peers import keras_plain

    shape, width = (workload.size, workload.size, workload.channels), workload.filters
    if own_layers:
        players = keras_plain.generator(shape, width, slope=0.0), keras_plain.discriminator(shape, width)
    else:
        from steadygan.keras.networks import build

        recipe = recipe_for(workload)
        made = build(recipe.network, recipe.blueprint, shape, keras_plain.LATENT, width, seed=0)
        players = made.generator, made.discriminator
    model = keras_plain.Gan(players)
    images = random_images(workload)
    callbacks = [gate(StepServer({}))]
    model.fit(images, batch_size=2 * workload.batch, epochs=FOREVER, verbose=0, callbacks=callbacks)


def package(workload: Workload, precision: str) -> None:
    """Make the package's own steps on PyTorch."""
    import torch

    from steadygan.data import prepare
    from steadygan.settings import TrainingSettings
    from steadygan.training.device import resolve_settings
    from steadygan.training.session import CustomNetworks, new_players
    from steadygan.training.step import step

    images = ((random_images(workload) + 1) * 127.5).round().astype(np.uint8)
    training = TrainingSettings.model_validate({"device": "cpu", "precision": precision})
    with tempfile.TemporaryDirectory() as cache:
        data = prepare(images, cache=Path(cache))
        training = resolve_settings(training)
        state, _ = new_players(recipe_for(workload), data, CustomNetworks(), torch.device("cpu"), training)

        def cycle() -> None:
            for _ in range(CYCLE):
                step(state)

        StepServer({"bf16": float(state.precision == "bf16")}).serve(cycle)


def main() -> None:
    from steadygan import keep_memory

    text, kind, *precision = sys.argv[1:]
    workload = Workload.read(text)
    keep_memory()  # for all contestants: how often the C library asks for memory is luck otherwise
    if kind == "face":
        face(workload)
    elif kind == "package":
        package(workload, *precision)
    else:
        plain(workload, own_layers=kind == "plain")


if __name__ == "__main__":
    main()
