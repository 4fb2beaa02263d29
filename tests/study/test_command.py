import json
from pathlib import Path

import numpy as np
import pytest

import steadygan as sg
from steadygan import studying
from steadygan.cli import main
from steadygan.study import interface, report, running, start
from steadygan.study.folder import StudyFolder
from steadygan.study.plan import Plan
from steadygan.studying import names
from tests.study.fake import FakeExecutor, Listener

OPTIONS = ("ring8", "--recipe", "dcgan", "--take-out", "batch-norm,adam", "--try", "r1,r1.gamma=5", "--seeds", "2")


@pytest.fixture(autouse=True)
def executors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[FakeExecutor]:
    """The executors that studies make, which run nothing; nor is a table written, or a report of it."""
    made: list[FakeExecutor] = []
    break_off = [4, None, None, None]

    def on_ray(address: str | None, parallel: int | None, per_gpu: int = 1) -> start.MakeExecutor:
        def make(plan: Plan, folder: StudyFolder) -> FakeExecutor:
            made.append(FakeExecutor(folder, room=parallel or 2, break_off=break_off[len(made)]))
            return made[-1]

        return make

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(start, "require_libraries", lambda: None)
    monkeypatch.setattr(report, "write_report", lambda folder: folder / "report.html")
    for module in (studying, interface):
        monkeypatch.setattr(module, "on_ray", on_ray)
    monkeypatch.setattr(
        running,
        "write_table",
        lambda path, results: path.write_text(json.dumps([result.trial for result in results])),
    )
    return made


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["study", *arguments])
    return int(ended.value.code or 0)


def test_a_study_is_broken_off_and_goes_on(capsys: pytest.CaptureFixture[str], executors: list[FakeExecutor]) -> None:
    assert run(*OPTIONS, "--images", "2k", "--set", "batch=16", "--out", "s") == 0
    out = capsys.readouterr().out
    assert "2 trials at a time, 1 thread each; study folder s" in out
    assert "stopped and saved; go on with: steadygan study --resume --out s" in out
    assert executors[0].stopped
    plan = StudyFolder("s").read_plan()
    assert (plan.training.images, plan.recipe.settings.batch, plan.seeds) == (2000, 16, 2)
    assert plan.take_out == ("batch-norm", "adam")
    assert run("--resume", "--out", "s", "--parallel", "3") == 0
    out = capsys.readouterr().out
    assert "4 trials of 10 need not run" in out
    assert executors[1].most == 3
    assert json.loads(Path("s/trials.parquet").read_text()) == [trial.name for trial in plan.trials]
    assert run("--resume", "--out", "s", "--seeds", "2", "--samples", "500") == 2
    assert "samples was 10000 and is 500" in capsys.readouterr().err


def test_wrong_calls_are_refused_in_a_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    def said(*arguments: str) -> str:
        assert run(*arguments) == 2
        return " ".join(capsys.readouterr().err.split())

    assert "Say what to compare" in said("ring8")
    assert "Say which study goes on" in said("--resume")
    assert "There is no study in 'nowhere'" in said("--resume", "--out", "nowhere")
    assert "has no 'r1' that could be taken out" in said("ring8", "--recipe", "dcgan", "--take-out", "r1")
    assert "did you mean 'r1'" in said("ring8", "--try", "r11")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").touch()
    assert "'full' is not an empty folder" in said(*OPTIONS, "--out", "full")
    assert not (tmp_path / "studies").exists()


def test_names_are_separated_by_commas_or_given_one_by_one() -> None:
    assert names(["a,b", " c ", "adam.betas=[0.5,0.9],d"]) == ("a", "b", "c", "adam.betas=[0.5,0.9]", "d")
    assert names([]) is None
    assert names(None) is None


def test_a_program_runs_a_study(tmp_path: Path) -> None:
    listener = Listener()
    study = sg.study("ring8", "dcgan", take_out="batch-norm", seeds=3, images=256, watcher=listener)
    assert study.interrupted  # the first executor is broken off
    assert study.path == Path("studies/dcgan-1")
    study = sg.study(out=study.path, resume=True, watcher=listener)
    assert not study.interrupted
    assert len(listener.standings[-1].results) == 6
    with pytest.raises(sg.SteadyganError, match="holds a study already"):
        sg.study("ring8", "dcgan", take_out="batch-norm", out=study.path)
    with pytest.raises(sg.SteadyganError, match="data that other processes can open"):
        sg.study(np.zeros((8, 2)), take_out="all")  # type: ignore[arg-type]
    with pytest.raises(sg.SteadyganError, match="has found no best recipe"):
        _ = study.best
