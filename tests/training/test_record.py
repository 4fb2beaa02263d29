import json
import math
from pathlib import Path

import pytest
import torch

from steadygan.runs.folder import RunFolder
from steadygan.runs.rows import RowFile
from steadygan.training.record import Record


def test_a_row_is_the_mean_of_means_since_the_last() -> None:
    record = Record()
    record.log("a", torch.tensor([1.0, 3.0]))
    record.log("a", torch.tensor(5.0, requires_grad=True))
    record.log("b", torch.tensor(7, dtype=torch.float64))
    assert record.row() == {"a": 3.5, "b": 7.0, "not_finite": 0}
    assert record.row() == {"not_finite": 0}


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_counted_and_not_averaged_away(bad: float) -> None:
    record = Record()
    for value in (1.0, bad, bad):
        record.log("a", torch.tensor(value))
    record.log("b", torch.tensor(2.0))
    assert record.row() == {"a": None, "b": 2.0, "not_finite": 2}


def test_a_record_goes_on_from_its_state() -> None:
    one, other = Record(), Record()
    one.log("a", torch.tensor(1.0))
    other.load_state_dict(one.state_dict(), torch.device("cpu"))
    for record in (one, other):
        record.log("a", torch.tensor(4.0))
    assert one.row() == other.row() == {"a": 2.5, "not_finite": 0}
    empty = Record()
    empty.load_state_dict(Record().state_dict(), torch.device("cpu"))
    assert empty.row() == {"not_finite": 0}


def test_rows_can_be_read_at_once_and_cut(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "rows.jsonl"
    file = RowFile(path)
    file.append({"images": 1, "name": "größer"})
    assert json.loads(path.read_text("utf-8")) == {"images": 1, "name": "größer"}
    length = file.flush_to_disk()
    assert length == path.stat().st_size
    file.append({"images": 2})
    file.truncate(length)
    file.append({"images": 3})
    file.truncate(10_000)
    file.close()
    assert [row["images"] for row in RunFolder(tmp_path).read_rows(path)] == [1, 3]


def test_a_row_file_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    for images in (1, 2):
        file = RowFile(path)
        file.append({"images": images})
        file.close()
    assert [row["images"] for row in RunFolder(tmp_path).read_rows(path)] == [1, 2]
    with path.open("a") as half:
        half.write('{"images": 3')
    assert [row["images"] for row in RunFolder(tmp_path).read_rows(path)] == [1, 2]
    assert RunFolder(tmp_path).read_rows(tmp_path / "none") == []


def test_rows_never_hold_what_json_cannot(tmp_path: Path) -> None:
    file = RowFile(tmp_path / "rows.jsonl")
    with pytest.raises(ValueError, match="not JSON compliant"):
        file.append({"a": math.nan})
    file.close()
    assert (tmp_path / "rows.jsonl").read_bytes() == b""
