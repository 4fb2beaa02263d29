import re
from collections import Counter
from pathlib import Path
from typing import ClassVar

import pytest

from steadygan.cards.handbook import handbook
from steadygan.heuristics.base import Heuristic
from steadygan.heuristics.card import Card
from steadygan.heuristics.catalogue import BUILT_IN
from steadygan.heuristics.latents import NormalLatent
from steadygan.recipe import Recipe
from steadygan.vocabulary import Failure, Slot
from tests.cards_kinds import SPECIAL, Beside, Conditional, Free, Strict

PAGE = Path(__file__).parents[1] / "docs" / "heuristics.md"
STRANGE: tuple[type[Heuristic], ...] = (*BUILT_IN, Conditional, Free, Strict, Beside)
each_kind = pytest.mark.parametrize("kind", BUILT_IN, ids=[kind.name for kind in BUILT_IN])
each_page = pytest.mark.parametrize("kinds", [BUILT_IN, STRANGE], ids=["catalogue", "strange"])


def without_fences(page: str) -> str:
    return re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)


def anchors(page: str) -> list[str]:
    """Where links on a page may lead: headings as GitHub names them, and anchors that are written out."""
    bare = without_fences(page)
    headings = re.findall(r"^#+ (.*)$", bare, re.MULTILINE)
    names = ["".join(c for c in heading.lower() if c.isalnum() or c in "-_ ").replace(" ", "-") for heading in headings]
    return names + re.findall(r'<a id="([^"]+)"></a>', bare)


def unescaped(text: str) -> str:
    """Markdown without the backslashes before signs that mean themselves."""
    return re.sub(r"\\(?=[^\w\s]|_)", "", text)


def section(page: str, name: str) -> str:
    """What the page says of one heuristic."""
    (_, text) = page.split(f"\n### {name}\n")
    return re.split(r"^##+ ", text, flags=re.MULTILINE)[0]


@pytest.fixture(scope="module")
def page() -> str:
    return handbook()


@pytest.fixture(scope="module")
def strange() -> str:
    return handbook(STRANGE)


def test_the_page_in_the_folder_is_that_of_the_cards(page: str) -> None:
    stored = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    assert stored == page, "docs/heuristics.md is stale: run `make docs`"


@each_page
def test_every_link_within_the_page_leads_to_one_place(kinds: tuple[type[Heuristic], ...]) -> None:
    made = handbook(kinds)
    places = Counter(anchors(made))
    assert [place for place, count in places.items() if count > 1] == []
    links = re.findall(r"\]\(#([^)]+)\)", made)
    assert len(links) > len(kinds)
    assert set(links) <= set(places)


@each_kind
def test_a_section_has_what_the_card_has(kind: type[Heuristic], page: str) -> None:
    text = section(page, kind.name)
    plain = unescaped(text)
    assert unescaped(kind.card.summary) in plain
    assert f"```text\n{kind.card.formula}\n```" in text
    assert f"```python\n{kind.card.example}\n```" in text
    for source in kind.card.sources:
        assert f"]({source.citation.link})" in text
        assert f"[{source.citation.key}](#{source.citation.key})" in text
        assert unescaped(source.where) in plain
    for finding in kind.card.treats:
        assert f"[{finding.value}](#treats-{finding.value})" in text
    for name in kind.needs:
        assert f"[{name}](#{name})" in text


@each_kind
def test_a_section_has_every_parameter_in_a_row(kind: type[Heuristic], page: str) -> None:
    rows = re.findall(r"^\| `(\w+)` \| `(.*?)` \| (.*?) \| (.*?) \|$", section(page, kind.name), re.MULTILINE)
    assert [row[0] for row in rows] == list(kind.model_fields)


@each_kind
def test_a_sections_command_line_makes_a_recipe(kind: type[Heuristic], page: str) -> None:
    (line,) = re.findall(r"```shell\n(.*)\n```", section(page, kind.name))
    options = line.split()[3:]
    names = [name for option, name in zip(options[::2], options[1::2], strict=True) if option == "--with"]
    assert Recipe(name="alone").change(names).has(kind.name)


def test_sections_stand_in_the_order_of_slots_with_modifiers_last(strange: str) -> None:
    order = re.findall(r"^### (.*)$", without_fences(strange), re.MULTILINE)
    slots = {slot: place for place, slot in enumerate(Slot)}
    expected = sorted(STRANGE, key=lambda kind: (slots[kind.slot], kind.modifies))
    assert order == [kind.name for kind in expected]


def test_the_contents_name_every_heuristic_below_its_slot(strange: str) -> None:
    contents = strange.split("## Contents")[1].split("\n## ")[0]
    lines = {re.match(r"- \[([\w ]+)\]", line).group(1): line for line in contents.strip().splitlines()}  # type: ignore[union-attr]
    for kind in STRANGE:
        assert f"[{kind.name}](#{kind.name})" in lines[kind.slot.value]
    assert "; beside it " in lines["objective"]


def test_the_index_tells_for_every_finding_who_treats_it(page: str) -> None:
    index = page.split("## What treats what")[1].split("\n## ")[0]
    for failure in Failure:
        (line,) = (line for line in index.splitlines() if f"**{failure.value}**" in line)
        treating = [kind.name for kind in BUILT_IN if failure in kind.card.treats]
        assert re.findall(r"\[([\w-]+)\]\(#", line) == treating


def test_the_bibliography_has_every_publication_once_with_who_uses_it(page: str) -> None:
    lines = [line for line in page.split("\n## Bibliography")[1].splitlines() if line.startswith("- ")]
    keys = [re.findall(r"`(\w+)`", line)[0] for line in lines]
    cited = {source.citation.key: source.citation for kind in BUILT_IN for source in kind.card.sources}
    assert keys == sorted(cited)
    for key, line in zip(keys, lines, strict=True):
        users = [kind.name for kind in BUILT_IN if any(source.citation.key == key for source in kind.card.sources)]
        assert line.endswith(", ".join(f"[{name}](#{name})" for name in users))
        assert f"]({cited[key].link})" in line


def test_signs_of_markdown_in_a_card_are_only_signs(strange: str) -> None:
    text = section(strange, "beside")
    assert r"Draws a\*b\*c from \[0, 1\] \| with \`signs\`, \<tags\> and \$money\$." in text
    assert r"| `share` | `0.5` | above 0, at most 1 | of a batch \| or less |" in text


def test_a_strange_heuristic_is_told_completely(strange: str) -> None:
    text = section(strange, "conditional")
    assert "- **Needs one of:** [leaky-relu](#leaky-relu), [tanh-output](#tanh-output)" in text
    assert "- **Labels:** the data need labels, for every image" in text
    assert "- **Decides:** how labels enter" in text
    assert "  - [free](#free): both decide how labels enter" in text
    assert "| `weight` | none: set it | at least 0, below 2 | to be chosen |" in section(strange, "strict")
    assert "One thing." in section(strange, "free")


def test_a_publication_cited_twice_by_one_heuristic_is_listed_once(strange: str) -> None:
    (line,) = (line for line in strange.splitlines() if line.startswith(f'- <a id="{SPECIAL.key}"'))
    assert line.count("[free](#free)") == 1


def test_another_card_makes_another_page(page: str) -> None:
    class Changed(NormalLatent):
        card: ClassVar[Card] = NormalLatent.card.model_copy(update={"cost": "a penny"})

    changed = handbook(tuple(Changed if kind is NormalLatent else kind for kind in BUILT_IN))
    assert section(changed, "normal-latent") == section(page, "normal-latent").replace(
        f"**Costs:** {NormalLatent.card.cost}", "**Costs:** a penny"
    )
    assert changed != page
