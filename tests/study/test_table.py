import math
from pathlib import Path

import pytest

from steadygan.errors import SteadyganError
from steadygan.study.result import Result
from steadygan.study.table import read_table, write_table
from tests.study import fake

pytest.importorskip("pyarrow")


def test_the_table_has_a_row_for_each_result_and_a_column_for_each_metric(tmp_path: Path) -> None:
    trials = fake.plan(take_out=("adam",)).trials
    good = fake.result(trials[0], 1.5).model_copy(update={"metrics": {"recall": 0.25, "precision": None}})
    bad = fake.result(trials[1], None).model_copy(update={"findings": ("not-finite",), "reason": "It blew up"})
    write_table(tmp_path / "t.parquet", [good, bad])
    first, second = read_table(tmp_path / "t.parquet")
    assert first | {"status": "", "healthy": None} == {
        "trial": "baseline-seed0",
        "variant": "baseline",
        "change": "baseline",
        "heuristics": [],
        "seed": 0,
        "status": "",
        "reason": None,
        "healthy": None,
        "findings": [],
        "images_seen": 100,
        "seconds": 1.0,
        "images_per_second": 0.0,
        "trial_seconds": 0.0,
        "score": 1.5,
        "grid": None,
        "run": None,
        "metric/precision": None,
        "metric/recall": 0.25,
    }
    assert (second["heuristics"], second["findings"], second["score"]) == (["adam"], ["not-finite"], None)
    assert (second["healthy"], second["reason"], second["metric/recall"]) == (False, "It blew up", None)


def test_numbers_that_are_not_finite_are_missing(tmp_path: Path) -> None:
    result = fake.result(fake.plan(take_out=("adam",)).trials[0], math.inf)
    write_table(tmp_path / "t.parquet", [result])
    assert read_table(tmp_path / "t.parquet")[0]["score"] is None
    assert list(tmp_path.iterdir()) == [tmp_path / "t.parquet"]


def test_an_empty_table_has_its_columns(tmp_path: Path) -> None:
    write_table(tmp_path / "t.parquet", [])
    assert read_table(tmp_path / "t.parquet") == []
    with pytest.raises(SteadyganError, match="no trial of this study has ended"):
        read_table(tmp_path / "other.parquet")


def test_a_result_is_read_as_it_was_written(tmp_path: Path) -> None:
    chosen = fake.plan(take_out=("adam",))
    study = fake.folder(tmp_path, chosen)
    result = fake.result(chosen.trials[1], 0.1 + 0.2).model_copy(update={"scores": ((0.5, None), (1.0, 0.1 + 0.2))})
    study.write_result(result)
    assert study.result(result.trial) == result
    assert Result.model_validate(result.model_dump()) == result
