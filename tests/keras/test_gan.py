"""The GAN of Keras as its users meet it: fit, generate, save and load, sources of data, and what it refuses."""

from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

keras = pytest.importorskip("keras")

import steadygan.keras as sgk
from steadygan.arrays import Array
from steadygan.errors import SteadyganError
from steadygan.keras.data import ArraySource, DatasetSource, LoaderSource
from steadygan.recipe import Recipe
from steadygan.recipes import recipe
from tests import tiny

BACKEND = keras.backend.backend()
SHAPE = (8, 8, 1)
BATCH = 8


def images(count: int = 32) -> Array:
    return tiny.images(count).images


def stochastic() -> Recipe:
    """Everything that has a state of its own: averages, memories, random draws, rates that fall, lazy penalties."""
    chosen = recipe("dcgan").change(values={"batch": BATCH, "width": 4})
    for name, values in {
        "lecam": {"start": 0},
        "instance-noise": {"images": 300},
        "lr-decay": {"images": 400},
        "r1": {"every": 2, "gamma": 0.1},
        "ema": {"half_life": 50},
        "generator-noise": {},
        "noisy-labels": {},
        "historical-averaging": {},
    }.items():
        chosen = chosen.with_(name, **values)
    return chosen


def small(name: str = "dcgan") -> Recipe:
    return recipe(name).change(values={"batch": BATCH, "width": 2})


def gan(chosen: Recipe | None = None, **values: Any) -> Any:
    made = sgk.GAN(chosen or stochastic(), SHAPE, **values)
    # TensorFlow compiles graphs quickly; that XLA gives the same is seen in test_parity.py.
    made.compile(jit_compile=False if BACKEND == "tensorflow" else "auto")
    return made


def weights(model: Any) -> list[Array]:
    return [np.array(each) for each in model.get_weights()]


def assert_equal(one: Any, other: Any) -> None:
    mine, theirs = weights(one), weights(other)
    assert len(mine) == len(theirs)
    for first, second in zip(mine, theirs, strict=True):
        np.testing.assert_array_equal(first, second)
    for first, second in zip(one.optimizer.variables, other.optimizer.variables, strict=True):
        np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, (first, second)))


@pytest.fixture(scope="module")
def unbroken() -> tuple[Any, dict[str, list[float]]]:
    """A GAN after three epochs, and what was measured."""
    made = gan(seed=1)
    history = made.fit(images(), epochs=3, steps_per_epoch=3, verbose=0).history
    return made, history


def test_a_gan_goes_on_after_fit_and_out_of_a_file_as_if_it_had_never_stopped(unbroken: Any, tmp_path: Path) -> None:
    whole, _ = unbroken
    begun = gan(seed=1)
    begun.fit(images(), epochs=1, steps_per_epoch=3, verbose=0)  # which ends within a pass over the images
    begun.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert loaded.recipe == begun.recipe
    assert loaded.images_seen == begun.images_seen == 3 * BATCH
    assert_equal(begun, loaded)
    for each in (begun, loaded):
        each.fit(images(), epochs=2, steps_per_epoch=3, verbose=0)
        assert_equal(whole, each)
    assert whole.images_seen == loaded.images_seen == 9 * BATCH


def test_seeds_say_how_it_begins() -> None:
    one, again, other = (gan(small(), seed=seed).generate(2, seed=0) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def test_history_names_what_was_measured(unbroken: Any) -> None:
    _, history = unbroken
    wanted = {"discriminator/loss", "generator/loss", "logits/real", "logits/fake", "r1", "lecam"}
    assert wanted <= history.keys()
    assert all(len(values) == 3 and np.isfinite(values).all() for values in history.values())


def test_generated_images_come_from_the_average_and_from_their_seed() -> None:
    made = gan(small().with_("ema", half_life=50))
    made.fit(images(), epochs=2, verbose=0)
    assert made.averaged is not made.generator
    one, again, other = made.generate(300, seed=5), made.generate(300, seed=5), made.generate(300, seed=6)
    assert one.shape == (300, *SHAPE)
    assert one.dtype == np.float32
    assert np.abs(one).max() <= 1
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)
    drawn = made.recipe.latent.sample(3, torch.device("cpu"), torch.Generator().manual_seed(5)).numpy()
    by_hand = keras.ops.convert_to_numpy(made.averaged(drawn, training=False))
    np.testing.assert_allclose(made.generate(3, seed=5), by_hand, atol=1e-5)


class Listed(keras.utils.PyDataset):
    """Batches of a list."""

    def __init__(self, batches: list[Array]) -> None:
        super().__init__()
        self.batches = batches

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> Array:
        return self.batches[index]


def dataset(data: Array) -> Listed:
    return Listed([data[at : at + BATCH] for at in range(0, len(data), BATCH)])


def loader(data: Array) -> Any:
    """As PyTorch's users have them: channels first, floats in [-1, 1], a last batch that is not full."""
    tensors = torch.from_numpy(data).permute(0, 3, 1, 2).float() / 127.5 - 1
    return torch.utils.data.DataLoader(torch.utils.data.TensorDataset(tensors), batch_size=BATCH)


def tensorflow_dataset(data: Array) -> Any:
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices(data).batch(BATCH)


def easy(name: str) -> Recipe:
    """With a large epsilon Adam does not enlarge the last digit, in which pixels differ that were scaled elsewhere."""
    return small(name).change(values={"adam.eps": 1e-3})


@cache
def trained_on_an_array(name: str) -> Any:
    made = gan(easy(name))
    made.fit(images(BATCH * 12 + 3), shuffle=False, verbose=0)
    return made


@pytest.mark.parametrize(
    ("name", "source"),
    [("dcgan", dataset), ("dcgan", loader), ("dcgan", tensorflow_dataset), ("wgan-gp", loader)],
)
def test_every_source_of_data_gives_the_same(name: str, source: Any) -> None:
    """With 12 whole batches and a part of one; a step of wgan-gp sees five."""
    from_array, from_source = trained_on_an_array(name), gan(easy(name))
    steps = {"dcgan": 12, "wgan-gp": 2}[name]
    from_source.fit(source(images(BATCH * 12 + 3)), steps_per_epoch=steps, verbose=0)
    seen = {"dcgan": 12, "wgan-gp": 10}[name] * BATCH
    assert from_array.images_seen == from_source.images_seen == seen
    for one, other in zip(weights(from_array), weights(from_source), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_a_last_batch_that_is_not_full_is_left_out() -> None:
    made = gan(small())
    made.fit(loader(images(BATCH * 2 + 3)), steps_per_epoch=4, verbose=0)
    assert made.images_seen == 4 * BATCH


def test_a_step_sees_as_many_batches_as_its_moves_need() -> None:
    assert [gan(small(name)).batches_per_step for name in ("dcgan", "steady", "wgan-gp")] == [1, 2, 5]


def test_every_image_has_its_turn_and_the_order_changes() -> None:
    source = ArraySource(np.arange(24), None, 8, seed=1, shuffle=True)
    assert len(source) == 3
    steps = list(islice(source.steps(0), 7))
    first, second = np.concatenate(steps[:3]), np.concatenate(steps[3:6])
    assert sorted(first) == sorted(second) == list(range(24))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(steps[4:], list(islice(source.steps(4), 3)))


def test_steps_of_a_dataset_and_of_a_loader_go_on_with_the_next_pass() -> None:
    def full(batch: Array) -> Array | None:
        return batch if len(batch) == 2 else None

    batches = [np.array([at, at + 1]) for at in range(0, 10, 2)] + [np.array([10])]
    wanted = [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 0, 1], [2, 3, 4, 5], [6, 7, 8, 9], [0, 1, 2, 3]]
    dataset = DatasetSource(Listed(batches), 2, 6, full)
    assert len(dataset) == 2
    assert [each.tolist() for each in islice(dataset.steps(0), 6)] == wanted
    assert [each.tolist() for each in islice(dataset.steps(3), 3)] == wanted[3:]
    assert [each.tolist() for each in islice(LoaderSource(batches, 2, 6, full).steps(0), 6)] == wanted
    once = LoaderSource(iter(batches), 2, 6, full).steps(0)
    with pytest.raises(SteadyganError, match="only once"):
        list(islice(once, 6))


def test_few_images_are_seen_again_in_one_step() -> None:
    made = gan(small())
    made.fit(images(5), verbose=0)
    assert made.images_seen == BATCH


def test_labels_reach_both_networks() -> None:
    chosen = recipe("conditional").change(values={"batch": BATCH, "width": 2})
    made = sgk.GAN(chosen, SHAPE, classes=3)
    data = tiny.images(32)
    made.fit(data.images, data.labels, verbose=0)
    one, other = (made.generate(4, labels=[label] * 4, seed=0) for label in (0, 2))
    assert not np.array_equal(one, other)
    with pytest.raises(SteadyganError, match="needs labels and fit was given none"):
        made.fit(data.images, verbose=0)
    with pytest.raises(SteadyganError, match="from 0 to 2"):
        made.fit(data.images, data.labels + 1, verbose=0)


def test_the_naive_gan_knows_its_range_of_pixels_after_loading(tmp_path: Path) -> None:
    made = gan(small("naive"))
    made.fit(images(), verbose=0)
    made.save(tmp_path / "naive.keras")
    loaded = keras.models.load_model(tmp_path / "naive.keras")
    before = made.generate(16, seed=0)
    assert before.min() < -0.01
    np.testing.assert_array_equal(before, loaded.generate(16, seed=0))


def test_vectors_train_with_dense_networks() -> None:
    points = np.random.default_rng(0).normal(size=(64, 2)).astype("float32")
    made = sgk.GAN(recipe("steady").change(values={"batch": 16, "width": 4}), (2,))
    made.fit(points, batch_size=16, epochs=1, verbose=0)
    assert made.generate(7).shape == (7, 2)


def test_networks_and_optimisers_of_ones_own(tmp_path: Path) -> None:
    layers = keras.layers
    generator = keras.Sequential([layers.Input((100,)), layers.Dense(64, "tanh"), layers.Reshape(SHAPE)])
    discriminator = keras.Sequential([layers.Input(SHAPE), layers.Flatten(), layers.Dense(1)])
    made = sgk.GAN("dcgan-hacks", SHAPE, generator=generator, discriminator=discriminator)
    made.compile(keras.optimizers.Adam(1e-3, beta_1=0.5), keras.optimizers.RMSprop(1e-3))
    before = weights(generator), weights(discriminator)
    made.fit(images(), batch_size=BATCH, verbose=0)
    assert made.generator is generator
    for old, model in zip(before, (generator, discriminator), strict=True):
        assert any(not np.array_equal(one, other) for one, other in zip(old, weights(model), strict=True))
    made.save(tmp_path / "own.keras")
    loaded = keras.models.load_model(tmp_path / "own.keras")
    for each in (made, loaded):
        each.fit(images(), batch_size=BATCH, initial_epoch=1, epochs=2, verbose=0)
    assert_equal(made, loaded)


@pytest.mark.skipif(BACKEND == "torch", reason="PyTorch runs one step at a time")
def test_several_steps_at_once_are_the_same_steps() -> None:
    one, several = sgk.GAN(small(), SHAPE), sgk.GAN(small(), SHAPE)
    one.compile()
    several.compile(steps_per_execution=2)
    one.fit(images(), epochs=1, verbose=0)
    several.fit(images(), epochs=1, steps_per_epoch=3, verbose=0)  # two times two
    assert one.images_seen == several.images_seen == 4 * BATCH
    for first, second in zip(weights(one), weights(several), strict=True):
        np.testing.assert_allclose(first, second, atol=1e-6)


@pytest.mark.skipif(BACKEND == "jax", reason="JAX would compile each operation by itself, for half a minute")
def test_eager_steps_are_the_compiled_ones() -> None:
    compiled, eager = gan(small()), sgk.GAN(small(), SHAPE)
    eager.compile(run_eagerly=True)
    for each in (compiled, eager):
        each.fit(images(2 * BATCH), verbose=0)
    for first, second in zip(weights(compiled), weights(eager), strict=True):
        np.testing.assert_allclose(first, second, atol=1e-5)


@pytest.fixture
def bfloat16() -> Iterator[None]:
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy("float32")


@pytest.mark.usefixtures("bfloat16")
def test_mixed_bfloat16_trains() -> None:
    made = gan(recipe("steady").change(values={"batch": BATCH, "width": 4}))
    history = made.fit(images(), verbose=0).history
    assert made.generator.compute_dtype == "bfloat16"
    assert all(np.isfinite(values).all() for values in history.values())
    assert made.generate(2).dtype == np.float32


def test_mixed_float16_is_refused() -> None:
    keras.config.set_dtype_policy("mixed_float16")
    try:
        with pytest.raises(SteadyganError, match="mixed_bfloat16"):
            sgk.GAN("steady", SHAPE)
    finally:
        keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize(
    ("shape", "data", "said"),
    [
        (SHAPE, np.zeros((8, 16, 16, 1), "uint8"), "shape=(8, 8, 1) and the data have (16, 16, 1)"),
        (SHAPE, np.full((8, *SHAPE), 255.0, "float32"), "lie between 255 and 255; give uint8, or floats in [-1, 1]"),
        (SHAPE, np.zeros((8, *SHAPE), "int32"), "Images are int32"),
        (SHAPE, np.full((8, *SHAPE), np.nan, "float32"), "lie between nan and nan"),
        (SHAPE, 5, "was given int"),
    ],
)
def test_data_that_do_not_fit_are_refused_in_a_sentence(shape: Any, data: Any, said: str) -> None:
    with pytest.raises(SteadyganError) as refused:
        sgk.GAN("dcgan", shape, width=2).fit(data, verbose=0)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("dcgan", np.full((8, *SHAPE), 255.0, "float32"), "lie between 255 and 255"),
        ("dcgan", np.zeros((8, 16, 16, 1), "uint8"), "shape=(8, 8, 1) and the data have (16, 16, 1)"),
        ("wgan-gp", np.zeros((8, *SHAPE), "uint8"), "sees 5 batches of one size"),
        ("dcgan", np.zeros((0, *SHAPE), "uint8"), "images of shape [0, 8, 8, 1]"),
    ],
)
def test_a_step_by_hand_is_given_what_fit_is(name: str, data: Array, said: str) -> None:
    with pytest.raises(SteadyganError) as refused:
        sgk.GAN(name, SHAPE, width=2).train_on_batch(data)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"shape": (8, 8)}, "is no shape of data"),
        ({"recipe": "steady", "shape": (7, 7, 1)}, "8"),
        ({"recipe": "conditional"}, "give classes="),
        ({"recipe": "stedy"}, "steady"),
    ],
)
def test_what_cannot_be_made_is_refused_in_a_sentence(values: dict[str, Any], said: str) -> None:
    with pytest.raises(SteadyganError) as refused:
        sgk.GAN(**{"shape": SHAPE, **values})
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_rates_of_ones_own_optimisers_do_not_fall_unnoticed() -> None:
    made = sgk.GAN(recipe("dcgan").with_("lr-decay"), SHAPE, width=2)
    with pytest.raises(SteadyganError, match="'lr-decay' changes the rates of the recipe's own optimisers"):
        made.compile(keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3))
