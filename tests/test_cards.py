import re
import tomllib

import pytest

from steadygan.cards import heuristic_list, heuristic_page, recipe_list, recipe_page
from steadygan.errors import SteadyganError
from steadygan.heuristics.base import Heuristic, Slot
from steadygan.heuristics.catalogue import CATALOGUE
from steadygan.recipe import Recipe, parse, recipe, recipe_names

each_kind = pytest.mark.parametrize("kind", CATALOGUE, ids=[kind.name for kind in CATALOGUE])
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
    assert page.startswith(f"{kind.name} — fills the slot {kind.slot.value}")
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
    options = dict(zip(command[3::2], command[4::2], strict=True))
    chosen = Recipe(name="alone").change([*kind.card.needs[:1], options["--with"]])
    if "--set" in options:
        key, _, value = options["--set"].partition("=")
        assert chosen.set(key, tomllib.loads(f"v = {value}")["v"]) == chosen  # it is the default
    assert chosen.has(kind.name)


@each_kind
def test_what_a_page_says_of_parameters_are_their_defaults_as_toml(kind: type[Heuristic]) -> None:
    lines = re.findall(rf"^  {kind.name}\.(\w+) = (.*?)(?:  \(.*)?$", heuristic_page(kind.name), re.MULTILINE)
    chosen = Recipe(name="alone").change([*kind.card.needs[:1], kind.name])
    assert [name for name, _ in lines] == list(kind.model_fields)
    for name, value in lines:
        assert chosen.set(f"{kind.name}.{name}", tomllib.loads(f"v = {value}")["v"]) == chosen


@each_kind
def test_a_clash_is_told_on_both_pages(kind: type[Heuristic]) -> None:
    for other in kind.card.clashes:
        assert f"clashes with {other}: " in words(heuristic_page(kind.name))
        assert f"clashes with {kind.name}: " in words(heuristic_page(other))


def test_two_that_decide_the_same_are_told_as_a_clash() -> None:
    assert "clashes with average-pooling: both decide" in words(heuristic_page("strided-convolutions"))
    assert "clashes with strided-convolutions: both decide" in words(heuristic_page("average-pooling"))


def test_pages_fit_a_terminal_but_for_what_cannot_be_broken() -> None:
    for kind in CATALOGUE:
        prose = heuristic_page(kind.name).split("in Python:")[0].replace(kind.card.formula, "")
        assert all(len(line) < 80 for line in prose.splitlines())


def test_an_unknown_heuristic_is_refused_with_the_nearest() -> None:
    with pytest.raises(SteadyganError, match="did you mean 'batch-norm'"):
        heuristic_page("batchnorm")


def test_the_list_names_every_heuristic_once_below_its_slot() -> None:
    slot, found = "", {}
    for line in heuristic_list().splitlines():
        if line.startswith("  "):
            found[line.split()[0]] = slot
        elif line:
            slot = line.split(":")[0]
    assert found == {kind.name: kind.slot.value for kind in CATALOGUE}
    assert list(dict.fromkeys(found.values())) == [slot.value for slot in Slot]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_lists_are_wrapped_to_the_terminal_without_losing_a_word(width: int) -> None:
    for made in (heuristic_list, recipe_list):
        assert all(len(line) < width for line in made(width).splitlines())
        assert made(width).split() == made().split()


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
