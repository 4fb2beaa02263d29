"""What is said of a run at its end."""

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from steadygan.data import IN_MEMORY
from steadygan.doctor.checkup import images_wanted
from steadygan.doctor.finding import Evidence, Finding, Severity, Treatment
from steadygan.heuristics.catalogue import BUILT_IN
from steadygan.heuristics.objectives import (
    discriminator_cross_entropy,
    hinge_discriminator_loss,
    least_squares_discriminator_loss,
    relativistic_average_loss,
    relativistic_loss,
)
from steadygan.heuristics.roles import Objective
from steadygan.recipes import is_packaged, recipe
from steadygan.runs.folder import RunFolder
from steadygan.training.conclusion import JUDGED, Conclusion, Ending, Judged, conclude, ending, estimate
from steadygan.vocabulary import Failure

COLLAPSED = Finding(
    kind=Failure.MODE_COLLAPSE,
    severity=Severity.CRITICAL,
    since=9_000,
    seen_at=12_000,
    evidence=(Evidence(figure="doctor/variety", value=0.1, sentence="images differ 10% as much as the data do"),),
    meaning="",
    treatments=(
        Treatment(heuristic="packing", sentence="Packs.", command="steadygan train photos --with packing"),
        Treatment(heuristic="ema", sentence="Averages.", command="steadygan train photos --with ema"),
    ),
)
UNLIKE = COLLAPSED.model_copy(
    update={
        "kind": Failure.PREPROCESSING_MISMATCH,
        "severity": Severity.WARNING,
        "treatments": (Treatment(sentence="compare both"), *COLLAPSED.treatments[1:]),
    }
)
DOTS = COLLAPSED.model_copy(update={"kind": Failure.CHECKERBOARD, "severity": Severity.WATCH, "treatments": ()})
WELL = Ending(folder="runs/my run", source="photos", pixels=32, images_seen=60_000)


def concluded(**changes: Any) -> Conclusion:
    return conclude(dataclasses.replace(WELL, **changes))


def test_nothing_wrong() -> None:
    found = concluded()
    assert found.kind == "nothing-seen"
    assert found.message.startswith("Healthy: the doctor found nothing wrong;")
    assert found.command == "steadygan sample 'runs/my run' -n 64 --out grid.png"


def test_what_has_ended_is_no_longer_wrong() -> None:
    found = concluded(gone=(COLLAPSED.model_copy(update={"ended_at": 20_000}),))
    assert found.kind == "nothing-seen"
    assert "(mode-collapse is gone since 20,000 images)" in found.message


def test_without_a_doctor_less_is_said() -> None:
    found = concluded(looked=False)
    assert found.message == "No doctor looked at this run; whether samples are good, your eyes say best"
    assert concluded(looked=False, images_seen=9).kind == "too-early"


def test_a_short_run_is_told_how_long_it_wants_to_be() -> None:
    found = concluded(images_seen=20_000)
    assert found.kind == "too-early"
    assert "20,000 images of the 60,000 or so that pictures of 32 pixels want" in found.message
    assert found.command == "steadygan train --resume 'runs/my run' --images 60000"


def test_of_few_points_nothing_is_said_yet() -> None:
    found = concluded(pixels=None, images_seen=1)
    assert found.message.startswith("It is early: 1 point of the 125,000 or so")
    assert found.command == "steadygan train --resume 'runs/my run' --images 125000"
    assert concluded(pixels=None, images_seen=125_000).kind == "nothing-seen"


def test_a_run_that_was_stopped_goes_on_to_its_own_end() -> None:
    assert concluded(images_seen=20_000, ended=False).command == "steadygan train --resume 'runs/my run'"


def test_a_short_run_on_data_of_a_program_goes_on_in_python() -> None:
    source = f"{IN_MEMORY[0]}24x8x8x1"
    assert concluded(source=source, images_seen=9).command == "sg.resume('runs/my run', data=data, images=60000)"
    assert concluded(source=source, images_seen=9, ended=False).command == "sg.resume('runs/my run', data=data)"


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"lasting": (COLLAPSED,)}, "mode-collapse"),
        ({"lasting": (COLLAPSED,), "images_seen": 12_000}, "mode-collapse"),
        ({"lasting": (UNLIKE, DOTS), "images_seen": 12_000}, "preprocessing-mismatch"),
        ({"lasting": (DOTS,), "images_seen": 12_000}, "too-early"),
        ({"lasting": (DOTS,)}, "checkerboard"),
        ({"lasting": (COLLAPSED,), "pixels": None}, "mode-collapse"),
    ],
)
def test_a_failure_comes_before_how_early_it_is(changes: dict[str, Any], kind: str) -> None:
    assert concluded(**changes).kind == kind


def test_what_lasts_is_said_with_the_command_to_try() -> None:
    found = concluded(lasting=(COLLAPSED, UNLIKE, UNLIKE, DOTS))
    assert found.message == (
        "The doctor found mode-collapse (critical), which has lasted since 9,000 images: images differ 10% as much as "
        "the data do; it found preprocessing-mismatch and checkerboard too"
    )
    assert found.command == "steadygan train photos --with packing"


def test_advice_without_a_command_is_said_and_the_next_command_is_shown() -> None:
    found = concluded(lasting=(UNLIKE,))
    assert found.message.endswith("as the data do. First compare both")
    assert found.command == "steadygan train photos --with ema"
    assert concluded(lasting=(DOTS,)).command == "steadygan report 'runs/my run'"


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"judged": Judged(newest=15.1, best=10, best_at=9, floor=1)}, "past-best"),
        ({"judged": Judged(newest=14.9, best=10, best_at=9, floor=1)}, "nothing-seen"),
        ({"judged": Judged(newest=3, best=1, best_at=9, floor=2.1)}, "nothing-seen"),
        ({"judged": Judged(newest=99, best=1, best_at=9, floor=0), "images_seen": 14_000}, "too-early"),
        ({"judged": Judged(newest=99, best=1, best_at=9, floor=0), "lasting": (DOTS,)}, "past-best"),
    ],
)
def test_a_run_is_past_its_best_when_its_newest_samples_are_clearly_worse(changes: dict[str, Any], kind: str) -> None:
    assert concluded(**changes).kind == kind


def test_a_run_past_its_best_is_told_where_its_best_generator_lies() -> None:
    judged = Judged(newest=21.44, best=7.125, best_at=48_000, floor=0.4)
    found = concluded(judged=judged)
    assert found.message == (
        "The run is past its best: its newest samples lie at a Fréchet distance of 21.4, and those of 48,000 images "
        "seen at 7.12; that generator lies in 'runs/my run/best'"
    )
    assert found.command == "steadygan sample 'runs/my run/best' -n 64 --out grid.png"
    failed = concluded(judged=judged, lasting=(COLLAPSED,))
    assert failed.kind == "mode-collapse"
    assert failed.message.endswith(". The best generator, of 48,000 images seen, lies in 'runs/my run/best'")


def test_distances_are_read_from_the_rows_of_the_newest_features(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    state: Any = SimpleNamespace(
        data=SimpleNamespace(source="photos", kind="images", shape=(32, 32, 3)), images_seen=90
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
    assert ending(state, folder, None, ended=True).judged is None  # there is no best generator to name
    folder.best.path.mkdir()
    folder.best.generator.touch()
    assert ending(state, folder, None, ended=True).judged == Judged(newest=8, best=3, best_at=50, floor=0.5)


@pytest.mark.parametrize("name", ["steady", "dcgan", "wgan-gp"])
def test_a_recipe_of_the_package_is_known_by_its_name_until_it_is_changed(name: str) -> None:
    assert is_packaged(recipe(name))
    assert not is_packaged(recipe(name).change(values={"batch": 32}))
    assert not is_packaged(recipe(name).model_copy(update={"name": "my-own"}))


def test_what_waits_in_a_recipe_for_other_data_is_no_change() -> None:
    assert is_packaged(recipe("steady").for_few_images(60_000)[0])  # as a run on many images has it
    assert not is_packaged(recipe("steady").for_few_images(100)[0])


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
