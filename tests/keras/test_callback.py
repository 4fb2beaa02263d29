import json
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from steadygan import load, recipe, resume
from steadygan.errors import SteadyganError
from steadygan.report import write_report
from steadygan.report.read import read_run_record
from steadygan.runs.folder import RunFolder
from steadygan.runs.manifest import read_manifest

keras = pytest.importorskip("keras")

from keras import ops

from steadygan.keras import callback, run_writer
from steadygan.keras.callback import RunLogger
from steadygan.keras.means import Means
from steadygan.keras.model import GAN
from steadygan.keras.sampling import load_generator
from steadygan.keras.to_pytorch import networks_like, trained_generator

SHAPE = (8, 8, 1)
BATCH = 8
IMAGES = np.random.default_rng(0).integers(0, 255, (32, *SHAPE), dtype=np.uint8)
LOSS = "discriminator/loss"


class Player(keras.Model):
    """What the callback needs of a GAN: a network that trains, a clock, and images that change with its weights."""

    def __init__(self, classes: int = 0) -> None:
        super().__init__()
        self.recipe, self.shape, self.classes, self.seed = recipe("steady"), SHAPE, classes, 3
        self.generator = keras.Sequential(
            [keras.Input((4,)), keras.layers.Dense(64, activation="tanh"), keras.layers.Reshape(SHAPE)]
        )
        self.discriminator = keras.Sequential([keras.Input(SHAPE), keras.layers.Flatten(), keras.layers.Dense(1)])
        self.averaged = self.generator
        self.clock = self.add_weight(shape=(), initializer="zeros", trainable=False, name="clock")
        self.measure = keras.metrics.Mean(name=LOSS)
        self.asked: list[tuple[int, Any, int]] = []
        self.built = True

    @property
    def metrics(self) -> list[Any]:
        return [self.measure]

    @property
    def images_seen(self) -> int:
        return int(ops.convert_to_numpy(self.clock))

    def call(self, x: Any, training: bool = False) -> Any:
        if training:
            self.clock.assign_add(float(x.shape[0] or BATCH))
        return self.discriminator(ops.cast(x, "float32") / 255)

    def compute_loss(self, x: Any, y: Any, y_pred: Any, *_: Any, **__: Any) -> Any:
        self.measure.update_state(ops.mean(ops.cast(x, "float32")))  # which a test can compute by hand
        return ops.mean(y_pred)

    def generate(self, count: int, labels: Any = None, seed: int | None = None) -> Any:
        self.asked.append((count, labels, 0 if seed is None else seed))
        latents = np.random.default_rng(seed).normal(size=(count, 4)).astype("float32")
        return ops.convert_to_numpy(self.generator(latents, training=False))


def player(classes: int = 0) -> Player:
    made = Player(classes)
    made.compile(optimizer=keras.optimizers.SGD(0.1))
    return made


def fit(gan: Player, *callbacks: Any, epochs: int = 3) -> None:
    gan.fit(IMAGES, batch_size=BATCH, epochs=epochs, shuffle=False, verbose=0, callbacks=list(callbacks))


def rows(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def losses(folder: Path) -> dict[int, float]:
    return {row["images"]: row[LOSS] for row in rows(folder) if LOSS in row}


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_writer, "MEASURED", 16)


def test_a_run_has_the_files_of_any_other_and_a_report(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    fit(player(), RunLogger(folder.path, samples=4, every=40, data=IMAGES))
    assert tomllib.loads(folder.recipe.read_text())["name"] == "steady"
    assert folder.read_json(folder.environment)["backend"] == keras.backend.backend()
    assert [images for images, _ in folder.sample_grids()] == [0, 40, 80, 96]
    assert (folder.samples / "real.png").is_file()
    assert "<html" in folder.report.read_text()
    assert keras.saving.load_model(folder.keras_generator).output_shape == (None, *SHAPE)
    record = read_run_record(folder.path)
    assert record.unreadable == ()
    manifest = record.manifest
    assert manifest is not None
    assert (manifest.keras_backend, manifest.training.seed, manifest.training.images) == (
        keras.backend.backend(),
        3,
        96,
    )
    assert manifest.data.count == len(IMAGES)
    assert {name.value: each.parameters for name, each in manifest.networks.items()} == {
        "generator": 5 * 64,
        "discriminator": 65,
    }


def test_rows_hold_means_since_the_last_row_even_across_epochs(tmp_path: Path) -> None:
    fit(player(), RunLogger(tmp_path / "run", samples=1, every=24 * callback.ROWS_PER_GRID))
    by_batch = IMAGES.reshape(4, -1).mean(1)  # an epoch has four batches, a row three
    order = np.tile(by_batch, 3)
    expected = {24 * (row + 1): order[3 * row : 3 * row + 3].mean() for row in range(4)}
    assert losses(tmp_path / "run") == pytest.approx(expected, rel=1e-5)
    seconds = [row["seconds"] for row in rows(tmp_path / "run") if "seconds" in row]
    assert seconds == sorted(seconds)


def test_a_batch_never_ends_for_the_callback_so_that_keras_need_not_wait_for_it() -> None:
    default = keras.callbacks.Callback
    assert RunLogger.on_train_batch_end is default.on_train_batch_end
    assert RunLogger.on_batch_end is default.on_batch_end


def test_grids_are_always_of_the_same_latents(tmp_path: Path) -> None:
    gan = player()
    fit(gan, RunLogger(tmp_path / "run", samples=4, every=40))
    assert {(count, seed) for count, _, seed in gan.asked} == {(4, run_writer.SEED)}


def test_a_grid_shows_what_the_generator_makes(tmp_path: Path) -> None:
    gan = player()
    fit(gan, RunLogger(tmp_path / "run", samples=1, every=1000))
    made = np.clip(np.round((gan.generate(1, seed=run_writer.SEED)[0, :, :, 0] + 1) * 127.5), 0, 255)
    with Image.open(RunFolder(tmp_path / "run").sample_grids()[-1][1]) as picture:
        drawn = np.asarray(picture)[2:-2, 2:-2]  # each pixel is a square of 4 by 4
    assert np.abs(drawn[::4, ::4].astype(float) - made).max() <= 1


def test_each_class_has_a_row(tmp_path: Path) -> None:
    gan = player(classes=3)
    fit(gan, RunLogger(tmp_path / "run", samples=4, every=1000))
    assert gan.asked[0][1].tolist() == [0, 0, 1, 1, 2, 2]
    assert read_manifest(RunFolder(tmp_path / "run")).classes == 3


def test_without_data_nothing_is_measured(tmp_path: Path) -> None:
    fit(player(), RunLogger(tmp_path / "run", samples=4, every=40))
    assert not any(key.startswith("quality/") for row in rows(tmp_path / "run") for key in row)
    assert "Images: 0" not in (tmp_path / "run" / "report.html").read_text()


@pytest.mark.parametrize(("share", "expected"), [(0.0, [16, 96]), (1e9, [16, 32, 48, 64, 80, 96])])
def test_samples_are_measured_against_the_data_while_that_takes_little_time(
    share: float, expected: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callback, "MEASURING_SHARE", share)
    fit(player(), RunLogger(tmp_path / "run", samples=4, every=16, data=IMAGES / np.float32(127.5) - 1))
    measured = [row["images"] for row in rows(tmp_path / "run") if "quality/sliced_wasserstein" in row]
    assert measured == expected  # with the first grid and at the end at least


def test_a_run_that_is_there_is_not_replaced_unless_asked_for(tmp_path: Path) -> None:
    fit(player(), RunLogger(tmp_path / "run", samples=1), epochs=1)
    with pytest.raises(SteadyganError, match=r"holds a run already; choose another folder, go on with append=True"):
        fit(player(), RunLogger(tmp_path / "run", samples=1), epochs=1)
    fit(player(), RunLogger(tmp_path / "run", samples=1, overwrite=True), epochs=2)
    assert max(losses(tmp_path / "run")) == 64


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(SteadyganError, match="is not empty and holds no run"):
        fit(player(), RunLogger(tmp_path, overwrite=True))
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


class Interrupt(keras.callbacks.Callback):
    """Ctrl-C in a certain epoch."""

    def __init__(self, epoch: int) -> None:
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if epoch == self.epoch:
            raise KeyboardInterrupt


def test_what_an_interrupted_run_wrote_can_be_read_and_gone_on_with(tmp_path: Path) -> None:
    gan, logger = player(), RunLogger(tmp_path / "run", samples=1, every=80)
    with pytest.raises(KeyboardInterrupt):
        fit(gan, logger, Interrupt(2))
    assert list(losses(tmp_path / "run")) == [16, 32, 48, 64]
    assert "64 images seen" in write_report(tmp_path / "run").read_text()
    assert "67% of the 96 planned" in (tmp_path / "run" / "report.html").read_text()
    fit(gan, logger, epochs=1)
    assert list(losses(tmp_path / "run")) == [16, 32, 48, 64, 80, 96]
    assert "as planned" in (tmp_path / "run" / "report.html").read_text()


def test_a_model_that_was_saved_goes_on_with_its_run(tmp_path: Path) -> None:
    gan = player()
    fit(gan, RunLogger(tmp_path / "run", samples=1, every=80), epochs=1)
    weights = gan.get_weights()
    fit(gan, RunLogger(tmp_path / "run", samples=1, every=80, append=True), epochs=1)  # which is forgotten
    assert max(losses(tmp_path / "run")) == 64
    loaded = player()
    loaded.set_weights(weights)
    fit(loaded, RunLogger(tmp_path / "run", samples=1, every=80, append=True), epochs=2)
    assert list(losses(tmp_path / "run")) == [16, 32, 48, 64, 80, 96]
    assert [images for images, _ in RunFolder(tmp_path / "run").sample_grids()] == [0, 32, 80, 96]


def test_a_model_that_begins_anew_or_has_another_recipe_does_not_go_on(tmp_path: Path) -> None:
    fit(player(), RunLogger(tmp_path / "run", samples=1, every=80), epochs=1)
    with pytest.raises(SteadyganError, match="by a model that has seen no images"):
        fit(player(), RunLogger(tmp_path / "run", append=True))
    other = player()
    other.recipe = recipe("dcgan")
    with pytest.raises(SteadyganError, match="was trained with another recipe"):
        fit(other, RunLogger(tmp_path / "run", append=True))


def test_what_needs_a_checkpoint_of_pytorch_is_refused_in_a_sentence(tmp_path: Path) -> None:
    fit(player(), RunLogger(tmp_path / "run", samples=1), epochs=1)
    with pytest.raises(SteadyganError, match="was trained with Keras, so only Keras can go on with it"):
        resume(tmp_path / "run", images=1000)
    with pytest.raises(SteadyganError, match=r"name its generator instead: .*generator\.keras"):  # here of one's own
        RunFolder(tmp_path / "run").require_generator()


def test_a_model_that_is_no_gan_is_refused(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input(SHAPE), keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse")
    with pytest.raises(SteadyganError, match=r"fit\(\) was called on a Sequential"):
        model.fit(IMAGES / 255.0, np.zeros(len(IMAGES)), verbose=0, callbacks=[RunLogger(tmp_path / "run")])
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("given", [{"samples": 0}, {"every": 0}, {"overwrite": True, "append": True}])
def test_impossible_settings_are_refused_at_once(given: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(SteadyganError):
        RunLogger(tmp_path, **given)


def test_data_of_another_shape_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(SteadyganError, match=r"the GAN makes images of the shape \[8, 8, 1\]"):
        fit(player(), RunLogger(tmp_path / "run", data=np.zeros((4, 16, 16, 1), np.uint8)))
    assert not (tmp_path / "run").exists()


def test_values_that_are_not_finite_are_counted_and_none() -> None:
    means, metric = Means(), keras.metrics.Mean(name="r1")
    metric.update_state(float("nan"))
    means.collect([metric])
    assert means.take() == ({"r1": None}, 1)
    assert means.take() == ({}, 0)


def small_gan(name: str = "steady") -> GAN:
    return GAN(recipe(name).change(values={"batch": 4, "width": 2}), shape=SHAPE, seed=1)


def test_a_gan_of_the_recipe_is_exported_to_pytorch_with_its_weights() -> None:
    gan = small_gan()
    networks = networks_like(gan)
    assert networks is not None
    latents = torch.randn(5, gan.latent_dimension)
    expected = ops.convert_to_numpy(gan.generator(latents.numpy(), training=True))
    made = networks.generator.train()(latents).detach().permute(0, 2, 3, 1)
    assert np.abs(made.numpy() - expected).max() < 1e-5
    for variable in gan.averaged.trainable_variables:
        variable.assign(variable + 0.1)
    exported = trained_generator(gan, networks.generator)
    gan.generator.set_weights(gan.averaged.get_weights())  # since the average itself always runs in inference mode
    changed = ops.convert_to_numpy(gan.generator(latents.numpy(), training=True))
    made = exported.network.train()(latents).detach().permute(0, 2, 3, 1)
    assert np.abs(made.numpy() - changed).max() < 1e-5


def test_networks_of_ones_own_are_not_taken_for_those_of_the_recipe(tmp_path: Path) -> None:
    assert networks_like(Player()) is None
    fit(player(), RunLogger(tmp_path / "run", samples=1), epochs=1)
    assert read_manifest(RunFolder(tmp_path / "run")).is_custom


def test_a_gan_that_fit_trained_is_sampled_from_by_the_rest_of_the_package(tmp_path: Path) -> None:
    gan = small_gan("lsgan")
    gan.fit(IMAGES, epochs=2, verbose=0, callbacks=[RunLogger(tmp_path / "run", samples=4, every=20, data=IMAGES)])
    run = load(tmp_path / "run")
    made = run.sample(3).astype(float)
    assert made.shape == (3, *SHAPE)
    same = load_generator(RunFolder(tmp_path / "run").keras_generator).sample(3).numpy()
    assert np.abs(made - same).max() <= 1
    assert run.metrics[-1]["images"] == gan.images_seen
    assert {"discriminator/loss", "generator/gradient_norm", "logits/real"} <= {*run.table()}
    assert not read_manifest(RunFolder(tmp_path / "run")).is_custom
