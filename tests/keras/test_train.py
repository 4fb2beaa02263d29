"""Raw Keras models through ``sg.train``: on the PyTorch backend they train in place, elsewhere one sentence refuses."""

import copy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

import steadygan as sg
from tests import tiny

keras = pytest.importorskip("keras")
from keras import layers

BACKEND = keras.backend.backend()
if BACKEND == "torch":
    import steadygan.keras.layers as own_layers
    from steadygan.keras.as_module import discriminator_module, generator_module
pytestmark = pytest.mark.usefixtures("brief")
on_torch = pytest.mark.skipif(BACKEND != "torch", reason="Keras models are PyTorch modules on the torch backend alone")
LATENT = 100
Model = Any


def _generator(order: str = "channels_last", classes: int = 0, dropout: float = 0.0) -> Model:
    start = (4, 4, 8) if order == "channels_last" else (8, 4, 4)
    axis = -1 if order == "channels_last" else 1
    latents = keras.Input((LATENT,))
    labels = keras.Input((), dtype="int32")
    x = latents
    if classes:
        x = layers.Concatenate()([x, layers.Embedding(classes, 4)(labels)])
    x = layers.Reshape(start)(layers.Dense(4 * 4 * 8, use_bias=False)(x))
    x = layers.ReLU()(layers.BatchNormalization(axis=axis)(x))
    if dropout:
        x = layers.Dropout(dropout, seed=7)(x)
    x = layers.Conv2DTranspose(1, 4, strides=2, padding="same", activation="tanh", data_format=order)(x)
    return keras.Model([latents, labels] if classes else latents, x)


def _discriminator(order: str = "channels_last", classes: int = 0, dropout: float = 0.3) -> Model:
    images = keras.Input((8, 8, 1) if order == "channels_last" else (1, 8, 8))
    labels = keras.Input((), dtype="int32")
    x = layers.Conv2D(8, 4, strides=2, padding="same", data_format=order)(images)
    x = layers.Flatten()(layers.Dropout(dropout)(layers.LeakyReLU(0.2)(x)))
    if classes:
        x = layers.Concatenate()([x, layers.Embedding(classes, 4)(labels)])
    return keras.Model([images, labels] if classes else images, layers.Dense(1)(x))


class Subclassed(keras.Model):  # type: ignore[misc]
    """A generator that is not built before its first call, and has layers inside of a list."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = [layers.Dense(4 * 4 * 8), layers.Reshape((4, 4, 8)), layers.BatchNormalization()]
        self.last = layers.Conv2DTranspose(1, 4, strides=2, padding="same", activation="tanh")

    def call(self, latents: Any, training: bool = False) -> Any:
        x = latents
        for layer in self.hidden:
            x = layer(x, training=training)
        return self.last(x)


def _unbuilt() -> Model:
    """A sequence that knows no shape yet, and takes images as Keras is configured to, with channels last."""
    return keras.Sequential(
        [layers.Conv2D(8, 4, strides=2, padding="same"), layers.LeakyReLU(0.2), layers.Flatten(), layers.Dense(1)]
    )


def _pair(seed: int = 0, **built: Any) -> tuple[Model, Model]:
    keras.utils.set_random_seed(seed)
    return _generator(**built), _discriminator(**built)


def _recipe() -> sg.Recipe:
    return sg.recipe("steady").set("batch", 16)


def _array() -> "np.ndarray[Any, Any]":
    return tiny.images(64).images


def _train(out: Path, networks: tuple[Model, Model], images: int = 64, **settings: Any) -> sg.Run:
    generator, discriminator = networks
    recipe = settings.pop("recipe", None) or _recipe()
    data = settings.pop("data", None)
    data = _array() if data is None else data
    return sg.train(
        data, recipe, generator=generator, discriminator=discriminator, out=out, images=images, device="cpu", **settings
    )


def _moving_mean(model: Model) -> Any:
    norm = next(layer for layer in model.layers if isinstance(layer, layers.BatchNormalization))
    return keras.ops.convert_to_numpy(norm.moving_mean)


def _seed_state(model: Model) -> int:
    (state,) = [each for each in model.variables if "seed_generator" in each.path]
    return int(state.value[1])


@on_torch
@pytest.mark.parametrize("order", ["channels_last", "channels_first"])
def test_they_train_in_place_with_channels_in_either_order(order: str, folder: Path) -> None:
    generator, discriminator = _pair(order=order)
    before = [generator.get_weights(), discriminator.get_weights()]
    run = _train(folder, (generator, discriminator), images=320, recipe=_recipe().without("ema"))
    assert not any(
        np.array_equal(old, new)
        for olds, model in zip(before, (generator, discriminator), strict=True)
        for old, new in zip(olds, model.get_weights(), strict=True)
        if old.any() or model is generator  # a bias of the discriminator may begin and stay at zero
    )
    assert np.abs(_moving_mean(generator)).max() > 0  # batch norm ran as in training
    assert run.sample(3).shape == (3, 8, 8, 1)
    made = generator.predict(np.zeros((2, LATENT), "float32"), verbose=0)
    assert made.shape == ((2, 8, 8, 1) if order == "channels_last" else (2, 1, 8, 8))
    generator.save(folder / "generator.keras")
    again = keras.models.load_model(folder / "generator.keras")
    assert np.array_equal(again.predict(np.zeros((2, LATENT), "float32"), verbose=0), made)


@on_torch
def test_the_average_is_that_of_the_weights(folder: Path) -> None:
    """One step, in which the average forgets half: it lies in the middle between the weights before and after."""
    generator, discriminator = _pair(dropout=0.2)
    module = generator_module(generator, (8, 8, 1), LATENT)
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    recipe = _recipe().with_("ema", half_life=16, ramp_up=None)
    _train(folder, (generator, discriminator), images=16, recipe=recipe)
    saved = safetensors.torch.load_file(folder / "generator.safetensors")
    assert saved.keys() == before.keys() == {"unseeded", *map(str, range(len(generator.variables)))}
    seen = 0
    for position, variable in enumerate(generator.variables):
        name = str(position)
        if variable.trainable:
            assert torch.allclose(saved[name], (before[name] + variable.value) / 2, atol=1e-7)
            seen += not torch.equal(before[name], variable.value)
    assert seen == len(generator.trainable_variables)


@on_torch
def test_the_statistics_of_an_average_are_estimated_anew() -> None:
    dense, norm = layers.Dense(3), layers.BatchNormalization()
    module = generator_module(keras.Sequential([dense, norm]), (3,), 5)
    copied = copy.deepcopy(module).eval()
    batches = torch.randn(2, 40, 5)
    live = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    copied.estimate_statistics([(batch, None) for batch in batches])
    hidden = batches @ dense.kernel.value.detach() + dense.bias.value.detach()
    mean, variance = hidden.mean(1).mean(0), hidden.var(1, correction=0).mean(0)
    expected = (hidden[0] - mean) / (variance + norm.epsilon).sqrt()
    assert torch.allclose(copied(batches[0]), expected, atol=1e-5)
    assert norm.momentum == 0.99
    assert all(torch.equal(live[name], tensor) for name, tensor in module.state_dict().items())


@on_torch
def test_they_resume_bit_for_bit_in_other_models_of_the_same_process(tmp_path: Path) -> None:
    """Dropout, batch norm and the average go on in models with other names, weights and random seeds."""
    whole = _pair(dropout=0.3)
    run = _train(tmp_path / "a", whole, images=320)
    interrupted = _pair(dropout=0.3)
    _train(tmp_path / "b", interrupted, images=160)
    others = _pair(seed=9, dropout=0.3)
    assert others[0].variables[0].path != whole[0].variables[0].path
    resumed = sg.resume(tmp_path / "b", images=320, data=_array(), generator=others[0], discriminator=others[1])
    assert np.array_equal(resumed.sample(4), run.sample(4))
    assert (tmp_path / "a/generator.safetensors").read_bytes() == (tmp_path / "b/generator.safetensors").read_bytes()
    for one, other in zip(whole, others, strict=True):
        for a, b in zip(one.variables, other.variables, strict=True):
            assert torch.equal(a.value, b.value)
    seeds = [_seed_state(model) for model in (whole[0], interrupted[0])]
    assert seeds[0] > seeds[1] > 0  # dropout with a seed of its own moves it; without one it follows PyTorch's
    rows = [[(row["images"], row.get("discriminator/loss")) for row in each.metrics] for each in (run, resumed)]
    assert rows[0][-1] == rows[1][-1]


@on_torch
def test_a_run_is_loaded_into_a_keras_model(folder: Path) -> None:
    run = _train(folder, _pair())
    fresh = _generator()
    loaded = sg.load(run.path, generator=fresh)
    assert np.array_equal(loaded.sample(4), run.sample(4))
    latents = loaded.generator.latents(4)
    made = fresh.predict(latents.numpy(), verbose=0)
    assert np.allclose(np.rint((made + 1) * 127.5), loaded.generator.images(latents).numpy(), atol=1)
    with pytest.raises(sg.SteadyganError, match=r"not built like that of .*: .*; give one that is"):
        sg.load(run.path, generator=keras.Sequential([layers.Dense(64), layers.Reshape((8, 8, 1))]))
    sg.train(_array(), tiny.small("naive"), out=folder.parent / "other", images=8, device="cpu")
    with pytest.raises(sg.SteadyganError, match=r"network 'dcgan', which is rebuilt .*leave generator= out"):
        sg.load(folder.parent / "other", generator=fresh)


@on_torch
def test_models_that_are_not_built_and_models_of_ones_own_class_train(folder: Path) -> None:
    generator, discriminator = Subclassed(), _unbuilt()
    _train(folder, (generator, discriminator), images=32)
    assert keras.ops.convert_to_numpy(generator.hidden[2].moving_mean).any()
    fresh = Subclassed()
    assert np.array_equal(sg.load(folder, generator=fresh).sample(2), sg.load(folder, generator=generator).sample(2))


class _TakesBoth(keras.Model):  # type: ignore[misc]
    """A discriminator whose ``call`` has an argument for labels."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = _discriminator(classes=3)

    def call(self, images: Any, labels: Any) -> Any:
        return self.inner([images, labels])


@on_torch
@pytest.mark.parametrize("discriminator", [lambda: _discriminator(classes=3), _TakesBoth])
def test_models_with_two_inputs_take_labels(discriminator: Callable[[], Model], folder: Path) -> None:
    data = (_array(), np.arange(64) % 3)
    generator = _generator(classes=3)
    embedding = next(layer for layer in generator.layers if isinstance(layer, layers.Embedding))
    before = embedding.get_weights()[0]
    run = _train(folder, (generator, discriminator()), images=160, data=data, labels=True)
    assert (embedding.get_weights()[0] != before).all(axis=1).tolist() == [True] * 3
    assert run.sample(2, class_name="1").shape == (2, 8, 8, 1)
    loaded = sg.load(folder, generator=_generator(classes=3))
    assert np.array_equal(loaded.sample(4, class_name="2"), run.sample(4, class_name="2"))


@on_torch
def test_vectors(folder: Path) -> None:
    generator = keras.Sequential([layers.Dense(16, activation="relu"), layers.Dense(3)])
    discriminator = keras.Sequential([layers.Dense(16, activation="relu"), layers.Dense(1)])
    run = _train(folder, (generator, discriminator), images=32, data=tiny.vectors().images)
    assert run.sample(4).shape == (4, 3)


@on_torch
@pytest.mark.parametrize("name", ["unrolled", "past-checkpoints", "historical-averaging", "packing"])
def test_heuristics_that_put_other_weights_into_a_network(name: str, folder: Path) -> None:
    discriminator = _discriminator()
    if name == "packing":
        discriminator = keras.Sequential([keras.Input((8, 8, 2)), layers.Conv2D(4, 8), layers.Flatten()])
        discriminator.add(layers.Dense(1))
    generator = _generator()
    before = generator.get_weights()[0]
    recipe = sg.recipe("dcgan").set("batch", 16).with_(name)
    _train(folder, (generator, discriminator), images=64, recipe=recipe)
    assert not np.array_equal(generator.get_weights()[0], before)


@on_torch
def test_bf16_and_compiling(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steadygan.training.session.refuse_uncompilable", lambda device: None)
    generator = _generator()
    discriminator = _ends_in(layers.Dense(1, dtype="mixed_bfloat16"))
    run = _train(folder, (generator, discriminator), images=32, precision="bf16", compile=True)
    assert all(np.isfinite(row.get("discriminator/loss", 0.0)) for row in run.metrics)
    notes = run.folder.read_json(run.folder.manifest)["notes"]
    assert [note for note in notes if "not compiled" in note] == [
        f"Your {player} is not compiled, because PyTorch's compiler cannot follow Keras"
        for player in ("generator", "discriminator")
    ]


@on_torch
def test_a_penalty_that_looks_for_layers_of_pytorch_finds_none(folder: Path) -> None:
    with pytest.raises(sg.SteadyganError, match=r"'orthogonal' finds no .* layer of PyTorch"):
        _train(folder, _pair(), recipe=_recipe().with_("orthogonal"))


# --- the module by itself


@on_torch
@pytest.mark.parametrize("seeded", [True, False])
def test_evaluation_changes_nothing_and_follows_the_seed_of_pytorch(seeded: bool) -> None:
    class AlwaysRandom(keras.layers.Layer):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.drop = layers.Dropout(0.5, seed=7) if seeded else None

        def call(self, x: Any) -> Any:
            return self.drop(x, training=True) if self.drop else x + keras.random.normal(keras.ops.shape(x))

    module = generator_module(keras.Sequential([layers.Dense(8), AlwaysRandom()]), (8,), 4).eval()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    made = []
    for seed in (0, 1, 0):
        torch.manual_seed(seed)
        made.append(module(torch.ones(2, 4)))
    assert torch.equal(made[0], made[2])
    assert not torch.equal(made[0], made[1])
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())
    module.train()
    again = copy.deepcopy(module)
    made = [module(torch.ones(2, 4)) for _ in range(2)]
    assert not torch.equal(made[0], made[1])
    assert torch.equal(again(torch.ones(2, 4)), made[0])  # a copy goes on from the same seeds


@on_torch
def test_the_models_variables_stay_those_of_the_module_wherever_it_is_moved() -> None:
    model = _generator(dropout=0.2)
    module = generator_module(model, (8, 8, 1), LATENT).to(memory_format=torch.channels_last).double()
    state = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    assert all(state[str(position)] is each.value for position, each in enumerate(model.variables))
    assert _moving_mean(model).dtype == np.float64


def _twins() -> tuple[tuple[Model, Model], tuple[nn.Module, nn.Module]]:
    """The same two networks in Keras and in PyTorch, with the same weights."""
    pair = _pair(dropout=0.0)
    generator = nn.Sequential(
        nn.Linear(LATENT, 4 * 4 * 8, bias=False),
        _ToMaps(),
        nn.BatchNorm2d(8, eps=1e-3, momentum=0.01),
        nn.ReLU(),
        nn.ConvTranspose2d(8, 1, 4, 2, 1),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(nn.Conv2d(1, 8, 4, 2, 1), nn.LeakyReLU(0.2), _Flatten(), nn.Linear(128, 1))
    for network, model in zip((generator, discriminator), pair, strict=True):
        weights = [each.value.detach() for each in model.trainable_variables]
        for parameter, weight in zip(network.parameters(), weights, strict=True):
            moved = weight.permute(3, 2, 0, 1) if weight.ndim == 4 else weight.T if weight.ndim == 2 else weight
            parameter.data.copy_(moved)
    return pair, (generator, discriminator)


class _ToMaps(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.view(-1, 4, 4, 8).permute(0, 3, 1, 2)


class _Flatten(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, 2, 3, 1).flatten(1)


@on_torch
def test_they_train_as_the_same_networks_of_pytorch_do(tmp_path: Path) -> None:
    models, networks = _twins()
    recipe = sg.recipe("dcgan").without("normal-init").set("batch", 16)
    _train(tmp_path / "keras", models, images=80, recipe=recipe, precision="fp32")
    _train(tmp_path / "torch", networks, images=80, recipe=recipe, precision="fp32")
    for network, model in zip(networks, models, strict=True):
        for parameter, variable in zip(network.parameters(), model.trainable_variables, strict=True):
            weight = variable.value.detach()
            moved = weight.permute(3, 2, 0, 1) if weight.ndim == 4 else weight.T if weight.ndim == 2 else weight
            assert torch.allclose(parameter.detach(), moved, atol=1e-5)
    assert np.allclose(_moving_mean(models[0]), networks[0][2].running_mean, atol=1e-6)


@on_torch
def test_a_module_gives_what_the_model_gives_and_its_derivatives() -> None:
    model = _discriminator()
    module = discriminator_module(model, (8, 8, 1)).eval()
    images = torch.randn(3, 1, 8, 8, requires_grad=True)
    direct = model(images.permute(0, 2, 3, 1), training=False)
    assert torch.equal(module(images), direct)
    (slope,) = torch.autograd.grad(module(images).sum(), images, create_graph=True)
    slope.square().sum().backward()
    assert model.trainable_variables[0].value.grad.abs().sum() > 0


@on_torch
def test_an_order_that_cannot_be_found_out_is_asked_for() -> None:
    def build(order: str | None) -> Model:
        images = keras.Input((None, None, None))
        if order is None:
            x = layers.Lambda(lambda each: keras.ops.mean(each, axis=(1, 2, 3)))(images)
            return keras.Model(images, layers.Dense(1)(layers.Reshape((1,))(x)))
        return keras.Model(images, layers.Dense(1)(layers.GlobalAveragePooling2D(data_format=order)(images)))

    with pytest.raises(sg.SteadyganError, match=r"channels may come first or last .*discriminator_module\(model"):
        discriminator_module(build(None), (8, 8, 1))
    assert (
        discriminator_module(build(None), (8, 8, 1), data_format="channels_first")(torch.ones(2, 1, 8, 8)).shape[0] == 2
    )
    with pytest.raises(ValueError, match="None"):
        build("channels_last")  # Keras itself wants to know the channels there


# --- refusals


def _frozen(model: Model) -> Model:
    model.trainable = False
    return model


def _ends_in(*last: Any) -> Model:
    return keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(), *last])


@on_torch
@pytest.mark.parametrize(
    ("generator", "discriminator", "sentence"),
    [
        (
            lambda: keras.Sequential([keras.Input((LATENT,)), layers.Dense(256), layers.Reshape((16, 16, 1))]),
            _discriminator,
            r"makes \[4, 1, 16, 16\] from latents \[4, 100\] and the data need \[4, 1, 8, 8\]; change",
        ),
        (
            lambda: keras.Sequential([keras.Input((7,)), layers.Dense(64), layers.Reshape((8, 8, 1))]),
            _discriminator,
            r"generator fails on latents of shape \[4, 100\]: .*expected .*; the recipe's latents have 100 numbers",
        ),
        (
            _generator,
            lambda: keras.Sequential([keras.Input((8, 8, 3)), layers.Flatten(), layers.Dense(1)]),
            r"discriminator fails on images of shape \[4, 8, 8, 1\]: Input 0 .* expected axis -1",
        ),
        (_generator, lambda: _ends_in(layers.Dense(2)), r"answers \[4, 2\] to 4 images; it must answer one logit each"),
        (_generator, lambda: _ends_in(layers.Dense(1, kernel_regularizer="l2")), "adds losses .* add a penalty"),
        (_generator, lambda: _ends_in(layers.Dense(1, kernel_constraint="max_norm")), "has a constraint on '.*kernel'"),
        (_generator, lambda: _ends_in(layers.TorchModuleWrapper(torch.nn.Linear(64, 1))), "holds PyTorch's Linear"),
        (_generator, lambda: _frozen(_discriminator()), "has no weight that can be trained; .*trainable in Keras"),
        (
            _generator,
            lambda: _ends_in(layers.SpectralNormalization(layers.Dense(1))),
            r"Keras' SpectralNormalization .*use steadygan\.keras\.layers\.SpectralNormalization",
        ),
        (_generator, lambda: _ends_in(layers.Dense(1, dtype="mixed_float16")), "computes in float16"),
    ],
)
def test_models_that_do_not_fit(
    generator: Callable[[], Model], discriminator: Callable[[], Model], sentence: str, folder: Path
) -> None:
    with pytest.raises(sg.SteadyganError, match=sentence):
        _train(folder, (generator(), discriminator()))
    assert not folder.exists()


@on_torch
def test_what_is_built_into_networks_is_the_users_to_build(folder: Path) -> None:
    with pytest.raises(sg.SteadyganError, match=r"'spectral-norm' is built .*steadygan\.keras\.layers.*docs/keras\.md"):
        _train(folder, _pair(), recipe=_recipe().with_("spectral-norm"))


def test_other_backends_are_refused_in_one_sentence(folder: Path) -> None:
    if BACKEND == "torch":
        pytest.skip("this backend is the one that trains")
    networks = keras.Sequential([layers.Dense(8)]), keras.Sequential([layers.Dense(1)])
    said = rf"The generator is a Keras model on the backend '{BACKEND}'.*steadygan\.keras\.GAN.*KERAS_BACKEND=torch"
    with pytest.raises(sg.SteadyganError, match=said):
        _train(folder, networks)
    assert not folder.exists()
    sg.train(_array(), tiny.small("naive"), out=folder, images=8, device="cpu")
    with pytest.raises(sg.SteadyganError, match=said):
        sg.load(folder, generator=networks[0])


@on_torch
def test_nobody_who_has_no_keras_model_waits_for_keras() -> None:
    program = "import sys, steadygan; steadygan.recipe('steady'), steadygan.train; sys.exit('keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def _of_the_package() -> tuple[Model, Model]:
    """Networks with layers of the package that keep something besides weights."""
    generator = keras.Sequential(
        [
            layers.Dense(4 * 4 * 8),
            layers.Reshape((4, 4, 8)),
            own_layers.BatchNormalization(unbiased=True),
            own_layers.GeneratorDropout(0.3),
            own_layers.SpectralNormalization(
                layers.Conv2DTranspose(1, 4, strides=2, padding="same", activation="tanh")
            ),
        ]
    )
    discriminator = keras.Sequential(
        [
            own_layers.InstanceNoise(0.1, images=1000),
            own_layers.SpectralNormalization(layers.Conv2D(8, 4, strides=2)),
            layers.Flatten(),
            own_layers.EqualisedLearningRate(layers.Dense(1)),
        ]
    )
    return generator, discriminator


@on_torch
def test_layers_of_the_package_train_and_resume(tmp_path: Path) -> None:
    keras.utils.set_random_seed(0)
    whole = _train(tmp_path / "a", _of_the_package(), images=96)
    keras.utils.set_random_seed(0)
    _train(tmp_path / "b", _of_the_package(), images=48)
    generator, discriminator = _of_the_package()
    run = sg.resume(tmp_path / "b", images=96, data=_array(), generator=generator, discriminator=discriminator)
    assert np.array_equal(run.sample(4), whole.sample(4))
    loaded = sg.load(tmp_path / "b", generator=_of_the_package()[0])
    assert np.array_equal(loaded.sample(4), whole.sample(4))
    assert not np.array_equal(loaded.sample(4, seed=1), whole.sample(4))
