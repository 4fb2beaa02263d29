"""The page on extending: its package is built, installed beside this one, and trained with."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

PAGE = Path(__file__).parent.parent / "docs" / "extending.md"
HELD_OUT = ["--set", "adaptive-noise.measured=held-out"]
OPTIONS = ["--with", "cramer", "--with", "gradient-penalty", "--with", "adaptive-noise", *HELD_OUT]
OPTIONS += ["--set", "network=plain"]
SMALL = ["--set", "batch=8", "--set", "width=4", "--seed", "3"]


def files() -> dict[str, str]:
    """Every file of the page's package by its path."""
    return dict(re.findall(r"^`([\w./]+)`:\n\n```\w+\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which pip has installed the page's package."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    for path, text in files().items():
        (source / path).parent.mkdir(exist_ok=True)
        (source / path).write_text(text, "utf-8")
    (source / "my_gans" / "__init__.py").touch()
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--disable-pip-version-check", "--target", str(target), str(source)], check=True)
    return target


def steadygan(installed: Path, *arguments: str, processes: int = 1) -> str:
    """What the command line says with the package installed."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(installed), *sys.path[1:]]), "OMP_NUM_THREADS": "1"}
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    command = [sys.executable, *(launcher if processes > 1 else []), "-m", "steadygan", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, cwd=installed)
    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-2000:]
    return done.stdout


def weights(run: Path) -> dict[str, torch.Tensor]:
    newest = max((run / "checkpoints").glob("[0-9]*.pt"))
    saved = torch.load(newest, weights_only=True)
    flat = {f"{player} {name}": each for player, network in saved["networks"].items() for name, each in network.items()}
    return flat | {"strength": saved["memories"]["adaptive-noise"]["strength"]}


def test_the_package_says_how_many_lines_each_part_takes() -> None:
    said = {
        name: int(lines) for lines, name in re.findall(r"\| (\d+) \| `[^`]*my_gans[.](\w+)", PAGE.read_text("utf-8"))
    }
    counted = {Path(path).stem: len(text.splitlines()) for path, text in files().items() if path.endswith(".py")}
    assert said == counted


@pytest.mark.sweep
def test_names_of_an_installed_package_train_are_listed_and_resume_bit_for_bit(installed: Path, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    train = ["train", "stripes", *OPTIONS, *SMALL, "--metric", "brightness"]
    steadygan(installed, *train, "--images", "96", "--out", str(one))
    steadygan(installed, *train, "--images", "40", "--out", str(other))
    steadygan(installed, "train", "--resume", str(other), "--images", "96")
    expected, found = weights(one), weights(other)
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    toml = (one / "recipe.toml").read_text("utf-8")
    assert "[heuristics.cramer]" in toml
    assert "[heuristics.adaptive-noise]" in toml
    assert 'network = "plain"' in toml
    rows = (one / "metrics.jsonl").read_text("utf-8")
    assert "quality/brightness" in rows
    assert "adaptive-noise" in steadygan(installed, "heuristics")
    assert "energy distance" in steadygan(installed, "heuristics", "cramer")
    assert "bellemare2017cramer" in steadygan(installed, "cite", str(one))


@pytest.mark.sweep
def test_references_and_a_file_do_what_names_do(installed: Path, tmp_path: Path) -> None:
    named, referred, read = tmp_path / "named", tmp_path / "referred", tmp_path / "read"
    end = [*SMALL, "--images", "32", "--out"]
    steadygan(installed, "train", "stripes", *OPTIONS, *end, str(named))
    references = ["--with", "my_gans.cramer:Cramer", "--with", "gradient-penalty"]
    references += ["--with", "my_gans.noise:AdaptiveNoise", *HELD_OUT, "--set", "network=my_gans.networks:family"]
    steadygan(installed, "train", "my_gans.data:stripes", *references, *end, str(referred))
    recipe = tmp_path / "mine.toml"
    recipe.write_text((named / "recipe.toml").read_text("utf-8"), "utf-8")
    steadygan(
        installed, "train", "stripes", "--recipe", str(recipe), "--seed", "3", "--images", "32", "--out", str(read)
    )
    expected = weights(named)
    for other in (referred, read):
        found = weights(other)
        assert all(torch.equal(expected[name], found[name]) for name in expected)


@pytest.mark.sweep
def test_two_processes_do_what_one_does(installed: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    plain = ["--with", "sgd-discriminator", "--set", "sgd-discriminator.lr=0.01", "--precision", "fp32"]
    train = ["train", "stripes", *OPTIONS, *SMALL, *plain, "--images", "8", "--out"]
    steadygan(installed, *train, str(one))
    steadygan(installed, *train, str(two), processes=2)
    expected, found = weights(one), weights(two)
    for name in (name for name in expected if name.startswith("discriminator")):
        # One step of plain descent: sums of some thousand terms in another order differ by some 1e-4 of their size
        # at the most, and the rate makes a hundredth of it.
        torch.testing.assert_close(found[name], expected[name], rtol=0, atol=1e-5, msg=name)
