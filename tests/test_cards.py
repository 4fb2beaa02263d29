import re
import tomllib
from pathlib import Path

import pytest

from steadygan.cards import lists
from steadygan.cards.lists import heuristic_list, heuristics_json, listed, listed_heuristics, recipe_list
from steadygan.cards.terminal import heuristic_page, recipe_page
from steadygan.errors import SteadyganError
from steadygan.heuristics.base import Heuristic
from steadygan.heuristics.catalogue import BUILT_IN
from steadygan.recipe import Recipe
from steadygan.recipes import parse, recipe, recipe_names
from steadygan.vocabulary import Slot
from tests.cards_kinds import Beside, Conditional, Free, Strict

each_kind = pytest.mark.parametrize("kind", BUILT_IN, ids=[kind.name for kind in BUILT_IN])
KINDS: tuple[type[Heuristic], ...] = (*BUILT_IN, Conditional, Free, Strict, Beside)
each_recipe = pytest.mark.parametrize("name", recipe_names())


def words(text: str) -> str:
    """A text without its line breaks."""
    return " ".join(text.split())


def after(page: str, heading: str) -> str:
    """The block of a page that follows a heading."""
    (block,) = [block for block in page.split("\n\n") if block.startswith(heading)]
    return block.removeprefix(heading)


@each_kind
def test_a_heuristics_page_has_its_name_slot_formula_and_sources(kind: type[Heuristic]) -> None:
    page = heuristic_page(kind.name)
    place = "stands beside what fills" if kind.modifies else "fills"
    assert page.startswith(f"{kind.name} — {place} the slot {kind.slot.value} ")
    assert words(kind.card.summary) in words(page)
    assert kind.card.formula in page
    for source in kind.card.sources:
        assert words(str(source)) in words(after(page, "from:"))
        assert source.citation.link in page.split()


@each_kind
def test_a_heuristics_page_has_an_example_that_is_python(kind: type[Heuristic]) -> None:
    example = after(heuristic_page(kind.name), "in Python:")
    compile("if True:\n" + example.replace("\n", "\n  "), kind.name, "exec")


@each_kind
def test_what_a_heuristics_page_says_for_the_command_line_changes_a_recipe(kind: type[Heuristic]) -> None:
    command = after(heuristic_page(kind.name), "on the command line:").split()
    assert command[:3] == ["steadygan", "train", "DATA"]
    options = list(zip(command[3::2], command[4::2], strict=True))
    assert {option for option, _ in options} <= {"--with", "--set"}
    chosen = Recipe(name="alone").change([value for option, value in options if option == "--with"])
    for key, _, value in (value.partition("=") for option, value in options if option == "--set"):
        assert chosen.set(key, tomllib.loads(f"v = {value}")["v"]) == chosen  # it is the default
    assert chosen.has(kind.name)


def as_set_reads(text: str) -> object:
    """A value as ``--set`` takes it: TOML, or else the words themselves."""
    try:
        return tomllib.loads(f"v = {text}")["v"]
    except tomllib.TOMLDecodeError:
        return text


@each_kind
def test_what_a_page_says_of_parameters_are_their_defaults_as_they_are_set(kind: type[Heuristic]) -> None:
    lines = re.findall(rf"^  {kind.name}\.(\w+) = (.*?)(?:  \(.*)?$", heuristic_page(kind.name), re.MULTILINE)
    command = after(heuristic_page(kind.name), "on the command line:").split()
    chosen = Recipe(name="alone").change(
        [name for name, before in zip(command[1:], command, strict=False) if before == "--with"]
    )
    assert [name for name, _ in lines] == list(kind.model_fields)
    for name, value in lines:
        assert chosen.set(f"{kind.name}.{name}", as_set_reads(value)) == chosen


def test_a_clash_is_told_on_both_pages() -> None:
    assert "clashes with equalised-lr: 'spectral-norm' cannot go" in words(heuristic_page("spectral-norm"))
    assert "clashes with spectral-norm: 'spectral-norm' cannot go" in words(heuristic_page("equalised-lr"))


def test_two_that_decide_the_same_are_told_as_a_clash() -> None:
    assert "clashes with average-pooling: both decide" in words(heuristic_page("strided-convolutions"))
    assert "clashes with strided-convolutions: both decide" in words(heuristic_page("average-pooling"))


def test_what_changes_targets_is_told_as_a_clash_of_an_objective_without_targets() -> None:
    assert "clashes with hinge: 'soft-labels' changes" in words(heuristic_page("soft-labels"))
    assert "clashes with soft-labels: 'soft-labels' changes" in words(heuristic_page("hinge"))


def test_what_takes_anothers_place_is_no_clash() -> None:
    assert "clashes with hinge" not in words(heuristic_page("minimax"))


def test_a_page_tells_what_the_data_must_have_and_what_is_decided() -> None:
    page = words(heuristic_page("conditional", KINDS))
    assert "labels: the data need labels, for every image" in page
    assert "images only: left out for vectors" in page
    assert "decides: how labels enter" in page
    assert "needs one of: leaky-relu, tanh-output" in page
    assert "labels:" not in words(heuristic_page("r1"))


def test_decisions_are_those_of_default_parameters() -> None:
    assert "clashes with free: both decide how labels enter" in words(heuristic_page("conditional", KINDS))
    assert "clashes with conditional: both decide how labels enter" in words(heuristic_page("free", KINDS))
    assert "decides: how labels enter\n" in heuristic_page("free", KINDS)


def test_a_parameter_without_a_default_is_shown_without_one_and_decides_nothing_for_sure() -> None:
    page = heuristic_page("strict", KINDS)
    assert "  strict.weight  (to be chosen)" in page.splitlines()
    assert "clashes with" not in page


def test_a_heuristic_that_brings_company_says_so_on_the_command_line() -> None:
    page = heuristic_page("beside", KINDS)
    assert page.endswith(
        "steadygan train DATA --with leaky-relu --with conditional --with beside --set beside.share=0.5"
    )


def test_what_stands_beside_the_one_of_a_slot_is_listed_apart() -> None:
    blocks = heuristic_list(shown=map(listed, KINDS)).split("\n\n")
    block = next(block for block in blocks if block.startswith("objective"))
    lines = block.splitlines()
    place = lines.index("  beside it:")
    assert lines[0] == "objective: what do the players minimise? (one of)"
    modifiers = [kind.name for kind in KINDS if kind.slot is Slot.OBJECTIVE and kind.modifies]
    assert [line.split()[0] for line in lines[place + 1 :]] == modifiers
    assert {"top-k", "beside"} <= {*modifiers}
    assert all(line.startswith("    ") for line in lines[place + 1 :])
    assert any(line.startswith("  minimax ") for line in lines[:place])


def test_names_of_any_length_leave_room_before_what_they_are() -> None:
    for line in heuristic_list(shown=map(listed, KINDS)).splitlines():
        if line.startswith("  ") and line != "  beside it:":
            assert re.match(r" +[a-z0-9-]+ {2,}\S", line)


def test_pages_fit_a_terminal_but_for_what_cannot_be_broken() -> None:
    for kind in BUILT_IN:
        prose = heuristic_page(kind.name).split("in Python:")[0].replace(kind.card.formula, "")
        assert all(len(line) < 80 for line in prose.splitlines())


def test_an_unknown_heuristic_is_refused_with_the_nearest() -> None:
    with pytest.raises(SteadyganError, match="did you mean 'batch-norm'"):
        heuristic_page("batchnorm")


def test_the_list_names_every_heuristic_once_below_its_slot() -> None:
    slot, found = "", {}
    for line in heuristic_list().splitlines():
        if line.startswith("  ") and line != "  beside it:":
            found[line.split()[0]] = slot
        elif line and not line.startswith(" "):
            slot = line.split(":")[0]
    assert found == {kind.name: kind.slot.value for kind in BUILT_IN}
    assert list(dict.fromkeys(found.values())) == [slot.value for slot in Slot]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_lists_are_wrapped_to_the_terminal_without_losing_a_word(width: int) -> None:
    for made in (heuristic_list, recipe_list):
        assert all(len(line) < width for line in made(width).splitlines())
        assert made(width).split() == made().split()


def test_the_file_of_listed_heuristics_is_that_of_the_cards() -> None:
    stored = Path(lists.__file__).with_name(lists.HEURISTICS_FILE).read_text("utf-8")
    assert stored == heuristics_json(BUILT_IN), "heuristics.json is stale: run `make docs`"
    assert listed_heuristics() == tuple(map(listed, BUILT_IN))


def test_on_a_very_narrow_terminal_lines_stay_whole() -> None:
    assert recipe_list(30) == recipe_list()


def test_the_list_of_recipes_has_a_line_each() -> None:
    lines = recipe_list().splitlines()
    assert [line.split()[0] for line in lines] == list(recipe_names())
    for line in lines:
        assert line.endswith(recipe(line.split()[0]).summary)


@each_recipe
def test_a_recipes_page_is_a_file_of_the_same_recipe(name: str) -> None:
    assert parse(recipe_page(recipe(name)), name) == recipe(name)


@each_recipe
def test_a_recipes_page_tells_each_heuristic_and_its_source(name: str) -> None:
    page = recipe_page(recipe(name))
    for heuristic in recipe(name).heuristics:
        comments = page.split(f"[heuristics.{heuristic.name}]")[0].rpartition("\n\n")[2]
        told = words(comments.replace("\n# ", " "))
        assert told.startswith(f"# {words(heuristic.card.summary)}")
        for source in heuristic.card.sources:
            assert source.citation.link in told


def test_a_changed_recipes_page_holds_the_change() -> None:
    changed = recipe("steady").set("r1.gamma", 3.5).without("ema")
    assert parse(recipe_page(changed), "steady") == changed
