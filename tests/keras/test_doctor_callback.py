"""The doctor with Keras: its callback on ``fit``, and arrays of each backend in a loop with ``train_on_batch``."""

from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from keras import layers, ops

import steadygan as sg
from steadygan.errors import SteadyganError
from steadygan.keras import GAN, DoctorCallback
from steadygan.recipe import Recipe
from steadygan.recipes import recipe
from steadygan.vocabulary import Failure

pytestmark = pytest.mark.filterwarnings("ignore:Gradients do not exist")

SHAPE, BATCH = (8, 8, 1), 16
IMAGES = np.random.default_rng(0).integers(0, 255, (64, *SHAPE), dtype=np.uint8)
SEEN = (IMAGES / 127.5 - 1).astype("float32")


def quiet(**changes: Any) -> sg.Doctor:
    return sg.Doctor(**{"every": 2, "share": None, "wanted": 100, "say": None, **changes})


class Own(keras.Model):
    """A GAN as tutorials have it, whose losses are what a test says."""

    def __init__(self, losses: tuple[float, float] = (1.4, 0.7), contrast: float = 1.0, measured: bool = True) -> None:
        super().__init__()
        self.latent_dim = 4
        self.generator = keras.Sequential(
            [layers.Input((4,)), layers.Dense(64), layers.BatchNormalization(), layers.Reshape(SHAPE)]
        )
        self.generator.layers[1].gamma.assign(contrast * np.ones(64))
        self.discriminator = keras.Sequential(
            [layers.Input(SHAPE), layers.Dropout(0.5), layers.Flatten(), layers.Dense(1)]
        )
        self.losses_told = losses
        self.means = [keras.metrics.Mean(name=name) for name in ("d_loss", "g_loss")] if measured else []
        self.built = True

    @property
    def metrics(self) -> list[Any]:
        return self.means

    def call(self, x: Any, training: bool = False) -> Any:
        return self.discriminator(ops.cast(x, "float32"), training=training)

    def compute_loss(self, x: Any, y: Any, y_pred: Any, *_: Any, **__: Any) -> Any:
        for mean, value in zip(self.means, self.losses_told, strict=False):
            mean.update_state(value)
        return ops.mean(y_pred)


def fit(model: Any, callback: DoctorCallback, epochs: int = 4) -> None:
    if isinstance(model, Own):
        model.compile(optimizer=keras.optimizers.SGD(0.0))
    model.fit(IMAGES, batch_size=BATCH, epochs=epochs, verbose=0, callbacks=[callback])


def small_gan(changes: Recipe | None = None) -> GAN:
    return GAN(changes or recipe("dcgan").change(values={"batch": BATCH, "width": 2}), shape=SHAPE, seed=1)


def test_a_gan_of_the_package_is_looked_at_and_trains_as_without_the_doctor() -> None:
    gan, plain, callback = small_gan(), small_gan(), DoctorCallback(IMAGES, doctor=quiet())
    fit(gan, callback)
    fit(plain, DoctorCallback(doctor=quiet(every=10**6)))
    rows = callback.doctor.rows
    assert rows[-1]["images"] == 15 * BATCH, "every second of 16 steps, from the first on"
    figures = {name for row in rows for name in row}
    assert {"discriminator/loss", "generator/loss", "discriminator/gradient_norm", "doctor/variety"} <= figures
    assert {"doctor/separation", "doctor/drift", "doctor/update/generator"} <= figures
    assert [text for text in callback.doctor.unjudged if "held_out" not in text] == []
    for one, other in zip(gan.weights, plain.weights, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(one), ops.convert_to_numpy(other))


def test_a_model_of_anyones_whose_images_are_alike_is_found() -> None:
    callback = DoctorCallback(SEEN, doctor=quiet())
    fit(Own(contrast=0.01), callback, 8)
    assert Failure.MODE_COLLAPSE in {each.kind for each in callback.doctor.findings}


@pytest.mark.parametrize("measured", [True, False])
def test_losses_are_those_of_the_logs(measured: bool) -> None:
    model, callback = Own((float("nan"), 0.5), measured=measured), DoctorCallback(SEEN, doctor=quiet())
    if measured:
        fit(model, callback)
    else:
        callback.set_model(model)
        callback.on_train_begin()
        callback.on_epoch_end(0, {"d_loss": float("nan"), "g_loss": 0.5, "lr": 1.0})
    assert callback.doctor.rows[-1]["generator/loss"] == 0.5
    assert callback.doctor.rows[-1]["discriminator/loss"] is None
    assert Failure.NOT_FINITE in {each.kind for each in callback.doctor.findings}


def test_training_stops_when_it_is_asked_to_and_the_end_is_said_in_a_line() -> None:
    said: list[str] = []
    doctor = quiet(say=said.append)
    model = Own((float("nan"), 0.5))
    fit(model, DoctorCallback(doctor=doctor, stop_on="critical"), 50)
    assert doctor.rows[-1]["images"] < 50 * len(IMAGES)
    assert said[-1].startswith("not healthy after")


def test_running_statistics_and_seeds_stay_as_they_are() -> None:
    model, callback = Own(), DoctorCallback(SEEN, doctor=quiet())
    model.compile(optimizer=keras.optimizers.SGD(0.0))
    callback.set_model(model)
    callback.on_train_begin()
    before = [np.array(ops.convert_to_numpy(each.value)) for each in model.variables]
    callback.on_epoch_end(0, {"d_loss": 1.0})
    assert "doctor/variety" in callback.doctor.rows[0]
    for variable, old in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(variable.value), old)


def test_images_can_be_generated_otherwise() -> None:
    callback = DoctorCallback(SEEN, doctor=quiet(), generate=lambda count: np.zeros((count, *SHAPE), "float32"))
    fit(Own(), callback, 1)
    assert callback.doctor.rows[0]["doctor/variety"] == 0


def test_a_generator_that_wants_more_than_latents_is_said() -> None:
    model = Own()
    model.generator = keras.Sequential([layers.Input((5,)), layers.Dense(64), layers.Reshape(SHAPE)])
    with pytest.raises(SteadyganError, match="give DoctorCallback generate="):
        fit(model, DoctorCallback(SEEN, doctor=quiet()), 1)


def test_tensors_of_the_backend_are_shown_in_a_loop_with_train_on_batch() -> None:
    model, doctor = Own(), quiet()
    together = keras.Sequential([model.generator, model.discriminator])
    model.discriminator.compile(loss="binary_crossentropy", optimizer="sgd")
    together.compile(loss="binary_crossentropy", optimizer="sgd")
    for step in range(4):
        latents = np.random.default_rng(step).normal(size=(BATCH, 4)).astype("float32")
        real, fake = ops.convert_to_tensor(SEEN[:BATCH]), model.generator(latents)
        doctor.observe(
            step,
            real=real,
            fake=fake,
            real_logits=model.discriminator(real),
            fake_logits=model.discriminator(fake),
            generator=model.generator,
            losses={"d_loss": model.discriminator.train_on_batch(real, np.ones((BATCH, 1))), "g_loss": ops.ones(())},
        )
    row = doctor.rows[-1]
    assert row["generator/loss"] == 1
    assert np.isfinite(row["discriminator/loss"])
    assert {"doctor/variety", "doctor/separation", "doctor/update/generator"} <= row.keys()
