"""A run's generator as a Keras file, and Keras files as generators of the command line."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

keras = pytest.importorskip("keras")

import steadygan as sg
from steadygan.arrays import Array
from steadygan.blueprint import Norm
from steadygan.errors import SteadyganError
from steadygan.feeding.scaling import Scaling
from steadygan.keras.export import DESCRIPTION, export
from steadygan.keras.model import GAN
from steadygan.keras.sampling import load_generator
from steadygan.networks import build
from steadygan.runs.export import GeneratorConfig, TrainedGenerator
from tests.keras.networks.pairs import LATENT, SHAPES, WIDTH, array, blueprint_of, channels_last, scramble


class _Run:
    def __init__(self, generator: TrainedGenerator) -> None:
        self.generator = generator


def _trained(network: str, **fields: Any) -> TrainedGenerator:
    """A generator whose weights are no initial ones."""
    blueprint = blueprint_of(network).changed(**fields)
    torch.manual_seed(0)
    made = build(network, blueprint, SHAPES[network], LATENT, WIDTH).generator
    scramble(made)
    made(torch.randn(8, LATENT), *([torch.arange(8) % 3] if blueprint.generator_takes_labels else []))
    shares = (0.5, 0.25, 0.25) if blueprint.generator_takes_labels else ()
    vectors = Scaling(image_range=None, mean=(1.0, -2.0, 0.0, 0.5, 3.0), std=(2.0, 1.0, 0.5, 1.0, 4.0))
    config = GeneratorConfig(
        network=network,
        blueprint=blueprint,
        width=WIDTH,
        blocks=2,
        shape=SHAPES[network],
        latent="uniform-latent",
        latent_parameters={"dimension": LATENT},
        scaling=vectors if network == "mlp" else Scaling(image_range=blueprint.image_range),
        class_names=("one", "two", "three"),
        class_shares=shares,
    )
    return TrainedGenerator(made.eval().requires_grad_(False), config, torch.device("cpu"))


def _package(trained: TrainedGenerator, z: Array, labels: Array | None) -> Array:
    """What the package makes, in [-1, 1] or in the data's own units."""
    given = (torch.tensor(z),) if labels is None else (torch.tensor(z), torch.tensor(labels))
    made = trained.network(*given)
    scaling = trained.config.scaling
    made = scaling.to_storage(made) if scaling.image_range is None else scaling.to_unit(made)
    images: Array = channels_last(made).numpy()
    return images


CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "images": ("dcgan", {}),
    "images in [0, 1]": ("dcgan", {"output": "sigmoid", "upsampling": "pixel-shuffle", "generator_filtered": True}),
    "spectral norm": ("dcgan", {"generator_spectral": 1, "attention": 3}),
    "classes": ("resnet", {"generator_norm": Norm(conditional=True), "generator_embedding": 4}),
    "a reference batch": ("dcgan", {"generator_norm": Norm(kind="virtual-batch", reference=4)}),
    "residual blocks": ("r3gan", {"generator_embedding": 4}),
    "vectors": ("mlp", {"equalised": True}),
}


@pytest.mark.parametrize("case", CASES)
def test_an_exported_generator_makes_the_same_images(case: str, tmp_path: Path) -> None:
    network, fields = CASES[case]
    trained = _trained(network, **fields)
    path = export(_Run(trained), tmp_path / "generator.keras")
    z = np.random.default_rng(0).standard_normal((7, LATENT)).astype("float32")
    labels = np.array([0, 1, 2, -1, 0, 1, 2], "int32") if trained.config.class_shares else None
    expected = _package(trained, z, labels)
    model = keras.saving.load_model(path)
    made = array(model(z if labels is None else [z, labels]))
    np.testing.assert_allclose(made, expected, atol=1e-5 * max(1.0, float(np.abs(expected).max())))
    # Read as a generator again, it makes what the run makes: the same latents, classes and 8-bit images.
    read = load_generator(path)
    assert read.config.latent == "uniform-latent"
    mine, theirs = read.sample(5, seed=3), trained.sample(5, seed=3)
    assert mine.dtype == theirs.dtype
    np.testing.assert_allclose(
        mine.numpy().astype(float), theirs.numpy().astype(float), atol=1 if mine.ndim == 4 else 1e-4
    )


def test_an_exported_generator_of_usual_layers_is_of_keras_alone(tmp_path: Path) -> None:
    path = export(_Run(_trained("dcgan", equalised=True)), tmp_path / "generator.keras")
    with zipfile.ZipFile(path) as archive:
        config = archive.read("config.json").decode()
        assert json.loads(archive.read(DESCRIPTION))["network"] == "dcgan"
    assert "steadygan" not in config


def test_a_file_of_another_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SteadyganError, match=r"ends in \.keras"):
        export(_Run(_trained("dcgan")), tmp_path / "generator.h5")


def test_a_folder_without_a_generator_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SteadyganError, match="holds no generator"):
        export(tmp_path, tmp_path / "generator.keras")


def _own(path: Path, *layers: Any) -> Path:
    keras.Sequential([keras.Input((LATENT,)), *layers]).save(path)
    return path


@pytest.mark.parametrize(("activation", "image_range"), [("tanh", (-1.0, 1.0)), ("sigmoid", (0.0, 1.0))])
def test_anyones_generator_makes_images(activation: str, image_range: tuple[float, float], tmp_path: Path) -> None:
    layers = [keras.layers.Dense(48), keras.layers.Reshape((4, 4, 3)), keras.layers.Activation(activation)]
    read = load_generator(_own(tmp_path / "own.keras", *layers))
    assert read.config.scaling.image_range == image_range
    made = read.sample(3, seed=1)
    assert made.shape == (3, 4, 4, 3)
    assert made.dtype == torch.uint8
    latents = read.latents(3, seed=1)
    model = keras.saving.load_model(tmp_path / "own.keras")
    low, high = image_range
    expected = (array(model(latents.numpy())) - low) / (high - low) * 255
    np.testing.assert_allclose(made.numpy(), expected, atol=0.51)


def test_what_is_no_keras_model_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "text.keras"
    path.write_text("no archive")
    with pytest.raises(SteadyganError, match="is no Keras model"):
        load_generator(path)
    with pytest.raises(SteadyganError, match="There is no file"):
        load_generator(tmp_path / "nothing.keras")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")
    with pytest.raises(SteadyganError, match="Keras cannot load"):
        load_generator(path)


def test_program_code_in_a_file_is_not_run(tmp_path: Path) -> None:
    layers = keras.layers.Dense(12), keras.layers.Lambda(lambda x: x * 2)
    with pytest.raises(SteadyganError, match="Keras cannot load"):
        load_generator(_own(tmp_path / "code.keras", *layers))


def test_a_model_that_is_no_generator_is_refused(tmp_path: Path) -> None:
    layers = keras.layers.Dense(32), keras.layers.Reshape((4, 4, 2))
    with pytest.raises(SteadyganError, match="a generator maps"):
        load_generator(_own(tmp_path / "other.keras", *layers))
    latents, labels = keras.Input((LATENT,)), keras.Input((), dtype="int32")
    vectors = keras.layers.Embedding(3, LATENT)(labels)
    made = keras.layers.Reshape((2, 3, 1))(keras.layers.Add()([latents, vectors]))
    keras.Model([latents, labels], made).save(tmp_path / "labelled.keras")
    with pytest.raises(SteadyganError, match="how many classes"):
        load_generator(tmp_path / "labelled.keras")


def test_a_saved_gan_gives_its_generator(tmp_path: Path) -> None:
    """Its file is read in a program that has imported nothing of the GAN."""
    gan = GAN(sg.recipe("steady").with_("label-embedding").change(values={"width": 2}), shape=(8, 8, 1), classes=3)
    gan.compile()
    gan.save(tmp_path / "gan.keras")
    program = (
        "from steadygan.keras.sampling import load_generator\n"
        f"made = load_generator({str(tmp_path / 'gan.keras')!r}).sample(4, seed=3, class_name='1')\n"
        f"import numpy; numpy.save({str(tmp_path / 'made.npy')!r}, made.numpy())\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    expected = (gan.generate(4, labels=[1] * 4, seed=3) + 1) * 127.5
    np.testing.assert_allclose(np.load(tmp_path / "made.npy"), expected, atol=0.51)


def test_a_damaged_description_is_refused(tmp_path: Path) -> None:
    path = _own(tmp_path / "own.keras", keras.layers.Dense(4))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(DESCRIPTION, "{}")
    with pytest.raises(SteadyganError, match=r"steadygan\.json in"):
        load_generator(path)
