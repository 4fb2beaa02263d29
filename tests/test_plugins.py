"""Objects named by entry points and by references, from packages that are installed in a folder."""

import sys
from pathlib import Path

import pytest

from steadygan.errors import SteadyganError
from steadygan.plugins import entry_point_names, resolve

GROUP = "steadygan.tried"


@pytest.fixture(autouse=True)
def _same_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))


def _installed(folder: Path, package: str, code: str, entries: dict[str, str], group: str = GROUP) -> None:
    """What an installer leaves: a module, and a folder of metadata that names its entry points."""
    folder.mkdir(exist_ok=True)
    (folder / f"{package}.py").write_text(code)
    metadata = folder / f"{package}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    lines = "".join(f"{name} = {value}\n" for name, value in entries.items())
    (metadata / "entry_points.txt").write_text(f"[{group}]\n{lines}")
    if str(folder) not in sys.path:
        sys.path.append(str(folder))


def test_an_entry_point_is_found_by_its_name(tmp_path: Path) -> None:
    code = "class Outer:\n    inner = 'found'\n"
    _installed(tmp_path, "plugged_one", code, {"zeta": "plugged_one:Outer.inner", "alpha": "plugged_one"})
    _installed(tmp_path, "plugged_two", "", {"elsewhere": "plugged_two"}, group="another.group")
    assert entry_point_names(GROUP) == ("alpha", "zeta")
    assert resolve("zeta", GROUP) == "found"
    assert resolve("alpha", GROUP) is sys.modules["plugged_one"]
    assert resolve("elsewhere", GROUP) is None


def test_a_name_that_two_packages_offer_is_refused_unless_they_mean_the_same(tmp_path: Path) -> None:
    _installed(tmp_path, "plugged_three", "x = 3", {"same": "plugged_three:x", "other": "plugged_three:x"})
    _installed(tmp_path, "plugged_four", "x = 4", {"same": "plugged_three:x", "other": "plugged_four:x"})
    assert resolve("same", GROUP) == 3
    with pytest.raises(SteadyganError, match="Several installed packages offer 'other'"):
        resolve("other", GROUP)
    assert resolve("plugged_four:x", GROUP) == 4


def test_a_reference_is_imported_from_the_current_directory_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "beside_the_data.py").write_text("class Mine:\n    part = 5\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each not in ("", str(tmp_path))])
    assert resolve("beside_the_data:Mine.part", GROUP) == 5
    assert sys.path[-1] == str(tmp_path)  # behind what is installed, so that a file cannot hide a package
    assert resolve("pathlib:Path", GROUP) is Path


def test_a_name_without_a_colon_that_nobody_offers_is_left_to_the_caller() -> None:
    assert resolve("nobody-offers-this", GROUP) is None
    assert entry_point_names("steadygan.no-such-group") == ()


def test_what_cannot_be_imported_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "broken_by_a_value.py").write_text("raise ValueError('three\\nlines')")
    (tmp_path / "broken_by_an_import.py").write_text("import missing_from_everywhere")
    sys.path.append(str(tmp_path))
    for reference, message in {
        "missing_from_everywhere:X": "'missing_from_everywhere:X' cannot be imported: .*No module named",
        "broken_by_a_value:X": "'broken_by_a_value:X' cannot be imported: ValueError: three$",
        "broken_by_an_import:X": "'broken_by_an_import:X' cannot be imported: .*'missing_from_everywhere'",
        "pathlib:Psth": "The module 'pathlib' has no 'Psth'; did you mean 'Path'",
        "pathlib:": "write it as package.module:Attribute",
        ":Path": "write it as package.module:Attribute",
        "C:/a/b.py": "write it as package.module:Attribute",
    }.items():
        with pytest.raises(SteadyganError, match=message) as caught:
            resolve(reference, GROUP)
        assert "\n" not in str(caught.value)
