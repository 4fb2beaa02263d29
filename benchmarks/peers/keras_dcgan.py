"""The same networks and losses in Keras 3 on TensorFlow, with a custom train_step, as a compiled graph.

    KERAS_BACKEND=tensorflow python -m peers.keras_dcgan WORKLOAD float32|mixed_bfloat16

It needs Keras, TensorFlow and NumPy, but neither PyTorch nor steadygan.
"""

import os
import sys
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from peers.step_server import StepServer
from workloads import BASE, KERNEL, Workload

RATE, BETA, STD, SLOPE = 2e-4, 0.5, 0.02, 0.2
IMAGES = 1024


def _convolution(filters: int, kernel: int, stride: int, padding: str) -> Any:
    weights = keras.initializers.RandomNormal(0.0, STD)
    return layers.Conv2D(filters, kernel, stride, padding, use_bias=False, kernel_initializer=weights)


def _transposed(filters: int, kernel: int, stride: int, padding: str) -> Any:
    weights = keras.initializers.RandomNormal(0.0, STD)
    return layers.Conv2DTranspose(filters, kernel, stride, padding, use_bias=False, kernel_initializer=weights)


def _normal() -> Any:
    # a momentum of 0.1 in PyTorch is one of 0.9 in Keras
    return layers.BatchNormalization(
        momentum=0.9, epsilon=1e-5, gamma_initializer=keras.initializers.RandomNormal(1, STD)
    )


def discriminator(workload: Workload) -> Any:
    """A discriminator from images to probabilities [N, 1], fp32."""
    chain = [keras.Input((workload.size, workload.size, workload.channels))]
    for place, width in enumerate(workload.widths):
        chain += [_convolution(width, KERNEL, 2, "same"), *([_normal()] if place else []), layers.LeakyReLU(SLOPE)]
    chain += [_convolution(1, BASE, 1, "valid"), layers.Flatten(), layers.Activation("sigmoid", dtype="float32")]
    return keras.Sequential(chain)


def generator(workload: Workload) -> Any:
    """A generator from latents [N, D] to images in [-1, 1], fp32."""
    widths = workload.widths[::-1]
    chain = [keras.Input((workload.latent,)), layers.Reshape((1, 1, workload.latent))]
    chain += [_transposed(widths[0], BASE, 1, "valid"), _normal(), layers.ReLU()]
    for width in widths[1:]:
        chain += [_transposed(width, KERNEL, 2, "same"), _normal(), layers.ReLU()]
    chain += [_transposed(workload.channels, KERNEL, 2, "same"), layers.Activation("tanh", dtype="float32")]
    return keras.Sequential(chain)


class Dcgan(keras.Model):  # type: ignore[misc]
    """Both players, whose step fit and train_on_batch call.

    Args:
        workload: the sizes of the networks and of the batch.
    """

    def __init__(self, workload: Workload) -> None:
        super().__init__()
        self.workload = workload
        self.generator, self.discriminator = generator(workload), discriminator(workload)
        self.generator_optimizer, self.discriminator_optimizer = (keras.optimizers.Adam(RATE, BETA) for _ in range(2))
        self.generator_optimizer.build(self.generator.trainable_variables)
        self.discriminator_optimizer.build(self.discriminator.trainable_variables)
        self.entropy = keras.losses.BinaryCrossentropy()
        self.built = True

    def train_step(self, data: Any) -> dict[str, Any]:
        """Train both players once."""
        real = data[0] if isinstance(data, tuple | list) else data
        ones, zeros = tf.ones((len_of(real), 1)), tf.zeros((len_of(real), 1))
        latents = tf.random.normal((len_of(real), self.workload.latent))
        with tf.GradientTape() as of_generator:
            fake = self.generator(latents, training=True)
            with tf.GradientTape() as of_discriminator:
                on_real = self.discriminator(real, training=True)
                on_fake = self.discriminator(tf.stop_gradient(fake), training=True)
                loss = self.entropy(ones, on_real) + self.entropy(zeros, on_fake)
            weights = self.discriminator.trainable_variables
            self.discriminator_optimizer.apply(of_discriminator.gradient(loss, weights), weights)
            answer = self.entropy(ones, self.discriminator(fake, training=True))
        weights = self.generator.trainable_variables
        self.generator_optimizer.apply(of_generator.gradient(answer, weights), weights)
        return {"loss_d": loss, "loss_g": answer}


def len_of(images: Any) -> Any:
    """The number of images in a batch, which is known only when the graph runs."""
    return tf.shape(images)[0]


def main() -> None:
    workload = Workload.read(sys.argv[1])
    keras.mixed_precision.set_global_policy(sys.argv[2])
    keras.utils.set_random_seed(0)
    model = Dcgan(workload)
    model.compile()
    count = max(IMAGES, workload.batch)
    shape = (count, workload.size, workload.size, workload.channels)
    images = np.tanh(np.random.default_rng(0).standard_normal(shape, dtype=np.float32))
    place = 0

    def step() -> None:
        nonlocal place
        answer = model.train_on_batch(images[place : place + workload.batch], return_dict=True)
        assert np.isfinite(float(answer["loss_d"]))
        place = (place + workload.batch) % (count - workload.batch + 1)

    trained = (*model.generator.trainable_variables, *model.discriminator.trainable_variables)
    StepServer({"parameters": int(sum(np.prod(each.shape) for each in trained))}).serve(step)


if __name__ == "__main__":
    main()
