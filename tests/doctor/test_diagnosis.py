import json
from pathlib import Path
from typing import Any

import pytest

from steadygan.cli import main
from steadygan.doctor.diagnosis import diagnose
from steadygan.doctor.losses_alone import LESS_SURE
from steadygan.errors import SteadyganError
from steadygan.vocabulary import Failure
from tests.report.example import build_run


def measured(count: int, **figures: Any) -> list[dict[str, Any]]:
    """Rows of a run up to 60,000 images."""
    return [{"images": 60_000 * n // count, "not_finite": 0, **figures} for n in range(1, count + 1)]


COLLAPSED = {"doctor/variety": 0.01, "doctor/twins": 1.0, "doctor/separation": 0.7}
HEALTHY = {"doctor/variety": 1.0, "doctor/twins": 0.0, "doctor/separation": 0.7}


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["diagnose", *arguments])
    return int(ended.value.code or 0)


def test_a_run_is_judged_by_what_was_seen_of_it_with_its_recipe_in_the_commands(tmp_path: Path) -> None:
    folder = build_run(tmp_path / "run", measured=measured(50, **COLLAPSED))
    found = diagnose(folder)
    (finding,) = [each for each in found.findings if each.kind is Failure.MODE_COLLAPSE]
    assert found.note == ""
    assert found.images == 60_000
    assert any("--recipe" in each.command and "recipe.toml" in each.command for each in finding.treatments)


def test_a_run_whose_recipe_cannot_be_read_is_judged_all_the_same(tmp_path: Path) -> None:
    folder = build_run(tmp_path / "run", measured=measured(50, **COLLAPSED))
    (folder / "recipe.toml").write_text("[broken")
    assert Failure.MODE_COLLAPSE in {each.kind for each in diagnose(folder).findings}


def test_a_run_without_measurements_is_said(tmp_path: Path) -> None:
    with pytest.raises(SteadyganError, match="no measurements yet"):
        diagnose(build_run(tmp_path / "run", measured=[]))


def test_by_losses_alone_it_is_less_sure_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "log.csv"
    path.write_text("step,errD,errG\n" + "".join(f"{n},1.3,0.8\n" for n in range(0, 2000, 20)))
    assert run(str(path)) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"{LESS_SURE}."


@pytest.mark.parametrize(("figures", "status"), [(COLLAPSED, 1), (HEALTHY, 0)])
def test_the_exit_status_tells(
    figures: dict[str, float], status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = build_run(tmp_path / "run", measured=measured(50, **figures))
    assert run(str(folder)) == status
    assert capsys.readouterr().out.startswith("mode-collapse (critical)" if status else "healthy")


def test_json_is_for_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps({"step": n, "loss_of_d": float("nan")}) + "\n" for n in range(5)))
    assert run(str(path), "--map", "d_loss=loss_of_d", "--json") == 1
    said = json.loads(capsys.readouterr().out)
    assert said["healthy"] is False
    assert said["note"] == LESS_SURE
    assert [each["kind"] for each in said["findings"]] == ["not-finite"]


def test_a_page_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, path = build_run(tmp_path / "run", measured=measured(50, **COLLAPSED)), tmp_path / "page.html"
    assert run(str(folder), "--report", str(path)) == 1
    page = path.read_text()
    assert "Different latents give" in page
    assert 'id="chart-data"' in page
    assert "report: " in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["none.csv"], ["log.csv", "--map", "x=y"], ["log.csv", "--batch", "0"]])
def test_a_wrong_call_has_status_2(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("log.csv").write_text("D\n1\n")
    assert run(*arguments) == 2
    assert capsys.readouterr().err.startswith("error: ")
