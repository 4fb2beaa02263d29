"""The judges of the benchmarks, whose figures stand in docs/quality.md and in recipes."""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import steadygan as sg
from steadygan.data.toys import TOYS
from tests import tiny
from tests.evaluation.stand_in import StandIn

COUNT = 60


def _script(name: str) -> Any:
    sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
    try:
        return importlib.import_module(name)
    finally:
        del sys.path[0]


judges, evaluation, quality, time_to_quality = map(_script, ("judges", "evaluation", "quality", "time_to_quality"))


def _stored(path: Path, count: int, seed: int, size: int = 16) -> Path:
    images = tiny.images(count, size=size, seed=seed).images
    labels = (images.mean((1, 2, 3)) * 3 / 256).astype(np.int64)
    np.savez(path, images=images // (1 + seed), **({"labels": labels} if seed == 0 else {}))
    return path


@pytest.fixture
def judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    asked = []

    def find(*given: Any, **named: Any) -> StandIn:
        asked.append((given[0], named))
        return StandIn(len(given[1].class_names))

    monkeypatch.setattr(judges, "find_extractor", find)
    made = judges.DomainJudge(_stored(tmp_path / "data.npz", 400, 0), cache=tmp_path / "cache")
    assert asked == [("domain", {"seed": 0})]
    return made


def test_figures_and_floor_are_those_of_an_evaluation(judge: Any, tmp_path: Path) -> None:
    samples = _stored(tmp_path / "samples.npz", COUNT, 1)
    extractor = StandIn(judge._extractor.classes)
    found = sg.evaluate(samples, tmp_path / "data.npz", features=extractor, samples=COUNT, cache=tmp_path / "cache")
    assert judge.name == found.features == extractor.name
    mine, floor = judge.figures(samples, COUNT), judge.floor(COUNT)
    assert list(mine) == list(floor) == list(judges.QUALITY.values())
    for measure, column in judges.QUALITY.items():
        assert mine[column] == pytest.approx(found[measure].value, rel=1e-9), column
        assert floor[column] == pytest.approx(found[measure].floor, rel=1e-9), column


def test_of_more_samples_so_many_are_judged_and_others_are_brought_to_the_size_of_the_data(
    judge: Any, tmp_path: Path
) -> None:
    many = _stored(tmp_path / "many.npz", COUNT, 1)
    large = tmp_path / "large.npz"
    np.savez(large, images=np.load(many)["images"].repeat(2, 1).repeat(2, 2))
    whole = judge.figures(many, COUNT)
    assert judge.figures(many, COUNT // 2)["fid"] != whole["fid"]
    # the filter that makes them smaller changes them a little
    assert judge.figures(large, COUNT)["fid"] == pytest.approx(whole["fid"], rel=0.1)


def test_a_caption_names_the_encoder_and_both_sides(judge: Any) -> None:
    assert judge.caption(10_000) == (
        f"Figures are by `{judge.name}`, of 10,000 samples against 320 images of the training split; "
        "the floor is that of 80 images held out from it."
    )


def test_modes_of_points_are_those_of_the_mixture(tmp_path: Path) -> None:
    judge = judges.DomainJudge("grid25", wanted=judges.MODES, cache=tmp_path / "cache")
    centres = TOYS["grid25"].centres
    np.savez(tmp_path / "some.npz", points=centres[:5].repeat(20, 0).astype(np.float32))
    found = judge.figures(tmp_path / "some.npz", 100)
    assert (judge.name, found["modes"], found["high_quality"]) == ("points", 5, 1)
    assert found["reverse_kl"] == pytest.approx(np.log(25 / 5))
    assert judge.floor(1000)["modes"] == 25
    assert judge.caption(1000) == "Figures are of 1,000 samples; the floor is that of 1,000 vectors of the data."


def test_a_program_is_asked_and_its_columns_have_its_name(tmp_path: Path) -> None:
    path = tmp_path / "second.py"
    path.write_text("import json, sys\nprint(json.dumps({'data': sys.argv[1], 'samples': 7, 'fid': 2.5}))\n")
    program = judges.Program(path, "mnist")
    found = program.figures(tmp_path / "samples.npz", 10)
    assert found == {"fid": 2.5}
    assert (program.name, program.floor(10)) == ("second mnist", {})
    first = _Fixed("domain-1", {"fid": 1.0})
    assert judges.side_by_side([first, program], [{"fid": 1.0}, found]) == {"fid": 1.0, "second fid": 2.5}


class _Fixed:
    """A judge that says always the same, and counts how often it is asked."""

    title = ""

    def __init__(self, name: str, figures: dict[str, float]) -> None:
        self.name, self._figures, self.asked = name, figures, 0

    def figures(self, samples: Path, count: int) -> dict[str, float]:
        assert samples.exists()
        self.asked += 1
        return self._figures


def test_runs_are_trained_once_and_judged_once_by_each_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, called = tmp_path / "run", []

    def work(words: list[str], **_: Any) -> None:
        called.append(words[3])
        run.mkdir(exist_ok=True)
        (run / "metrics.jsonl").write_text('{"images": 64, "seconds": 2.0}\n{"images": 128, "seconds": 4.0}\n')
        (run / ("conclusion.json" if words[3] == "train" else "samples.npz")).touch()

    monkeypatch.setattr(evaluation.subprocess, "run", work)
    old, new = _Fixed("domain-1-labels-0a", {"fid": 3.0}), _Fixed("domain-2-labels-0b", {"fid": 4.0})
    for judge, fid in ((old, 3.0), (old, 3.0), (new, 4.0), (old, 3.0)):
        found = evaluation.evaluate_run(run, [judge], ["grid25"], 100)
        assert found == {"fid": fid, "images": 128, "seconds": 4.0}
    assert called == ["train", "sample", "sample"]
    assert (old.asked, new.asked) == (1, 1)
    assert not (run / "samples.npz").exists()
    assert json.loads((run / evaluation.RESULT).read_text()).keys() == {
        "domain-1-labels-0a, 100",
        "domain-2-labels-0b, 100",
    }


def test_rows_are_medians_over_seeds_with_the_range_of_each_fid() -> None:
    runs = [
        {"fid": 3.0, "recall": 0.1, "second fid": 300.0, "images": 100, "seconds": 2},
        {"fid": 1.0, "recall": 0.3, "second fid": 10.0, "images": 100, "seconds": 1},
        {"fid": 2.0, "recall": 0.2, "second fid": 20.0, "images": 100, "seconds": 1},
    ]
    cells = ["2.00 (1.00 to 3.00)", "0.20", "20.00 (10.00 to 300)"]
    assert quality.row("steady", runs) == ["`steady`", "3", "100", "100", *cells]


def test_each_judge_says_when_a_recipe_reaches_the_example() -> None:
    results = {
        "`steady`": [{"15": {"second fid": 9.0}, "30": {"second fid": 4.0}}],
        "the example": [{"30": {"second fid": 5.0}}],
    }
    assert time_to_quality.verdict(results, "second fid") == (
        "- `steady` has what the example has after 30 s (FID 5.00): after 30 s"
    )
