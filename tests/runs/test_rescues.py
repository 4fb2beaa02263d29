"""What a rescued run keeps on the disk: which earlier states, and its decisions."""

from pathlib import Path

import pytest

from steadygan.errors import SteadyganError
from steadygan.recipes import recipe
from steadygan.runs.checkpoint import checkpoints
from steadygan.runs.folder import RunFolder
from steadygan.runs.rescues import Change, Rescue, lines_begun, read_rescues, write_rescue
from steadygan.runs.snapshots import remove_snapshots_after, save_snapshot, snapshots_before
from steadygan.variation import Variation

EVERY = 100
SLOWER = Change(name="lower-rates", reason="why not", variation=Variation(values={"adam.lr": 5e-5}))
R1 = Change(name="r1", reason="why not", variation=Variation(add=("r1",), values={"r1.gamma": 0.1}))


@pytest.fixture
def taken(tmp_path: Path) -> RunFolder:
    """Twenty snapshots, a little after each hundredth image."""
    folder = RunFolder(tmp_path)
    for place in range(20):
        save_snapshot(folder, {"images_seen": place * EVERY + (7 if place else 0)}, EVERY)
    return folder


def places(folder: RunFolder) -> list[int]:
    return [images // EVERY for images, _ in folder.snapshots()]


def test_the_first_the_newest_and_ever_fewer_in_between_stay(taken: RunFolder) -> None:
    assert places(taken) == [0, 1, 2, 4, 8, 16, 17, 18, 19]


def test_the_newest_before_a_moment_comes_first_and_the_first_of_all_last(taken: RunFolder) -> None:
    assert [images for images, _ in snapshots_before(taken, 1607)] == [807, 407, 207, 107, 0]
    assert snapshots_before(taken, 1608)[0][0] == 1607
    assert [images for images, _ in snapshots_before(taken, 0)] == [0]


def test_after_going_back_later_ones_are_gone(taken: RunFolder) -> None:
    remove_snapshots_after(taken, 807)
    assert places(taken) == [0, 1, 2, 4, 8]


def test_a_snapshot_is_no_checkpoint_to_resume_from_but_is_cleaned_like_one(taken: RunFolder) -> None:
    assert checkpoints(taken) == []
    assert len(taken.checkpoint_files()) == 9


def decision(*in_force: Change, gave_up: bool = False) -> Rescue:
    return Rescue(
        images=10, finding="stalled", since=5, evidence="", line=0, in_force=in_force, gave_up=gave_up, message=""
    )


def test_decisions_are_read_as_they_were_written(tmp_path: Path) -> None:
    written = [decision(SLOWER), decision(SLOWER, R1), decision(SLOWER, R1, gave_up=True)]
    for each in written:
        write_rescue(RunFolder(tmp_path), each)
    assert read_rescues(RunFolder(tmp_path)) == written
    assert lines_begun(written) == written[:2]
    assert [each.treatment for each in written] == [SLOWER, R1, None]
    in_force = written[1].recipe(recipe("dcgan"))
    assert in_force == recipe("dcgan").set("adam.lr", 5e-5).with_("r1", gamma=0.1)


def test_a_run_without_decisions_has_none(tmp_path: Path) -> None:
    assert read_rescues(RunFolder(tmp_path)) == []


def test_a_damaged_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    RunFolder(tmp_path).rescues.write_text('{"images": 3}\n')
    with pytest.raises(SteadyganError, match=r"rescues\.jsonl' is damaged"):
        read_rescues(RunFolder(tmp_path))


def test_a_change_reads_as_options_of_the_command_line() -> None:
    change = Change(
        name="", reason="", variation=Variation(add=("adam",), remove=("r2",), values={"adam.betas": [0.5, 0.9]})
    )
    assert change.options == "--without r2 --with adam --set adam.betas=[0.5, 0.9]"
