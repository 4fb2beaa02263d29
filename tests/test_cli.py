import contextlib
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
import zipfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import steadygan
from steadygan.cli import main
from steadygan.heuristics.catalogue import BUILT_IN
from steadygan.recipes import parse, recipe, recipe_names
from tests import tiny
from tests.data import hostile

COMMANDS = (
    "train",
    "sample",
    "interpolate",
    "evaluate",
    "diagnose",
    "recipes",
    "heuristics",
    "cite",
    "clean",
    "report",
    "study",
)
SMALL = ("--recipe", "naive", "--set", "batch=4", "--set", "width=2")


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    return capsys


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, brief: None) -> Path:
    """A working directory with a few images in an array."""
    monkeypatch.chdir(tmp_path)
    np.savez("images.npz", images=tiny.images().images)
    return tmp_path


def train(*arguments: str) -> None:
    assert run("train", *arguments, *SMALL) == 0


# --- help


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_within_80_columns(
    command: str, said: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERMINAL_WIDTH", "80")
    helps = []
    for option in ("-h", "--help"):
        assert run(command, option) == 0
        helps.append(said.readouterr().out)
    assert helps[0] == helps[1]
    assert f"Usage: steadygan {command}" in helps[0]
    assert "…" not in helps[0]
    assert all(len(line) <= 80 for line in helps[0].splitlines())


@pytest.mark.parametrize("arguments", [(), ("-h",), ("--help",)])
def test_without_a_command_all_of_them_are_listed(arguments: tuple[str, ...], said: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == 0
    out = said.readouterr().out
    for command in COMMANDS:
        assert f" {command} " in out


def test_the_version_is_that_of_the_package(said: pytest.CaptureFixture[str]) -> None:
    assert run("--version") == 0
    assert said.readouterr().out == f"steadygan {version('steadygan')}\n"


# --- recipes and heuristics


def test_recipes_are_listed(said: pytest.CaptureFixture[str]) -> None:
    assert run("recipes") == 0
    assert [line.split()[0] for line in said.readouterr().out.splitlines()] == list(recipe_names())


@pytest.mark.parametrize("name", recipe_names())
def test_what_is_shown_of_a_recipe_is_a_file_that_trains(
    name: str, said: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run("recipes", name) == 0
    path = tmp_path / "mine.toml"
    path.write_text(said.readouterr().out)
    assert recipe(path) == recipe(name)


def test_heuristics_are_listed(said: pytest.CaptureFixture[str]) -> None:
    assert run("heuristics") == 0
    lines = said.readouterr().out.splitlines()
    names = [line.split()[0] for line in lines if line.startswith("  ") and line != "  beside it:"]
    assert sorted(names) == sorted(kind.name for kind in BUILT_IN)


def test_one_heuristic_is_shown_with_signs_that_a_terminal_could_take_for_its_own(
    said: pytest.CaptureFixture[str],
) -> None:
    assert run("heuristics", "uniform-latent") == 0
    assert "z ~ U[-1, 1]" in said.readouterr().out


# --- training


def test_a_run_is_trained_as_asked(place: Path, said: pytest.CaptureFixture[str]) -> None:
    options = (
        "--images",
        "16",
        "--seed",
        "3",
        "--keep",
        "2",
        "--channels",
        "3",
        "--resolution",
        "9",
        "--device",
        "cpu",
    )
    train("images.npz", "--out", "my run", "--with", "ema", "--set", "ema.half_life=50", "--with", "r1", *options)
    stored = json.loads(Path("my run/run.json").read_text())
    assert stored["data"]["shape"] == [9, 9, 3]
    assert (stored["training"]["images"], stored["training"]["seed"], stored["training"]["keep"]) == (16, 3, 2)
    chosen = parse(Path("my run/recipe.toml").read_text(), "recipe.toml")
    assert [each.name for each in chosen.heuristics] == ["r1", "ema"]
    assert chosen.heuristics[1].parameters()["half_life"] == 50
    assert chosen.settings.width == 2
    out = said.readouterr().out
    assert "24 images of 9x9x3 from images.npz" in out
    assert "report: my run/report.html\n" in out
    assert "steadygan sample 'my run' -n 64" in out
    assert not out.endswith("\n\n")


def test_runs_without_a_name_are_numbered(place: Path) -> None:
    for _ in range(2):
        train("images.npz", "--images", "4")
    assert sorted(path.name for path in Path("runs").iterdir()) == ["naive-1", "naive-2"]


@pytest.mark.parametrize(("options", "times"), [((), 1), (("--no-keep-memory",), 0)])
def test_memory_is_kept_unless_that_is_switched_off(
    place: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], times: int
) -> None:
    asked: list[bool] = []
    monkeypatch.setattr("steadygan.commands.keep_memory", lambda: asked.append(True))
    train("images.npz", "--images", "4", *options)
    assert len(asked) == times


def test_a_run_is_replaced_only_when_that_is_asked(place: Path) -> None:
    train("images.npz", "--images", "8", "--out", "run")
    assert run("train", "images.npz", "--images", "4", "--out", "run", *SMALL) == 2
    assert (place / "run" / "checkpoints" / "000000000008.pt").exists()
    train("images.npz", "--images", "4", "--out", "run", "--overwrite")
    assert not (place / "run" / "checkpoints" / "000000000008.pt").exists()


def test_a_start_that_fails_spares_the_run_that_it_would_have_replaced(place: Path) -> None:
    train("images.npz", "--images", "8", "--out", "run")
    assert run("train", "nothing.npz", "--out", "run", "--overwrite") == 2
    assert (place / "run" / "checkpoints" / "000000000008.pt").exists()


def test_a_run_goes_on_as_if_it_had_never_stopped(place: Path, said: pytest.CaptureFixture[str]) -> None:
    train("images.npz", "--images", "40", "--out", "whole")
    train("images.npz", "--images", "20", "--out", "run")
    assert run("train", "--resume", "run", "--images", "40") == 0
    assert tiny.differences(tiny.newest(place / "whole"), tiny.newest(place / "run")) == []
    assert "going on with run" in said.readouterr().out


def test_settings_that_did_not_change_may_be_named_again_on_resume(place: Path) -> None:
    train("images.npz", "--images", "8", "--out", "run", "--seed", "2", "--with", "ema")
    path = str(place / "images.npz")
    again = ("--device", "auto", "--precision", "auto", "--seed", "2", "--with", "ema", "--without", "r1", *SMALL)
    assert run("train", path, "--resume", "run", "--images", "12", *again) == 0


def test_a_run_may_be_compiled_and_go_on_uncompiled(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steadygan.training.compiled.COMPILER", "aot_eager")  # needs no C++ compiler, and no time
    stored = place / "run" / "run.json"
    train("images.npz", "--images", "8", "--out", "run", "--compile")
    assert json.loads(stored.read_text())["training"]["compile"] is True
    assert run("train", "--resume", "run", "--images", "12") == 0
    assert json.loads(stored.read_text())["training"]["compile"] is True
    assert run("train", "--resume", "run", "--images", "16", "--no-compile") == 0
    assert json.loads(stored.read_text())["training"]["compile"] is False


def test_a_new_number_of_images_on_resume_is_kept(place: Path) -> None:
    train("images.npz", "--images", "8", "--out", "run")
    assert run("train", "--resume", "run", "--images", "0.012k") == 0
    assert json.loads(Path("run/run.json").read_text())["training"]["images"] == 12


def test_bad_files_are_counted_on_screen_and_named_in_the_run_folder(
    place: Path, said: pytest.CaptureFixture[str]
) -> None:
    photos = place / "photos"
    expected = hostile.build(photos)
    hostile.good(photos, 12)
    train("photos", "--images", "8", "--resolution", "8", "--out", "run")
    skipped = {each["path"]: each["reason"] for each in json.loads(Path("run/skipped.json").read_text())}
    assert skipped.keys() == expected.keys()
    for path, reason in expected.items():
        assert reason in skipped[path]
    out = said.readouterr().out
    assert "12 images of 8x8x3 from photos" in out
    assert f"{len(expected)} files skipped" in out
    report = Path("run/report.html").read_text()
    for path in expected:
        assert path in report


@pytest.mark.parametrize("others", [5, 0])
def test_images_of_a_single_colour_are_counted_on_screen_and_named_in_the_run_folder(
    others: int, place: Path, said: pytest.CaptureFixture[str]
) -> None:
    Path("photos").mkdir()
    for number in range(6 - others):
        Image.new("RGB", (8, 8), (255, number, 0)).save(f"photos/plain{number}.png")
    hostile.good(place / "photos", others, (8, 8))
    train("photos", "--images", "8", "--out", "run")
    names = [f"plain{number}.png" for number in range(6 - others)]
    assert json.loads(Path("run/single_colour.json").read_text()) == names
    count = "1 image is" if others else "6 images are"
    assert f"{count} of a single colour (listed in single_colour.json and the report)\n" in said.readouterr().out
    report = Path("run/report.html").read_text()
    assert 'id="single-colour"' in report
    assert all(name in report for name in names)
    Path("run/single_colour.json").unlink()
    assert run("train", "--resume", "run", "--images", "12") == 0
    assert json.loads(Path("run/single_colour.json").read_text()) == names


def test_classes_are_named_on_screen(place: Path, said: pytest.CaptureFixture[str]) -> None:
    hostile.good(place / "photos" / "cats", 3)
    hostile.good(place / "photos" / "[dogs]", 3)
    train("photos", "--images", "4")
    assert "2 classes: [dogs], cats\n" in said.readouterr().out


def test_vectors_train_too_and_it_is_said_what_was_left_out(place: Path, said: pytest.CaptureFixture[str]) -> None:
    np.savez("points.npz", points=tiny.vectors().images)
    assert run("train", "points.npz", "--images", "4", "--out", "run", "--set", "batch=4", "--set", "width=2") == 0
    assert "The data are vectors: network mlp, without batch-norm" in said.readouterr().out


def test_a_value_may_be_written_as_in_toml_or_as_a_word(place: Path) -> None:
    values = ("--set", "adam.betas=[0.1, 0.9]", "--set", "adam.lr=.001", "--set", "network=dcgan")
    train("images.npz", "--images", "4", "--out", "run", "--with", "adam", *values)
    adam = parse(Path("run/recipe.toml").read_text(), "recipe.toml").heuristics[0]
    assert adam.parameters() == {"lr": 0.001, "betas": [0.1, 0.9], "eps": 1e-08}


# --- what comes after


def test_samples_walks_and_reports_are_made_of_a_run(place: Path, said: pytest.CaptureFixture[str]) -> None:
    train("images.npz", "--images", "8", "--out", "run")
    Path("run/report.html").unlink()
    said.readouterr()
    assert run("sample", "run", "-n", "4", "--out", "made.npz", "--seed", "7") == 0
    assert run("interpolate", "run", "--out", "walk.gif", "-n", "1", "--stops", "2", "--frames", "2") == 0
    assert run("report", "run") == 0
    assert said.readouterr().out == "4 images in made.npz\n4 frames of 1 image in walk.gif\nrun/report.html\n"
    np.testing.assert_array_equal(np.load("made.npz")["images"], steadygan.load("run").sample(4, seed=7))
    assert Image.open("walk.gif").format == "GIF"
    assert "<html" in Path("run/report.html").read_text()


def test_samples_go_to_a_grid_if_nothing_else_is_said(place: Path) -> None:
    train("images.npz", "--images", "4", "--out", "run")
    assert run("sample", "run") == 0
    assert Image.open("samples.png").size == (8 * 34 + 2, 8 * 34 + 2)


def test_two_files_of_a_run_are_enough_to_sample_from(place: Path, said: pytest.CaptureFixture[str]) -> None:
    train("images.npz", "--images", "4", "--out", "run")
    shared = place / "shared"
    shared.mkdir()
    for name in ("generator.safetensors", "generator.json"):
        (place / "run" / name).rename(shared / name)
        if name != "generator.json":
            assert run("sample", "shared") == 2
            assert "'shared' has no generator.json; copy both" in said.readouterr().err
    assert run("sample", "shared", "-n", "4", "--out", "made.npz") == 0
    assert run("interpolate", "shared", "--out", "walk.gif", "-n", "1", "--stops", "2", "--frames", "1") == 0
    loaded = steadygan.load("shared")
    np.testing.assert_array_equal(np.load("made.npz")["images"], loaded.sample(4))
    assert repr(loaded) == "<Run 'shared': its generator alone>"
    assert loaded.metrics == []
    assert sorted(path.name for path in shared.iterdir()) == ["generator.json", "generator.safetensors"]


def test_a_folder_without_a_generator_is_refused(place: Path, said: pytest.CaptureFixture[str]) -> None:
    (place / "empty").mkdir()
    for command, folder, reason in (
        ("sample", "empty", "'empty' holds no generator; give the folder of a run, or one with generator.safetensors"),
        ("interpolate", "nowhere", "There is no run folder 'nowhere'"),
        ("train --resume", "empty", "it has no run.json"),
    ):
        assert run(*command.split(), folder) == 2
        assert reason in said.readouterr().err


def test_samples_and_walks_are_enlarged_as_asked(place: Path) -> None:
    train("images.npz", "--images", "4", "--out", "run")
    assert run("sample", "run", "-n", "1", "--out", "large.jpg", "--scale", "9") == 0
    assert run("interpolate", "run", "-n", "1", "--stops", "2", "--out", "large.webp", "--scale", "9") == 0
    assert Image.open("large.jpg").size == Image.open("large.webp").size == (8 * 9 + 4, 8 * 9 + 4)
    assert run("sample", "run", "--scale", "0") == 2


def test_samples_are_evaluated(place: Path, said: pytest.CaptureFixture[str]) -> None:
    train("images.npz", "--images", "8", "--out", "run")
    network = "from torch import nn\nsmall = nn.Sequential(nn.AdaptiveAvgPool2d(4), nn.Flatten())\n"
    (place / "features_of_mine.py").write_text(network)
    np.savez("more.npz", images=tiny.images(60, seed=1).images)
    said.readouterr()
    options = ("--features", "features_of_mine:small", "--samples", "30")
    assert run("evaluate", "run", "--against", "more.npz", *options, "--out", "found") == 0
    out = said.readouterr().out
    assert out.startswith("30 samples of run against more.npz, images of 8x8x1\n")
    assert "\n  frechet_distance " in out
    assert "found" in out.splitlines()[-1]
    assert {"evaluation.json", "nearest-by-pixels.png"} <= {path.name for path in Path("found").iterdir()}
    assert run("evaluate", "more.npz", "--against", "more.npz", *options, "--seed", "1", "--json") == 0
    found = json.loads(said.readouterr().out)
    assert (found["samples"], found["count"], found["seed"]) == ("more.npz", 30, 1)
    assert run("evaluate", "more.npz") == 2
    assert "--against DATA" in said.readouterr().err


# --- when something breaks


def test_too_little_memory_is_said_in_a_sentence(place: Path, said: pytest.CaptureFixture[str]) -> None:
    train("images.npz", "--images", "4", "--out", "run")
    said.readouterr()
    assert run("sample", "run", "-n", str(10**15), "--out", "made.npz") == 2
    assert "not enough memory" in said.readouterr().err
    assert not Path("made.npz").exists()


def test_a_missing_library_is_said_before_anything_is_made(
    place: Path, said: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    assert run("train", "images.npz", "--tensorboard", "--out", "run") == 2
    assert "pip install 'steadygan[tensorboard]'" in said.readouterr().err
    assert not Path("run").exists()


def test_a_fault_of_the_program_is_not_taken_for_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str, kinds: object) -> str:
        raise ZeroDivisionError(name)

    monkeypatch.setattr("steadygan.cards.terminal.heuristic_page", broken)
    with pytest.raises(ZeroDivisionError):
        main(["heuristics", "r1"])


def test_a_second_ctrl_c_breaks_off_with_its_own_status(
    monkeypatch: pytest.MonkeyPatch, said: pytest.CaptureFixture[str]
) -> None:
    def interrupted(name: str, kinds: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("steadygan.cards.terminal.heuristic_page", interrupted)
    assert run("heuristics", "r1") == 130
    assert said.readouterr().err == "broken off; what was saved before is intact\n"


# --- as a program


def program(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "steadygan", *arguments]


def environment() -> dict[str, str]:
    source = str(Path(steadygan.__file__).parents[1])
    return {**os.environ, "PYTHONPATH": source, "OMP_NUM_THREADS": "1", "COLUMNS": "80", "TERM": "xterm"}


def screen(descriptor: int, seconds: float, until: str) -> str:
    """What appears on a terminal until some words do, or the program is gone."""
    seen, end = b"", time.monotonic() + seconds
    while time.monotonic() < end and until.encode() not in seen:
        if not select.select([descriptor], [], [], 0.2)[0]:
            continue
        with contextlib.suppress(OSError):
            if data := os.read(descriptor, 65536):
                seen += data
                continue
        break
    return seen.decode("utf-8", "replace")


def test_ctrl_c_on_a_terminal_saves_and_says_how_to_go_on(tmp_path: Path) -> None:
    np.savez(tmp_path / "images.npz", images=tiny.images().images)
    ours, theirs = pty.openpty()
    arguments = program("train", "images.npz", "--minutes", "30", "--out", "my run", *SMALL)
    with subprocess.Popen(
        arguments,
        cwd=tmp_path,
        env=environment() | {"COLUMNS": "160"},  # room for everything that the line may say
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        try:
            seen = screen(ours, 120, "loss D")
            process.send_signal(signal.SIGINT)
            seen += screen(ours, 120, "--out grid.png")
            assert process.wait(180) == 0
        finally:
            process.kill()
    os.close(ours)
    # the line also says how busy the machine is where other programs take its cores
    busy = r"(machine busy: \d+% of the time without a core · )?"
    assert re.search(rf"\d+% · [\d,]+ images (at [\d,.]+/s )?· [\d:?]+ left · {busy}loss D \S+ G \S+", seen)
    assert "\x1b[2K" in seen  # the line is drawn over itself
    assert "steadygan train --resume 'my run'" in re.sub(r"\x1b\[[\d;]*m", "", seen)
    assert zipfile.is_zipfile(sorted((tmp_path / "my run" / "checkpoints").glob("0*.pt"))[-1])
    assert (tmp_path / "my run" / "report.html").exists()


def test_the_program_ends_with_status_2_and_one_line_when_the_call_is_wrong(tmp_path: Path) -> None:
    ended = subprocess.run(
        program("train", "nowhere/at/all"), cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith("error: There is no file or folder 'nowhere/at/all'")
    assert ended.stderr.count("\n") == 1


def test_a_reader_that_leaves_early_hears_no_complaint(tmp_path: Path) -> None:
    with subprocess.Popen(
        program("heuristics"), cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
