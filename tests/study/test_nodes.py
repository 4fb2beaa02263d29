from pathlib import Path

import pytest

from steadygan.errors import SteadyganError
from steadygan.study.nodes import refuse_unlike_nodes
from steadygan.study.ray_worker import look_around

LOOK = {"machine": "one", "steadygan": "1", "torch": "2", "folder": "seen", "data": "seen"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"folder": ""}, "'two' does not see the folder 'out'; put --out on storage that all machines"),
        ({"data": ""}, "'two' does not see the data 'd.npz'"),
        ({"torch": "3"}, "'two' has torch 3 and 'one' has 2"),
        ({"steadygan": "0"}, "'two' has steadygan 0"),
    ],
)
def test_a_machine_that_lacks_something_is_named(changed: dict[str, str], said: str) -> None:
    refuse_unlike_nodes([LOOK, LOOK], Path("out"), "d.npz")
    with pytest.raises(SteadyganError, match=said):
        refuse_unlike_nodes([LOOK, LOOK | {"machine": "two"} | changed], Path("out"), "d.npz")


def test_a_machine_looks_for_what_lies_on_a_disk(tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    seen = look_around(str(tmp_path / "there"), "glyphs")
    assert (seen["folder"], seen["data"]) == ("seen", "seen")
    seen = look_around(str(tmp_path / "gone"), f"stacked:{tmp_path / 'gone.npz'}")
    assert (seen["folder"], seen["data"]) == ("", "")
