"""What is said of a run at its end."""

import dataclasses
import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from typer.testing import CliRunner

import steadygan as sg
from steadygan.data import IN_MEMORY
from steadygan.heuristics.catalogue import BUILT_IN
from steadygan.heuristics.objectives import (
    discriminator_cross_entropy,
    hinge_discriminator_loss,
    least_squares_discriminator_loss,
    relativistic_average_loss,
    relativistic_loss,
)
from steadygan.heuristics.roles import Objective
from steadygan.recipes import recipe
from steadygan.runs.folder import RunFolder
from steadygan.training.conclusion import (
    JUDGED,
    Conclusion,
    Evidence,
    Judged,
    conclude,
    estimate,
    evidence,
    images_wanted,
)

WELL = Evidence(
    folder="runs/my run",
    source="photos",
    recipe=recipe("steady"),
    pixels=32,
    images_seen=60_000,
    variety=0.9,
    loss=0.4,
)


def concluded(**changes: Any) -> Conclusion:
    return conclude(dataclasses.replace(WELL, **changes))


def test_nothing_wrong() -> None:
    found = concluded()
    assert found.kind == "nothing-seen"
    assert found.command == "steadygan sample 'runs/my run' -n 64 --out grid.png"


def test_a_short_run_is_told_how_long_it_wants_to_be() -> None:
    found = concluded(images_seen=20_000)
    assert found.kind == "too-early"
    assert "20,000 images of the 60,000 or so that pictures of 32 pixels want" in found.message
    assert found.command == "steadygan train --resume 'runs/my run' --images 60000"


def test_a_run_that_was_stopped_goes_on_to_its_own_end() -> None:
    assert concluded(images_seen=20_000, ended=False).command == "steadygan train --resume 'runs/my run'"


def test_a_short_run_on_data_of_a_program_goes_on_in_python() -> None:
    source = f"{IN_MEMORY[0]}24x8x8x1"
    assert concluded(source=source, images_seen=9).command == "sg.resume('runs/my run', data=data, images=60000)"
    assert concluded(source=source, images_seen=9, ended=False).command == "sg.resume('runs/my run', data=data)"


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"variety": 0.1}, "alike"),
        ({"variety": 0.1, "images_seen": 14_000}, "too-early"),
        ({"variety": 0.1, "images_seen": 16_000}, "alike"),
        ({"variety": 0.1, "loss": 0.001}, "alike"),
        ({"loss": 0.001}, "far-ahead"),
        ({"loss": 0.001, "images_seen": 30_000}, "far-ahead"),
        ({"loss": 0.05 * math.log(2) + 1e-6}, "nothing-seen"),
        ({"loss": None, "variety": None}, "nothing-seen"),
        ({"finite": False, "images_seen": 10}, "not-finite"),
        ({"pixels": None, "images_seen": 10, "variety": None}, "nothing-seen"),
        ({"recipe": recipe("wgan-gp"), "loss": -3.0}, "nothing-seen"),
        ({"judged": Judged(newest=15.1, best=10, best_at=9, floor=1)}, "past-best"),
        ({"judged": Judged(newest=14.9, best=10, best_at=9, floor=1)}, "nothing-seen"),
        ({"judged": Judged(newest=3, best=1, best_at=9, floor=2.1)}, "nothing-seen"),
        ({"judged": Judged(newest=99, best=1, best_at=9, floor=0), "images_seen": 14_000}, "too-early"),
    ],
)
def test_what_is_seen(changes: dict[str, Any], kind: str) -> None:
    assert concluded(**changes).kind == kind


@pytest.mark.parametrize(
    ("changes", "command"),
    [
        ({"loss": 0.001}, "steadygan train photos --set r1.gamma=0.2 --set r2.gamma=0.2"),
        (
            {"loss": 0.001, "recipe": recipe("steady").for_few_images(60_000)[0]},  # as a run has it
            "steadygan train photos --set r1.gamma=0.2 --set r2.gamma=0.2",
        ),
        ({"loss": 0.001, "recipe": recipe("dcgan")}, "steadygan train photos"),
        ({"loss": 0.001, "source": "my photos", "recipe": recipe("naive")}, "steadygan train 'my photos'"),
        (
            {"loss": 0.001, "recipe": recipe("steady").without("r2")},
            "steadygan train photos --recipe 'runs/my run/recipe.toml' --set r1.gamma=0.2",
        ),
        (
            {"loss": 0.001, "recipe": recipe("steady").without("r1", "r2")},
            "steadygan train photos --recipe 'runs/my run/recipe.toml' --with r1",
        ),
        ({"variety": 0.0}, "steadygan train photos --with minibatch-stddev"),
        ({"finite": False}, "steadygan train photos --set adam.lr=5e-05"),
        ({"finite": False, "recipe": recipe("dcgan")}, "steadygan train photos"),
    ],
)
def test_the_command_to_try(changes: dict[str, Any], command: str) -> None:
    assert concluded(**changes).command == command


def test_data_of_a_program_get_a_line_of_python_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(sg, "train", lambda data, recipe: asked.append((data, recipe)))
    source = f"{IN_MEMORY[0]}24x8x8x1"
    for changes in ({"loss": 0.001}, {"variety": 0.0}):
        command = concluded(source=source, **changes).command
        eval(command, {"sg": sg, "data": "the data"})
    held_back, varied = (chosen for _, chosen in asked)
    assert [each.gamma for each in held_back.heuristics if each.name in ("r1", "r2")] == [0.2, 0.2]
    assert any(each.name == "minibatch-stddev" for each in varied.heuristics)


def test_a_run_past_its_best_is_told_where_its_best_generator_lies() -> None:
    found = concluded(judged=Judged(newest=21.44, best=7.125, best_at=48_000, floor=0.4))
    assert found.message == (
        "The run is past its best: its newest samples lie at a Fréchet distance of 21.4, and those of 48,000 images "
        "seen at 7.12; that generator lies in 'runs/my run/best'"
    )
    assert found.command == "steadygan sample 'runs/my run/best' -n 64 --out grid.png"


def test_distances_are_read_from_the_rows_of_the_newest_features(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    state: Any = SimpleNamespace(
        data=SimpleNamespace(source="photos", kind="images", shape=(32, 32, 3)), recipe=recipe("steady"), images_seen=90
    )
    rows = [
        {"images": at, key: value, f"{key}/data": floor}
        for at, key, value, floor in (
            (10, f"{JUDGED}old_5000", 0.1, 0.01),
            (30, f"{JUDGED}new_5000", 4.0, 0.5),
            (50, f"{JUDGED}new_5000", 3.0, 0.5),
            (70, f"{JUDGED}new_5000", 8.0, 0.5),
            (90, f"{JUDGED}new_5000", None, 0.5),
        )
    ]
    folder.metrics.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    assert evidence(state, folder, ended=True).judged is None  # there is no best generator to name
    folder.best.path.mkdir()
    folder.best.generator.touch()
    assert evidence(state, folder, ended=True).judged == Judged(newest=8, best=3, best_at=50, floor=0.5)


@pytest.mark.parametrize(
    "changes", [{"loss": 0.001}, {"variety": 0.0}, {"finite": False}, {"loss": 0.001, "recipe": recipe("lsgan")}]
)
def test_the_command_composes(changes: dict[str, Any], tmp_path: Path) -> None:
    from steadygan.cli import app

    words = concluded(source=str(tmp_path / "absent"), **changes).command.split()
    refused = CliRunner().invoke(app, words[1:])
    assert "absent" in str(refused.exception)  # all that is wrong is that there are no data


def test_even_losses_are_those_of_a_discriminator_that_scores_all_alike() -> None:
    """The smallest loss over all constant scores, by the losses' own functions."""
    scores = torch.linspace(-3, 3, 6001, dtype=torch.float64)
    ones, zeros = torch.ones_like(scores), torch.zeros_like(scores)
    cross_entropy = discriminator_cross_entropy(scores, scores, ones, zeros)
    # each score is a batch of its own, all alike, so that the averages are the scores themselves
    single = [(score[None], score[None], ones[:1], zeros[:1]) for score in scores[::100]]
    average = torch.stack([relativistic_average_loss(*each).mean() for each in single])
    losses = {
        "non-saturating": cross_entropy,
        "minimax": cross_entropy,
        "hinge": hinge_discriminator_loss(scores, scores),
        "least-squares": least_squares_discriminator_loss(scores, scores, ones, zeros),
        "relativistic": relativistic_loss(scores, scores),
        "relativistic-average": average,
    }
    kinds = {kind.name: kind for kind in BUILT_IN if issubclass(kind, Objective)}
    assert {name for name, kind in kinds.items() if kind.even_loss is not None} == {*losses}
    for name, values in losses.items():
        assert kinds[name].even_loss == pytest.approx(float(values.min()), abs=1e-9)


def test_larger_pictures_want_more_images() -> None:
    assert [images_wanted(pixels) for pixels in (8, 28, 32, 48, 64, 128)] == [60_000] * 3 + [90_000, 120_000, 240_000]


def test_an_estimate_says_whether_the_budget_suffices() -> None:
    assert estimate(64, 6_400, 20.0, 0.02) == (
        "At this speed training sees about 320,000 images; pictures of 64 pixels are usually recognisable after about "
        "120,000"
    )
    assert estimate(64, 640, 20.0, 0.0111) == (
        "At this speed training sees about 58,000 images; pictures of 64 pixels are usually recognisable after about "
        "120,000, which takes about 63 minutes (--minutes 63)"
    )
