import tomllib
from pathlib import Path
from typing import Any

import pytest

from steadygan.errors import SteadyganError
from steadygan.study.analysis import Best, analyse, read_trials, write_best_recipe
from steadygan.study.folder import StudyFolder
from tests.study.example import known, table, trial


def best_of(rows: list[dict[str, Any]]) -> Best:
    found = analyse(table(rows)).best
    assert found is not None
    return found


def test_the_lowest_median_is_best() -> None:
    found = best_of(known({"with r1": 0.6, "with ema": 0.8}))
    assert (found.variant.name, found.candidates, found.sure) == ("with r1", 3, True)


def test_a_tie_with_the_baseline_is_said(tmp_path: Path) -> None:
    found = best_of(known({"with r1": 0.99}, spread=0.2))
    assert not found.sure
    assert found.against_baseline is not None
    assert found.against_baseline.student is not None
    if not found.is_baseline:
        write_recipe(tmp_path, found)
        path = write_best_recipe(tmp_path, (), found)
        assert path is not None
        assert "do not tell it apart" in path.read_text()


def test_a_recipe_that_fails_more_often_than_the_baseline_is_not_best() -> None:
    rows = known({"with r1": 0.2, "with ema": 0.8})
    rows[9].update(status="diverged", healthy=False, score=None)
    assert best_of(rows).variant.name == "with ema"


def test_the_luck_of_a_single_seed_is_not_best() -> None:
    assert best_of([*known({"with r1": 0.8}), trial("with ema", 0, 0.1)]).variant.name == "with r1"


def test_a_failure_is_infinitely_bad_in_the_median() -> None:
    """Without a baseline to fail less: 3 of 5 failed is no median, 2 of 5 is the worst of the three scores."""
    rows = [trial("with r1", seed, 10.0 + seed) for seed in range(5)]
    for row in rows[:2]:
        row.update(status="diverged", healthy=False, score=None)
    (variant,) = analyse(table(rows)).variants
    assert variant.median == pytest.approx(14.0)
    rows[2].update(status="diverged", healthy=False, score=None)
    assert analyse(table(rows)).best is None


def test_the_recipe_of_the_best_is_one_to_train_with(tmp_path: Path) -> None:
    found = best_of(known({"with r1": 0.6}))
    write_recipe(tmp_path, found)
    path = write_best_recipe(tmp_path, (), found)
    assert path == tmp_path / "best.toml"
    text = path.read_text()
    assert tomllib.loads(text) == {"network": "dcgan"}
    assert text.startswith("# The best of 2 recipes in a study: with r1, median score ")
    assert "apart" not in text


def test_no_best_recipe_removes_that_of_before(tmp_path: Path) -> None:
    (tmp_path / "best.toml").write_text("network = 'dcgan'")
    assert write_best_recipe(tmp_path, (), None) is None
    assert not (tmp_path / "best.toml").exists()
    assert write_best_recipe(tmp_path, (), best_of(known({}))) is None  # no run has left its recipe


def test_the_recipe_that_a_search_wrote_stays(tmp_path: Path) -> None:
    (tmp_path / "best.toml").write_text("network = 'mlp'")
    found = analyse(table([trial("with r1", 0, 3.0, change="search")]))
    assert write_best_recipe(tmp_path, found.variants, found.best) == tmp_path / "best.toml"
    assert (tmp_path / "best.toml").read_text() == "network = 'mlp'"


def write_recipe(folder: Path, found: Best) -> None:
    """The second run alone has a recipe that can be read."""
    for run, text in zip(found.runs, ["not = = toml", 'network = "dcgan"\n'], strict=False):
        (folder / run).mkdir(parents=True)
        (folder / run / "recipe.toml").write_text(text)


def test_the_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    rows = known({"with r1": 0.6})
    rows[-1].update(status="diverged", healthy=None, score=None, findings=["diverged"], reason="loss is nan")
    table(rows).to_parquet(StudyFolder(tmp_path).table)
    assert analyse(read_trials(tmp_path)).effects == analyse(table(rows)).effects


def test_a_folder_without_a_table_and_a_damaged_one(tmp_path: Path) -> None:
    with pytest.raises(SteadyganError, match="holds no table of trials"):
        read_trials(tmp_path)
    StudyFolder(tmp_path).table.write_bytes(b"PAR1 and no more")
    with pytest.raises(SteadyganError, match="cannot be read"):
        read_trials(tmp_path)
