"""Names that lead nowhere, each answered by one sentence."""

from pathlib import Path

import pytest

from steadygan.data import absolute_name, prepare, sources
from steadygan.errors import SteadyganError
from tests.data.hostile import good


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STEADYGAN_CACHE", str(tmp_path / "cache"))
    good(tmp_path / "photos", 2)
    (tmp_path / "photos.npz").write_bytes(b"PK")
    (tmp_path / "archive.zip").write_bytes(b"PK")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("./phots/", "no file or folder './phots/'; did you mean '.*photos"),
        ("/nowhere/at/all", "no file or folder '/nowhere/at/all'"),
        ("photoz.npz", "did you mean 'photos.npz'"),
        ("photos/inner", "no file or folder 'photos/inner'"),
        ("photos/good0.png/x", "no file or folder"),
        ("../what is this?", "no file or folder"),
        ("archive.zip", "single file of another kind"),
        ("photos/good0.png", "single file of another kind"),
        ("photos.npz", "'photos.npz' is broken"),
        ("/dev/null", "neither a file nor a folder"),
        ("", "empty or broken name"),
        ("a\0b", "empty or broken name"),
        ("x" * 5000, "cannot be read"),
        (5, "type int cannot be prepared"),
        ([1, 2], "type list cannot be prepared"),
    ],
)
def test_what_is_no_data_is_refused_in_one_sentence(here, name, sentence):
    with pytest.raises(SteadyganError, match=sentence) as refusal:
        prepare(name)
    assert "\n" not in str(refusal.value)


def test_a_path_and_its_text_are_the_same_source(here):
    first, second = prepare("photos"), prepare(Path("photos"))
    assert second.from_cache
    assert (first.source, second.source) == ("photos", "photos")
    assert prepare(here / "photos").from_cache


def test_a_folder_wins_over_an_embedded_name(here):
    good(here / "digits", 3)
    assert len(prepare("digits")) == 3
    good(here / "glyphs:28x28", 2)
    assert len(prepare("glyphs:28x28")) == 2


@pytest.mark.parametrize(
    ("name", "meant"), [("grid-25", "grid25"), ("ring 8", "ring8"), ("digit s", "digits"), ("gliphs", "glyphs")]
)
def test_embedded_names_are_proposed_for_typing_errors(here, monkeypatch, name, meant):
    monkeypatch.setattr(sources, "hub_source", refuse)
    with pytest.raises(SteadyganError, match=f"did you mean '{meant}'"):
        prepare(name)


def refuse(name, hint):
    raise SteadyganError(f"There is no '{name}'; {hint}")


def test_the_help_names_every_kind(here):
    with pytest.raises(SteadyganError) as refusal:
        prepare("/nowhere/at/all")
    for kind in ("folder", ".npz", ".npy", "'glyphs'", "'digits'", "'grid25'", "'ring8'", "'stacked:'", "hub"):
        assert kind in str(refusal.value)


def test_the_home_folder_is_known_by_its_sign(here, monkeypatch):
    monkeypatch.setenv("HOME", str(here))
    assert len(prepare("~/photos")) == 2


def test_the_folder_of_a_run_is_no_data(here):
    good(here / "first" / "samples", 3)
    for name in ("run.json", "recipe.toml"):
        (here / "first" / name).write_text("")
    with pytest.raises(SteadyganError, match="'first' is the folder of a run"):
        prepare("first")


@pytest.mark.parametrize("stacked", ["", "stacked:"])
def test_data_on_the_disk_have_an_absolute_name_and_others_have_none(stacked, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "images.npy").touch()
    assert absolute_name(f"{stacked}images.npy") == f"{stacked}{tmp_path / 'images.npy'}"
    assert absolute_name(absolute_name(f"{stacked}images.npy")) == absolute_name(f"{stacked}images.npy")
    for name in ("glyphs", "streamed:mnist", "", "n" * 300, "nul\0", f"array in memory, {[3]}"):
        assert absolute_name(f"{stacked}{name}" if name else name) == ""
