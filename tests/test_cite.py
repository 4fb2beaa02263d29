import re
import shutil
import unicodedata
from pathlib import Path

import pytest

from steadygan.cards.bibliography import cite
from steadygan.cli import main
from steadygan.errors import SteadyganError
from steadygan.heuristics.base import Heuristic
from steadygan.heuristics.catalogue import BUILT_IN
from steadygan.heuristics.citations import Citation
from steadygan.recipe import Recipe
from steadygan.recipes import recipe, recipe_names
from tests.cards_kinds import SPECIAL

CITATIONS = {source.citation.key: source.citation for kind in BUILT_IN for source in kind.card.sources}
Entry = tuple[str, dict[str, str]]
_MARKS = {"`": 0x300, "'": 0x301, "^": 0x302, "~": 0x303, "=": 0x304, "u": 0x306, ".": 0x307, '"': 0x308}
_MARKS |= {"r": 0x30A, "H": 0x30B, "v": 0x30C, "d": 0x323, "c": 0x327, "k": 0x328}
_LETTERS = {"o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "i": "ı", "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ"}
_LETTERS |= {"textasciitilde": "~", "textasciicircum": "^", "textbackslash": "\\"}
_LETTERS |= {"textbraceleft": "{", "textbraceright": "}"}


def read(text: str) -> dict[str, Entry]:
    """BibTeX by key, read sign by sign as BibTeX does: outside entries everything is skipped."""
    entries: dict[str, Entry] = {}
    place = 0
    while (start := text.find("@", place)) >= 0:
        opened = text.index("{", start)
        end = closing(text, opened)
        key, _, rest = text[opened + 1 : end].partition(",")
        assert key.strip() not in entries, f"{key} comes twice"
        entries[key.strip()] = (text[start + 1 : opened], fields(rest))
        place = end + 1
    return entries


def closing(text: str, opened: int) -> int:
    """Where the brace that opens here is closed."""
    depth = 0
    for place in range(opened, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return place
    raise AssertionError("a brace stays open")


def fields(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    while "=" in text:
        name, _, rest = text.partition("=")
        rest = rest.lstrip()
        assert rest[0] == "{"
        end = closing(rest, 0)
        found[name.strip(", \n")] = rest[1:end]
        text = rest[end + 1 :]
    assert text.strip(", \n") == ""
    return found


def unlatex(text: str) -> str:
    """What LaTeX sets for this text."""
    text = re.sub(r"\{\\([A-Za-z]{2,}|[oOlLi])\}", lambda found: _LETTERS[found[1]], text)
    text = re.sub(r"\{\\([a-zH])\{(\w)\}\}", lambda found: found[2] + chr(_MARKS[found[1]]), text)
    text = re.sub(r"\{\\(\W)(\w)\}", lambda found: found[2] + chr(_MARKS[found[1]]), text)
    return unicodedata.normalize("NFC", re.sub(r"\\([&%$#_])", r"\1", text))


# --- every publication


@pytest.mark.parametrize("citation", [*CITATIONS.values(), SPECIAL], ids=lambda citation: citation.key)
def test_every_publication_is_read_back_as_it_was(citation: Citation) -> None:
    ((key, (kind, found)),) = read(citation.bibtex).items()
    assert (key, kind) == (citation.key, "misc")
    assert re.fullmatch(r"[a-z0-9]+", key)
    assert re.fullmatch(r"\{.*\}", found["title"])
    assert unlatex(found["title"][1:-1]) == citation.title
    names = [unlatex(name.strip("{}") if " " in name else name) for name in found["author"].split(" and ")]
    assert names == citation.authors.split(", ")
    assert int(found["year"]) == citation.year
    assert found.get("eprint", "") == citation.arxiv
    assert ("archivePrefix" in found) == bool(citation.arxiv)
    assert found["url"] == citation.link


def test_the_catalogues_names_need_no_letter_beyond_ascii() -> None:
    assert all(citation.bibtex.isascii() for citation in CITATIONS.values())


def test_keys_are_unique() -> None:
    every = {source.citation for kind in BUILT_IN for source in kind.card.sources}
    assert len(read("\n".join(citation.bibtex for citation in every))) == len(every)


# --- what is asked for


def comments(text: str) -> dict[str, list[str]]:
    """For each key, what stands above its entry."""
    blocks = [block.splitlines() for block in text.split("\n\n")]
    return {
        found[1]: lines[: lines.index(found[0])]
        for lines in blocks
        for line in lines
        if (found := re.match(r"@misc\{(\w+),", line))
    }


@pytest.mark.parametrize("name", recipe_names())
def test_a_recipe_is_cited_with_every_publication_once_in_order(name: str) -> None:
    text = cite(name)
    keys = list(read(text))
    links = {text.split()[-1] for text in recipe(name).sources}
    of_recipe = {key for key, citation in CITATIONS.items() if citation.link in links}
    of_heuristics = {source.citation.key for each in recipe(name).heuristics for source in each.card.sources}
    assert keys == sorted(of_heuristics | of_recipe)
    above = comments(text)
    for heuristic in recipe(name).heuristics:
        for source in heuristic.card.sources:
            where = f": {source.where}" if source.where else ""
            assert f"% for {heuristic.name}{where}" in above[source.citation.key]
    for key in of_recipe:
        assert "% for the recipe as a whole" in above[key]


@pytest.mark.parametrize("kind", BUILT_IN, ids=[kind.name for kind in BUILT_IN])
def test_a_heuristic_is_cited_with_its_sources(kind: type[Heuristic]) -> None:
    if kind.name in recipe_names():
        assert "the recipe" in cite(kind.name).splitlines()[0]
    else:
        assert set(read(cite(kind.name))) == {source.citation.key for source in kind.card.sources}


def test_a_run_folder_and_a_file_are_cited_like_their_recipe(tmp_path: Path) -> None:
    chosen = recipe("steady").with_("diff-augment")
    folder = tmp_path / "my run"
    folder.mkdir()
    (folder / "recipe.toml").write_text(chosen.to_toml(), encoding="utf-8")
    shutil.copy(folder / "recipe.toml", tmp_path / "mine.toml")
    assert cite(str(folder)) == cite(str(tmp_path / "mine.toml"))
    assert set(read(cite(str(folder)))) == {*read(cite("steady")), "zhao2020diffaugment"}


def test_a_source_that_is_no_known_publication_is_a_comment_that_starts_no_entry(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(Recipe(name="mine @misc{x", sources=("me@example.org\n@misc{y}", "")).to_toml(), encoding="utf-8")
    text = cite(str(path))
    assert read(text) == {}
    assert "% and not in BibTeX: me at example.org at misc{y}" in text.splitlines()
    assert text.startswith("% 0 publications that the recipe mine at misc{x comes from")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("stedy", "There is no recipe, heuristic or run folder 'stedy'; did you mean 'steady'?"),
        ("batchnorm", "There is no recipe, heuristic or run folder 'batchnorm'; did you mean 'batch-norm'?"),
        ("0000", "There is no recipe, heuristic or run folder '0000'; see steadygan recipes and steadygan heuristics"),
        ("nowhere.toml", "Cannot read the recipe 'nowhere.toml': No such file or directory; give a TOML file"),
        ("empty", "The folder 'empty' holds no recipe.toml; give a run folder, or a name"),
        ("broken.toml", "The recipe 'broken.toml' is not TOML"),
    ],
)
def test_what_cannot_be_cited_is_refused_in_a_sentence(
    name: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    Path("broken.toml").write_text("[")
    with pytest.raises(SteadyganError, match=re.escape(sentence)):
        cite(name)


def test_a_name_means_the_package_before_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("steady", "r1"):
        expected = cite(name)
        Path(name).mkdir()
        assert cite(name) == expected
        with pytest.raises(SteadyganError, match=re.escape(f"The folder './{name}' holds no recipe.toml")):
            cite(f"./{name}")


def test_the_command_prints_it_unbroken(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    with pytest.raises(SystemExit) as ended:
        main(["cite", "steady"])
    assert ended.value.code in (0, None)
    assert capsys.readouterr().out == cite("steady") + "\n"


def test_the_command_refuses_a_wrong_name_with_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["cite", "stedy"])
    assert ended.value.code == 2
    assert "did you mean 'steady'?" in capsys.readouterr().err
