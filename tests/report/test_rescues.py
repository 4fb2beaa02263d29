"""The section of the report on rescues."""

from pathlib import Path

from PIL import Image

from steadygan.report.page import render
from steadygan.report.read import read_run_record
from steadygan.report.rescues import decisions
from steadygan.runs.folder import RunFolder
from steadygan.runs.rescues import Change, Rescue, write_rescue
from steadygan.variation import Variation
from tests.report.example import build_run

SLOWER = Change(name="lower-rates", reason="steps are too long", variation=Variation(values={"adam.lr": 5e-5}))
FIRST = Rescue(
    images=20_000, finding="mode-collapse", since=15_000, evidence="alike", line=0, in_force=(SLOWER,), message="back"
)
SECOND = FIRST.model_copy(update={"images": 30_000, "finding": "stalled", "line": 1, "back_to": 10_000})
LAST = FIRST.model_copy(update={"images": 40_000, "gave_up": True, "line": 2, "message": "3 rescues did not help"})


def rescued(folder: Path, *decided: Rescue) -> RunFolder:
    build_run(folder)
    run = RunFolder(folder)
    for each in decided:
        write_rescue(run, each)
    return run


def test_each_decision_says_what_came_of_it(tmp_path: Path) -> None:
    run = rescued(tmp_path / "run", FIRST, SECOND, LAST)
    first, second, last = decisions(read_run_record(run.path))
    assert (first.title, first.when) == ("Rescue 1 from mode collapse", "after 20,000 images, begun anew")
    assert (second.when, second.change) == ("after 30,000 images, back to 10,000 images", "--set adam.lr=5e-05")
    assert first.outcome == "Then came stalled, at 30,000 images."
    assert second.outcome == "Then came mode-collapse, at 40,000 images."
    assert (last.title, last.reason, last.change) == ("No rescue from mode collapse", "3 rescues did not help", "")


def test_the_last_rescue_helped_and_its_samples_are_shown(tmp_path: Path) -> None:
    run = rescued(tmp_path / "run", FIRST)
    grid = run.abandoned(0).sample_grid(20_000)
    grid.parent.mkdir(parents=True)
    Image.new("L", (6, 4)).save(grid)
    (only,) = decisions(read_run_record(run.path))
    assert only.outcome == "Nothing critical was found after it."
    assert only.given_up is not None
    assert (only.given_up.width, only.given_up.height) == (6, 4)
    page = render(read_run_record(run.path))
    assert "Rescue 1 from mode collapse" in page
    assert only.given_up.uri in page


def test_a_run_without_rescues_has_no_such_section(tmp_path: Path) -> None:
    assert 'id="rescues"' not in render(read_run_record(rescued(tmp_path / "run").path))
