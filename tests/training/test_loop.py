"""Rows, frames, checkpoints and the way a run ends."""

import math
import os
import signal
import threading
import weakref
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from steadygan.doctor.finding import Finding
from steadygan.metrics.sliced import image_distance
from steadygan.metrics.spectrum import checkerboard_ratio
from steadygan.metrics.variety import variety
from steadygan.runs.checkpoint import checkpoints, load_checkpoint
from steadygan.runs.export import load_generator
from steadygan.runs.folder import RunFolder
from steadygan.runs.sampling import sampling_generator
from steadygan.training import gallery
from steadygan.training.loop import ask_to_stop
from steadygan.training.state import TrainingState
from steadygan.training.step import step
from steadygan.vocabulary import Player
from tests import tiny

pytestmark = pytest.mark.usefixtures("brief")
IMAGES = 320
STEPS = IMAGES // tiny.BATCH


class Watching:
    """An observer that remembers everything."""

    def __init__(self) -> None:
        self.ticks: list[tuple[int, float, float]] = []
        self.rows: list[dict[str, Any]] = []
        self.grids: list[tuple[int, Path]] = []
        self.findings: list[str] = []
        self.diagnoses: list[Finding] = []
        self.notes: list[str] = []
        self.conclusions: list[tuple[str, str]] = []
        self.begun: list[int] = []
        self.closed = 0

    def begin(self, images_seen: int, seconds: float, fraction: float) -> None:
        self.begun.append(images_seen)

    def note(self, message: str) -> None:
        self.notes.append(message)

    def conclusion(self, message: str, command: str) -> None:
        self.conclusions.append((message, command))

    def tick(self, images_seen: int, seconds: float, fraction: float) -> None:
        self.ticks.append((images_seen, seconds, fraction))

    def row(self, row: dict[str, Any]) -> None:
        self.rows.append(row)

    def grid(self, images_seen: int, path: Path) -> None:
        self.grids.append((images_seen, path))

    def finding(self, message: str) -> None:
        self.findings.append(message)

    def diagnosis(self, finding: Finding) -> None:
        self.diagnoses.append(finding)

    def close(self) -> None:
        self.closed += 1


def test_a_row_comes_every_twenty_steps_with_what_was_noted(folder: Path) -> None:
    tiny.play(tiny.small("steady"), folder, tiny.images(), images=IMAGES)
    rows = [row for row in RunFolder(folder).read_rows(folder / "metrics.jsonl") if "step" in row]
    assert [row["step"] for row in rows] == list(range(20, STEPS + 1, 20))
    assert [row["images"] for row in rows] == [tiny.BATCH * row["step"] for row in rows]
    measured = {"generator/loss", "discriminator/loss", "generator/gradient_norm", "discriminator/gradient_norm"}
    assert {*measured, "logits/real", "logits/fake", "r1", "r2", "not_finite", "seconds"} <= {*rows[0]}
    assert all(row["not_finite"] == 0 and row["images_per_second"] > 0 for row in rows)
    assert all(later["seconds"] >= earlier["seconds"] for earlier, later in pairwise(rows))


def test_what_is_true_at_the_end_is_written_at_the_end(folder: Path) -> None:
    loop = tiny.play(tiny.small("steady"), folder, tiny.images(), images=100)
    rows = [row for row in RunFolder(folder).read_rows(folder / "metrics.jsonl") if "step" in row]
    assert [row["step"] for row in rows] == [20, 25]
    assert rows[-1]["images"] == 100
    assert abs(rows[-1]["seconds"] - loop.state.seconds) < 0.001
    assert math.isfinite(rows[-1]["discriminator/loss"])


def test_the_row_of_the_end_is_forgotten_when_the_run_goes_on(tmp_path: Path) -> None:
    tiny.play(tiny.small("steady"), tmp_path / "a", tiny.images(), images=160)
    tiny.play(tiny.small("steady"), tmp_path / "b", tiny.images(), tiny.after(25), images=160)
    assert tiny.rows(tmp_path / "b")[-1]["step"] == 25
    tiny.play_on(tmp_path / "b", tiny.images())
    assert tiny.rows(tmp_path / "b") == tiny.rows(tmp_path / "a")


def test_where_twenty_steps_take_long_rows_come_by_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steadygan.training.loop.SECONDS_PER_ROW", 0.0)
    tiny.play(tiny.small("steady"), folder, tiny.images(), images=20)
    rows = [row for row in RunFolder(folder).read_rows(folder / "metrics.jsonl") if "step" in row]
    assert [row["step"] for row in rows] == [1, 2, 3, 4, 5]


def test_a_new_run_on_images_says_once_how_far_its_budget_reaches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steadygan.training.loop.ESTIMATE_SECONDS", 0.0)
    watching = Watching()
    tiny.play(tiny.small("naive"), tmp_path / "a", tiny.images(), tiny.after(5), images=IMAGES, observers=[watching])
    assert len(watching.notes) == 1
    assert f"about {IMAGES} images; pictures of 8 pixels" in watching.notes[0]
    tiny.play_on(tmp_path / "a", tiny.images(), observers=[watching])
    assert len(watching.notes) == 1
    assert watching.begun == [0, 5 * tiny.BATCH]


def test_at_its_end_a_run_says_what_can_be_said_of_it(folder: Path) -> None:
    watching = Watching()
    tiny.play(tiny.small("naive"), folder, tiny.images(), images=40, observers=[watching])
    stored = RunFolder(folder).read_json(folder / "conclusion.json")
    assert stored["kind"] == "too-early"
    assert watching.conclusions == [(stored["message"], stored["command"])]
    assert "40 images of the 60,000 or so" in stored["message"]


def test_frames_are_spread_evenly_over_the_budget(folder: Path) -> None:
    tiny.play(tiny.small("naive"), folder, tiny.images(), images=IMAGES)
    frames = tiny.BRIEF["steadygan.training.loop.GRIDS_PER_RUN"]
    assert [images for images, _ in RunFolder(folder).sample_grids()] == [
        IMAGES * frame // frames for frame in range(frames + 1)
    ]
    assert (folder / "samples" / "real.png").is_file()


def test_grids_show_the_same_latents_each_time(folder: Path) -> None:
    """Two grids of one generator are equal, whatever happened in between."""
    loop = tiny.begin(tiny.small("dcgan"), folder, tiny.images(), images=IMAGES)
    loop.gallery.draw(loop.sampling_generator(), loop.state)
    first = RunFolder(folder).sample_grid(0).read_bytes()
    torch.manual_seed(77)
    loop.gallery.draw(loop.sampling_generator(), loop.state)
    assert RunFolder(folder).sample_grid(0).read_bytes() == first
    loop.run(lambda: True)


def test_pictures_do_not_disturb_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen, data = tiny.stateful(), tiny.images()
    tiny.play(chosen, tmp_path / "a", data, images=80)
    monkeypatch.setattr("steadygan.training.loop.GRIDS_PER_RUN", 1)
    tiny.play(chosen, tmp_path / "b", data, images=80)
    one, other = tiny.newest(tmp_path / "a"), tiny.newest(tmp_path / "b")
    assert len(tiny.grids(tmp_path / "a")) > len(tiny.grids(tmp_path / "b"))
    for saved in (one, other):
        del saved["best"]
    assert tiny.differences(one, other) == []


def test_the_real_grid_shows_real_images(folder: Path) -> None:
    data = tiny.images()
    tiny.play(tiny.small("naive"), folder, data, images=16)
    sheet = np.asarray(Image.open(folder / "samples" / "real.png"))
    factor, gap = 4, 2
    first = sheet[gap : gap + 8 * factor : factor, gap : gap + 8 * factor : factor]
    assert any(np.array_equal(first, image[..., 0]) for image in data.images)


def test_the_best_checkpoint_follows_the_smallest_distance(folder: Path) -> None:
    tiny.play(tiny.small("dcgan"), folder, tiny.images(), images=IMAGES)
    key = "quality/sliced_wasserstein"
    measured = {row["images"]: row[key] for row in RunFolder(folder).read_rows(folder / "metrics.jsonl") if key in row}
    assert len(measured) >= 3
    best = load_checkpoint(folder / "checkpoints" / "best.pt")
    assert best["images_seen"] == min(measured, key=measured.__getitem__)
    assert best["best"] == pytest.approx(min(measured.values()), abs=1e-6)


def test_a_step_does_not_keep_the_copy_of_a_generator_that_is_gone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies: weakref.WeakSet[torch.nn.Module] = weakref.WeakSet()
    alive_in_steps: list[int] = []

    def copied(*given: Any) -> torch.nn.Module:
        made = sampling_generator(*given)
        copies.add(made)
        return made

    def stepped(state: TrainingState) -> None:
        alive_in_steps.append(len(copies))
        step(state)

    monkeypatch.setattr("steadygan.training.loop.sampling_generator", copied)
    monkeypatch.setattr("steadygan.training.loop.step", stepped)
    tiny.play(tiny.small("naive"), folder, tiny.images(), images=IMAGES)
    assert alive_in_steps == [0] * STEPS


@pytest.mark.usefixtures("float64")
def test_what_is_measured_is_that_of_samples_and_of_data(folder: Path) -> None:
    data = tiny.images()
    loop = tiny.play(tiny.small("dcgan"), folder, data, images=40)
    found = loop.gallery.measure(loop.sampling_generator(), loop.state)
    generator = torch.Generator().manual_seed(gallery.SEED)
    latents = loop.state.recipe.latent.sample(64, torch.device("cpu"), generator)
    order = torch.randperm(len(data), generator=generator)
    with torch.no_grad():
        made = ((loop.sampling_generator()(latents) + 1) * 127.5).round().clamp(0, 255) / 127.5 - 1
    real = torch.from_numpy(data.images.transpose(0, 3, 1, 2).copy())[order].float() / 127.5 - 1
    assert found == {
        "quality/sliced_wasserstein": pytest.approx(image_distance(real, made)),
        "quality/checkerboard": pytest.approx(checkerboard_ratio(made)),
        "quality/checkerboard/data": pytest.approx(checkerboard_ratio(real)),
        "quality/variety": pytest.approx(variety(real, made)),
    }


@pytest.mark.parametrize("keep", [1, 3])
def test_the_last_checkpoints_are_kept(keep: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steadygan.training.loop.CHECKPOINT_SECONDS", 0.0)
    tiny.play(tiny.small("naive"), folder, tiny.images(), images=40, keep=keep)
    names = [int(path.stem) for path in checkpoints(RunFolder(folder))]
    assert names == [40 - tiny.BATCH * place for place in range(keep)]


def test_one_checkpoint_beside_the_best_is_kept_unless_more_are_asked_for(folder: Path) -> None:
    tiny.play(tiny.small("naive"), folder, tiny.images(), images=40)
    assert [path.name for path in RunFolder(folder).checkpoint_files()] == ["000000000040.pt", "best.pt"]


def test_interrupting_saves_what_there_is(folder: Path) -> None:
    watching = Watching()
    loop = tiny.play(tiny.small("steady"), folder, tiny.images(), tiny.after(5), images=IMAGES, observers=[watching])
    seen = 5 * tiny.BATCH
    assert loop.state.images_seen == seen
    assert loop.fraction == pytest.approx(seen / IMAGES)
    assert int(checkpoints(RunFolder(folder))[0].stem) == seen
    assert load_generator(RunFolder(folder)).config.images_seen == seen
    assert RunFolder(folder).sample_grid(seen).is_file()
    assert [images for images, _, _ in watching.ticks] == [tiny.BATCH * (step + 1) for step in range(5)]
    assert watching.closed == 1


def test_observers_hear_of_rows_and_grids(folder: Path) -> None:
    watching = Watching()
    tiny.play(tiny.small("naive"), folder, tiny.images(), images=IMAGES, observers=[watching])
    assert watching.rows == RunFolder(folder).read_rows(folder / "metrics.jsonl")
    assert watching.grids == RunFolder(folder).sample_grids()
    assert watching.ticks[-1][2] == 1.0


def test_the_exported_generator_is_the_one_of_the_end(folder: Path) -> None:
    for name in ("dcgan", "steady"):
        loop = tiny.play(tiny.small(name), folder / name, tiny.images(), images=80)
        latents = torch.randn(5, 100)
        with torch.no_grad():
            expected = loop.sampling_generator()(latents)
            found = load_generator(RunFolder(folder / name)).network(latents)
        assert torch.equal(found, expected)


def test_values_that_are_not_finite_are_counted_and_found(folder: Path) -> None:
    watching = Watching()
    loop = tiny.begin(tiny.small("naive"), folder, tiny.images(), images=IMAGES, observers=[watching])
    with torch.no_grad():
        next(loop.state.networks[Player.DISCRIMINATOR].parameters()).fill_(math.nan)
    loop.run(tiny.never)
    rows = [row for row in RunFolder(folder).read_rows(folder / "metrics.jsonl") if "step" in row]
    assert all(row["discriminator/loss"] is None and row["not_finite"] >= 20 for row in rows)
    findings = RunFolder(folder).read_rows(folder / "findings.jsonl")
    assert "not-finite" in [row["finding"] for row in findings if row["images"] == rows[0]["images"]]
    assert [finding.as_row() for finding in watching.diagnoses] == findings
    assert watching.findings == []
    assert watching.conclusions[0][0].startswith("The doctor found not-finite (critical)")


def test_without_a_doctor_each_row_counts_what_is_not_finite(folder: Path) -> None:
    watching = Watching()
    loop = tiny.begin(tiny.small("naive"), folder, tiny.images(), images=IMAGES, observers=[watching], doctor=False)
    with torch.no_grad():
        next(loop.state.networks[Player.DISCRIMINATOR].parameters()).fill_(math.nan)
    loop.run(tiny.never)
    rows = [row for row in RunFolder(folder).read_rows(folder / "metrics.jsonl") if "step" in row]
    findings = RunFolder(folder).read_rows(folder / "findings.jsonl")
    assert [row["images"] for row in findings] == [row["images"] for row in rows]
    assert watching.findings == [row["message"] for row in findings]


def test_minutes_end_a_run_too(folder: Path) -> None:
    loop = tiny.play(tiny.small("naive"), folder, tiny.images(), minutes=0.005)
    assert loop.state.seconds >= 0.3
    assert loop.state.images_seen > 0


def test_the_first_signal_asks_and_restores_the_second() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    try:
        with ask_to_stop() as interrupted:
            assert not interrupted()
            os.kill(os.getpid(), signal.SIGINT)
            assert interrupted()
            assert heard == []
            os.kill(os.getpid(), signal.SIGINT)
            assert heard == [signal.SIGINT]
        with ask_to_stop() as interrupted:
            assert not interrupted()
        os.kill(os.getpid(), signal.SIGINT)
        assert heard == [signal.SIGINT] * 2
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_hears_no_signals() -> None:
    answers: list[bool] = []

    def ask() -> None:
        with ask_to_stop() as interrupted:
            answers.append(interrupted())

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert answers == [False]


def test_a_terminal_that_is_closed_asks_to_stop_however_often_it_says_so() -> None:
    before = signal.getsignal(signal.SIGHUP)
    with ask_to_stop() as interrupted:
        assert not interrupted()
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGHUP)
        assert interrupted()
    assert signal.getsignal(signal.SIGHUP) == before


def test_a_hang_up_that_was_ignored_is_still_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ask_to_stop() as interrupted:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not interrupted()
    finally:
        signal.signal(signal.SIGHUP, before)
