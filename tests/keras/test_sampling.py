"""The command line makes images with files of Keras."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

keras = pytest.importorskip("keras")

from steadygan.cli import main

SIDE = 8


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A generator of nobody's in particular."""
    path = tmp_path / "gen.keras"
    layers = [keras.layers.Dense(SIDE**2, activation="tanh"), keras.layers.Reshape((SIDE, SIDE, 1))]
    keras.Sequential([keras.Input((5,)), *layers]).save(path)
    return path


def test_a_file_of_keras_makes_a_grid(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = model.with_suffix(".png")
    assert run("sample", str(model), "-n", "4", "--out", str(out), "--scale", "1") == 0
    assert "4 images in" in capsys.readouterr().out
    with Image.open(out) as picture:
        assert min(picture.size) >= 2 * SIDE


def test_a_seed_gives_the_same_images(model: Path) -> None:
    made = []
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        out = model.with_name(f"{name}.npz")
        assert run("sample", str(model), "-n", "3", "--out", str(out), "--seed", seed) == 0
        made.append(np.load(out)["images"])
    np.testing.assert_array_equal(made[0], made[1])
    assert not np.array_equal(made[0], made[2])


def test_a_file_of_keras_makes_a_walk(model: Path) -> None:
    out = model.with_suffix(".gif")
    assert run("interpolate", str(model), "-n", "2", "--stops", "2", "--frames", "2", "--out", str(out)) == 0
    with Image.open(out) as film:
        assert film.n_frames == 4  # type: ignore[attr-defined]


def test_a_class_is_refused_where_there_are_none(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("sample", str(model), "--class", "cat") == 2
    assert "takes no classes" in capsys.readouterr().err


def test_what_is_no_model_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "gen.keras").write_text("no model")
    assert run("sample", str(tmp_path / "gen.keras")) == 2
    error = capsys.readouterr().err
    assert "is no Keras model" in " ".join(error.split())
    assert "Traceback" not in error


def test_without_keras_one_sentence_says_what_to_install(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "sys.modules['keras'] = None\n"
        "from steadygan.cli import main\n"
        f"main(['sample', {str(tmp_path / 'gen.keras')!r}])\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "pip install 'steadygan[keras]'" in " ".join(ended.stderr.split())
    assert "Traceback" not in ended.stderr


def test_a_file_of_keras_is_evaluated(
    model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(model.parent)
    real = model.with_name("real.npz")
    np.savez(real, images=np.random.default_rng(0).integers(0, 256, (200, SIDE, SIDE, 1), dtype=np.uint8))
    model.with_name("features_of_keras_test.py").write_text("from torch import nn\nflat = nn.Flatten()\n")
    features = ("--features", "features_of_keras_test:flat")
    assert run("evaluate", model.name, "--against", real.name, "--samples", "30", *features) == 0
    assert capsys.readouterr().out.startswith("30 samples of gen.keras against real.npz, images of 8x8x1\n")
    assert run("evaluate", str(model)) == 2
    assert "--against DATA" in capsys.readouterr().err
