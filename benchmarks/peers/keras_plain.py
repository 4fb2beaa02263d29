"""The recipe `steady` in Keras by hand, without this package: what its Keras face is compared with.

Each backend has a ``train_step`` of its own, as the guides of Keras write it: a relativistic loss, R1 and R2 every
fourth step, Adam for both players, fakes used in both moves, other reals in the second one, and an average of the
generator. Nothing but Keras, its backend and NumPy is imported.
"""

from typing import Any

import keras
from keras import layers, ops

LATENT, SLOPE, STD, MOMENTUM, EPSILON = 100, 0.2, 0.02, 0.9, 1e-5
GAMMA, EVERY = 0.02, 4
RATE, BETAS, ADAM_EPSILON = 5e-4, (0.0, 0.99), 1e-8
HALF_LIFE, RAMP_UP = 10_000.0, 0.05
MOST_DOUBLINGS, BASE = 3, 4
BACKEND = keras.backend.backend()


# --- networks


def sizes(side: int) -> list[int]:
    """Sizes of the maps from the image to the smallest."""
    chain = [side]
    while chain[-1] > BASE:
        chain.append((chain[-1] + 1) // 2)
    return chain


def _weights(mean: float = 0.0) -> Any:
    return keras.initializers.RandomNormal(mean, STD)


def _norm() -> Any:
    return layers.BatchNormalization(momentum=MOMENTUM, epsilon=EPSILON, gamma_initializer=_weights(1.0))


def generator(shape: tuple[int, int, int], width: int, slope: float) -> Any:
    """From latents [N, D] to images in [-1, 1]; a slope of 0 is ReLU."""
    chain = sizes(shape[0])
    depth = [shape[2], *(width * 2 ** min(level, MOST_DOUBLINGS) for level in range(len(chain) - 1))]

    def active() -> Any:
        return layers.LeakyReLU(slope) if slope else layers.ReLU()

    made = [keras.Input((LATENT,)), layers.Dense(depth[-1] * BASE**2, use_bias=False, kernel_initializer=_weights())]
    made += [layers.Reshape((BASE, BASE, depth[-1])), _norm(), active()]
    for level in range(len(chain) - 2, -1, -1):
        last = level == 0
        convolution = layers.Conv2D(depth[level], 3, padding="same", use_bias=last, kernel_initializer=_weights())
        made += [layers.UpSampling2D(2), convolution]
        if 2 * chain[level + 1] > chain[level]:
            made.append(layers.Cropping2D(((0, 1), (0, 1))))
        made += [layers.Activation("tanh")] if last else [_norm(), active()]
    return keras.Sequential(made, name="generator")


def discriminator(shape: tuple[int, int, int], width: int) -> Any:
    """From images to logits [N, 1]."""
    made = [keras.Input(shape)]
    for level in range(len(sizes(shape[0])) - 1):
        filters = width * 2 ** min(level, MOST_DOUBLINGS)
        made.append(layers.Conv2D(filters, 4, 2, "same", use_bias=level == 0, kernel_initializer=_weights()))
        made += [*([_norm()] if level else []), layers.LeakyReLU(SLOPE)]
    made += [layers.Flatten(), layers.Dense(1, kernel_initializer=_weights())]
    return keras.Sequential(made, name="discriminator")


# --- what all backends share


class Pair(keras.optimizers.Optimizer):  # type: ignore[misc]
    """Two Adams, which Keras' state on JAX sees as one."""

    def __init__(self, of_generator: list[Any], of_discriminator: list[Any]) -> None:
        super().__init__(learning_rate=RATE)
        self.generator, self.discriminator = (
            keras.optimizers.Adam(RATE, *BETAS, epsilon=ADAM_EPSILON) for _ in range(2)
        )
        self.generator.build(of_generator)
        self.discriminator.build(of_discriminator)
        super().build([])

    @property
    def variables(self) -> list[Any]:
        """Those of both."""
        return [*self.generator.variables, *self.discriminator.variables]


class Plain(keras.Model):  # type: ignore[misc]
    """Both players; a batch has the real images of D's move and then as many others for G's.

    Args:
        players: the generator and the discriminator.
    """

    def __init__(self, players: tuple[Any, Any]) -> None:
        super().__init__()
        self.generator, self.discriminator = players
        self.averaged = keras.models.clone_model(self.generator)
        self.averaged.set_weights(self.generator.get_weights())
        self.averaged.trainable = False
        self.clock = self.add_weight(shape=(), initializer="zeros", trainable=False, name="clock")
        self.seed = keras.random.SeedGenerator(0)
        self.losses_seen = [keras.metrics.Mean(name=f"{name}/loss") for name in ("discriminator", "generator")]
        self.built = True
        self.compile(
            optimizer=Pair(self.generator.trainable_variables, self.discriminator.trainable_variables),
            jit_compile="auto",
        )

    @property
    def metrics(self) -> list[Any]:
        """What ``fit`` shows and resets."""
        return self.losses_seen

    def parts(self, data: Any) -> tuple[Any, Any, Any]:
        """Reals of both moves, and latents; tests give latents with the images."""
        given = data[0] if isinstance(data, tuple | list) else data
        given, latents = (given["images"], given["latents"]) if isinstance(given, dict) else (given, None)
        images = ops.convert_to_tensor(given, "float32")
        count = images.shape[0] // 2
        if latents is None:
            latents = keras.random.normal((count, LATENT), seed=self.seed)
        return images[:count], images[count:], latents

    def decay(self, seen: Any, count: int) -> Any:
        """Share of the average that a step keeps."""
        return ops.power(0.5, count / ops.minimum(HALF_LIFE, RAMP_UP * seen))


def paired(winner: Any, loser: Any) -> Any:
    """The relativistic loss, a mean."""
    return ops.mean(ops.softplus(loser - winner))


def squared(gradient: Any) -> Any:
    """The penalty of a gradient with respect to images, with the weight of as many steps as it stands for."""
    return EVERY * GAMMA / 2 * ops.mean(ops.sum(ops.square(gradient), axis=(1, 2, 3)))


# --- one step on each backend

if BACKEND == "tensorflow":
    import tensorflow as tf

    class Gan(Plain):
        """The step on TensorFlow."""

        def train_step(self, data: Any) -> dict[str, Any]:
            """Train both players once."""
            real, fresh, latents = self.parts(data)
            due = tf.equal(self.optimizer.discriminator.iterations % EVERY, 0)
            with tf.GradientTape() as tape:
                fake = self.generator(latents, training=True)
                with tape.stop_recording():
                    still = tf.stop_gradient(fake)
                    loss, found = tf.cond(
                        due, lambda: self.judged(real, still, True), lambda: self.judged(real, still, False)
                    )
                    self.optimizer.discriminator.apply(found, self.discriminator.trainable_variables)
                on_real, on_fake = (self.discriminator(each, training=True) for each in (fresh, fake))
                answer = paired(on_fake, on_real)
            weights = self.generator.trainable_variables
            self.optimizer.generator.apply(tape.gradient(answer, weights), weights)
            self.clock.assign_add(float(real.shape[0]))
            decay = self.decay(self.clock, real.shape[0])
            for old, new in zip(self.averaged.variables, self.generator.variables, strict=True):
                old.assign(decay * old + (1 - decay) * new)
            for metric, value in zip(self.losses_seen, (loss, answer), strict=True):
                metric.update_state(value)
            return self.get_metrics_result()

        def judged(self, real: Any, fake: Any, penalised: bool) -> tuple[Any, list[Any]]:
            """The discriminator's loss and its gradients."""
            with tf.GradientTape() as tape:
                with tf.GradientTape(watch_accessed_variables=False) as inner:
                    inner.watch((real, fake))
                    on_real, on_fake = (self.discriminator(each, training=True) for each in (real, fake))
                    summed = tf.reduce_sum(on_real) + tf.reduce_sum(on_fake)
                loss = total = paired(on_real, on_fake)
                if penalised:
                    total = loss + sum(squared(each) for each in inner.gradient(summed, (real, fake)))
            return loss, tape.gradient(total, [each.value for each in self.discriminator.trainable_variables])

elif BACKEND == "torch":
    import torch

    class Gan(Plain):
        """The step on PyTorch."""

        def train_step(self, data: Any) -> dict[str, Any]:
            """Train both players once."""
            real, fresh, latents = self.parts(data)
            fake = self.generator(latents, training=True)
            loss = self.judged(real, fake.detach(), int(self.optimizer.discriminator.iterations) % EVERY == 0)
            on_real, on_fake = (self.discriminator(each, training=True) for each in (fresh, fake))
            answer = paired(on_fake, on_real)
            self.move(answer, self.generator, self.optimizer.generator)
            with torch.no_grad():
                self.clock.assign_add(float(real.shape[0]))
                decay = self.decay(self.clock, real.shape[0])
                old, new = ([each.value for each in model.variables] for model in (self.averaged, self.generator))
                torch._foreach_lerp_(old, new, 1.0 - float(decay))
                for metric, value in zip(self.losses_seen, (loss, answer), strict=True):
                    metric.update_state(value)
            return self.get_metrics_result()

        def judged(self, real: Any, fake: Any, penalised: bool) -> Any:
            """The discriminator's move."""
            images = [each.detach().requires_grad_(penalised) for each in (real, fake)]
            on_real, on_fake = (self.discriminator(each, training=True) for each in images)
            loss = total = paired(on_real, on_fake)
            if penalised:
                slopes = torch.autograd.grad(on_real.sum() + on_fake.sum(), images, create_graph=True)
                total = loss + sum(squared(each) for each in slopes)
            self.move(total, self.discriminator, self.optimizer.discriminator)
            return loss

        def move(self, loss: Any, player: Any, optimizer: Any) -> None:
            """One player changes its weights."""
            weights = player.trainable_variables
            found = torch.autograd.grad(loss, [each.value for each in weights])
            with torch.no_grad():
                optimizer.apply(found, weights)

else:
    from functools import partial

    import jax

    class Gan(Plain):
        """The step on JAX, a pure function of the state that ``fit`` keeps."""

        def train_step(self, state: Any, data: Any) -> Any:
            """Train both players once."""
            trained, untrained, of_optimizer, of_metrics = state
            scope = keras.StatelessScope(
                state_mapping=[
                    *zip(self.trainable_variables, trained, strict=True),
                    *zip(self.non_trainable_variables, untrained, strict=True),
                    *zip(self.optimizer.variables, of_optimizer, strict=True),
                    *zip(self.metrics_variables, of_metrics, strict=True),
                ]
            )
            with scope:
                logs = self.both_moves(data)
            groups = (
                self.trainable_variables,
                self.non_trainable_variables,
                self.optimizer.variables,
                self.metrics_variables,
            )
            return logs, tuple([scope.get_current_value(each) for each in group] for group in groups)

        def both_moves(self, data: Any) -> dict[str, Any]:
            """The maths of a step, inside of the scope."""
            real, fresh, latents = self.parts(data)
            g, d = self.generator, self.discriminator
            g_weights, d_weights = values(g.trainable_variables), values(d.trainable_variables)
            g_state, d_state = values(g.non_trainable_variables), values(d.non_trainable_variables)
            # The pass through the generator is the same in both moves, and the compiler makes it once.
            fake = jax.lax.stop_gradient(g.stateless_call(g_weights, g_state, latents, training=True)[0])
            due = self.optimizer.discriminator.iterations.value % EVERY == 0
            plain, penalised = (partial(self.critic, penalised=each) for each in (False, True))
            found, (loss, d_state) = jax.lax.cond(due, penalised, plain, d_weights, d_state, real, fake)
            self.optimizer.discriminator.apply(found, d.trainable_variables)
            d_weights = values(d.trainable_variables)
            generated = jax.value_and_grad(self.generated, has_aux=True)
            (answer, (g_state, d_state)), found = generated(g_weights, g_state, d_weights, d_state, fresh, latents)
            self.optimizer.generator.apply(found, g.trainable_variables)
            for variables, new in ((g.non_trainable_variables, g_state), (d.non_trainable_variables, d_state)):
                for variable, value in zip(variables, new, strict=True):
                    variable.assign(value)
            self.clock.assign_add(float(real.shape[0]))
            decay = self.decay(self.clock.value, real.shape[0])
            for old, new in zip(self.averaged.variables, g.variables, strict=True):
                old.assign(decay * old.value + (1 - decay) * new.value)
            for metric, value in zip(self.losses_seen, (loss, answer), strict=True):
                metric.update_state(value)
            return self.get_metrics_result()

        def critic(self, weights: Any, state: Any, real: Any, fake: Any, penalised: bool) -> Any:
            """Gradients of the discriminator's loss, the loss, and its new state."""

            def scores(images: Any, weights: Any, state: Any) -> Any:
                logits, state = self.discriminator.stateless_call(weights, state, images, training=True)
                return logits.sum(), (logits, state)

            def judged(weights: Any) -> Any:
                held, logits, total = state, [], 0.0
                for images in (real, fake):
                    if penalised:
                        slope, (found, held) = jax.grad(scores, has_aux=True)(images, weights, held)
                        total = total + squared(slope)
                    else:
                        _, (found, held) = scores(images, weights, held)
                    logits.append(found)
                loss = paired(*logits)
                return loss + total, (loss, held)

            return jax.grad(judged, has_aux=True)(weights)

        def generated(self, weights: Any, state: Any, d_weights: Any, d_state: Any, fresh: Any, latents: Any) -> Any:
            """The generator's loss, and the new states of both networks."""
            images, state = self.generator.stateless_call(weights, state, latents, training=True)
            on_real, d_state = self.discriminator.stateless_call(d_weights, d_state, fresh, training=True)
            on_fake, d_state = self.discriminator.stateless_call(d_weights, d_state, images, training=True)
            return paired(on_fake, on_real), (state, d_state)

    def values(variables: Any) -> list[Any]:
        """What they hold."""
        return [each.value for each in variables]
