"""The programs of docs/keras.md and README's on Keras, run as a reader would paste them; each section is a program."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from keras import ops

import steadygan.keras as sgk
from tests.test_readme import share

ROOT = Path(__file__).parents[2]
PAGE, README = ROOT / "docs" / "keras.md", ROOT / "README.md"


def sections(page: Path) -> dict[str, list[str]]:
    """The blocks of Python below each heading of the second level."""
    found = {}
    for part in re.split(r"^## ", page.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        blocks = re.findall(r"```python\n(.*?)```", part, re.DOTALL)
        if blocks:
            found[part.splitlines()[0]] = blocks
    return found


def run(blocks: list[str]) -> dict[str, Any]:
    """The names that a section's blocks leave, one after another; those that ask for what is not there yet wait."""
    names: dict[str, Any] = {}
    here = [block for block in blocks if all(hasattr(sgk, name) for name in re.findall(r"\bsgk\.(\w+)", block))]
    if not here:
        pytest.skip("steadygan.keras.GAN is not there yet")
    for block in here:
        exec(compile(block, "page", "exec"), names)
    return names


def array(value: Any) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(value))


@pytest.fixture(autouse=True)
def _apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_every_section_is_tested_here() -> None:
    assert list(sections(PAGE)) == [
        "A GAN in ten lines",
        "Pieces for models of your own",
        "`sg.train` with Keras models",
        "Runs as Keras files, and Keras files at the command line",
        "The eleven practices",
        "What is wrong with the classic loop",
        "Questions",
    ]


def test_a_gan_in_ten_lines() -> None:
    names = run(sections(PAGE)["A GAN in ten lines"])
    samples = names["samples"]
    assert samples.shape == (16, 8, 8, 1)
    assert samples.dtype == np.float32
    assert np.abs(samples).max() <= 1
    assert {"discriminator/loss", "generator/loss", "logits/real", "logits/fake"} <= names["history"].history.keys()
    assert np.array_equal(names["gan"].generate(4, seed=0), names["again"].generate(4, seed=0))
    if hasattr(sgk, "RunLogger"):
        assert Path("runs/keras/report.html").is_file()
        assert names["own"].images_seen == 256  # one of two batches in each of the four steps is the generator's


def test_pieces_for_models_of_your_own() -> None:
    names = run(sections(PAGE)["Pieces for models of your own"])
    assert np.isfinite(names["loss"])
    names["discriminator"].save("discriminator.keras")
    with keras.saving.custom_object_scope({"Discriminator": names["Discriminator"]}):
        again = keras.models.load_model("discriminator.keras")
    same = [each.predict(names["images"], verbose=0) for each in (names["discriminator"], again)]
    np.testing.assert_allclose(*same, rtol=0, atol=1e-6)


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="there it is refused")
def test_training_keras_models(brief: None) -> None:
    """For fewer images."""
    (text,) = sections(PAGE)["`sg.train` with Keras models"]
    names = run([text.replace("images=2000", "images=64").replace("images=4000", "images=128")])
    assert names["run"].sample(4).shape == (4, 8, 8, 1)
    assert all(Path(each).is_file() for each in ("live.keras", "averaged.keras", "runs/keras/report.html"))


def test_runs_as_keras_files() -> None:
    share(Path("letters"))
    names = run(sections(PAGE)["Runs as Keras files, and Keras files at the command line"])
    assert names["images"].shape == (8, 32, 32, 3)
    assert np.abs(names["images"]).max() <= 1


def test_the_eleven_practices() -> None:
    """Each does what its comment says."""
    names = run(sections(PAGE)["The eleven practices"])
    assert tuple(names["down"].compute_output_shape((2, 28, 28, 1))) == (2, 14, 14, 64)
    assert tuple(names["up"].compute_output_shape((2, 7, 7, 128))) == (2, 14, 14, 64)
    assert float(names["rectifier"](np.array([-1.0], "float32"))[0]) == pytest.approx(-0.2)
    before = array(names["block"].layers[0](names["real"]))
    assert np.abs(array(names["block"](names["real"], training=True)) - leaky(normalised(before))).max() < 1e-3
    weights = [array(each(np.ones((1, 50), "float32")) * 0 + each.kernel) for each in (names["first"], names["second"])]
    assert not np.array_equal(*weights)
    assert all(each.std() == pytest.approx(0.02, rel=0.15) for each in weights)
    assert float(names["optimizer"].learning_rate) == pytest.approx(2e-4)
    assert names["optimizer"].beta_1 == 0.5
    assert np.array_equal(np.rint((array(names["real"]) + 1) * 127.5), names["stored"])
    assert array(names["real"]).dtype == np.float32
    assert abs(array(names["latents"]()).mean()) < 0.2
    real, fake, noisy = (array(names[each]) for each in ("real_targets", "fake_targets", "noisy"))
    assert real.min() >= 0.7
    assert real.max() <= 1.2
    assert fake.min() >= 0
    assert fake.max() <= 0.3
    assert np.all((noisy <= 0.3) | (noisy >= 0.7))
    assert names["d"].optimizer.iterations == 4
    assert names["both"].optimizer.iterations == 2
    assert names["d"].trainable


def normalised(maps: np.ndarray) -> np.ndarray:
    return (maps - maps.mean((0, 1, 2))) / np.sqrt(maps.var((0, 1, 2)) + 1e-5)


def leaky(maps: np.ndarray) -> np.ndarray:
    return np.where(maps > 0, maps, 0.2 * maps)


@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")
def test_the_classic_loop_and_its_repair() -> None:
    names = run(sections(PAGE)["What is wrong with the classic loop"])
    assert names["never_trained"]
    assert names["trains"]
    assert names["stands_still"]


def test_the_questions() -> None:
    names = run(sections(PAGE)["Questions"])
    expected = [[0.9 + 0.1 / 3, 0.1 / 3, 0.1 / 3], [0.1 / 3, 0.1 / 3, 0.9 + 0.1 / 3]]
    np.testing.assert_allclose(array(names["classes"]), expected, rtol=1e-5)
    assert abs(names["by_batch"]) < 0.01
    assert names["by_averages"] > 4.5


def test_readme() -> None:
    """Smaller, for one epoch."""
    (text,) = (block for blocks in sections(README).values() for block in blocks if "steadygan.keras" in block)
    small = text.replace("epochs=10", "epochs=1").replace("shape=(32, 32, 3)", "shape=(8, 8, 3), width=4")
    assert small.count("width=4") == small.count("epochs=1") == 1
    names = run([f"import numpy\nimages = numpy.zeros((64, 8, 8, 3), 'uint8')\n{small}"])
    assert names["samples"].shape == (64, 8, 8, 3)
