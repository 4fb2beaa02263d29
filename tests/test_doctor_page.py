"""docs/doctor.md: its made parts are those of the doctor, and its pictures are there and small."""

import math
import re
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from steadygan.cards.doctor_page import CAPTION, captions, doctor_page, failures, losses, picture_name, with_section
from steadygan.doctor.meanings import MEANINGS
from steadygan.vocabulary import Failure

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "doctor.md"
MOST_BYTES = 600_000


def test_the_page_in_the_folder_is_that_of_the_doctor() -> None:
    stored = PAGE.read_text(encoding="utf-8")
    assert doctor_page(stored, DOCS / "images") == stored, "docs/doctor.md is stale: run `make docs`"


@pytest.mark.parametrize("failure", Failure)
def test_each_failure_has_a_heading_and_its_meaning(failure: Failure) -> None:
    (_, text) = f"\n{failures({})}".split(f"\n### {failure.value}\n")
    words = text.split("\n### ")[0].split()
    assert MEANINGS[failure].split() == words[: len(MEANINGS[failure].split())]


def test_a_picture_brings_its_caption(tmp_path: Path) -> None:
    info = PngInfo()
    info.add_itxt(CAPTION, "mnist, drawn")
    Image.new("P", (4, 4)).save(tmp_path / picture_name(Failure.STALLED), pnginfo=info)
    shown = captions(tmp_path)
    assert shown == {Failure.STALLED: "mnist, drawn"}
    assert "![stalled](images/doctor-stalled.png)\n\n*Mnist, drawn.*" in failures(shown)
    assert "![" not in failures({})


def test_pictures_are_small_and_all_of_them_are_on_the_page() -> None:
    files = sorted((DOCS / "images").glob("doctor-*.png"))
    assert [file.stem.removeprefix("doctor-") for file in files] == sorted(captions(DOCS / "images"))
    assert sum(file.stat().st_size for file in files) < MOST_BYTES
    text = PAGE.read_text(encoding="utf-8")
    assert sorted(re.findall(r"\]\(images/(doctor-[a-z-]+\.png)\)", text)) == [file.name for file in files]


def test_losses_of_an_even_game_are_those_of_a_coin() -> None:
    """Cross entropy of two coins is 2 ln 2; a hinge at 0 costs 1 on each side; a relativistic pair is one coin."""
    lines = dict(re.findall(r"\| \[([a-z-]+)\]\S* \| (.*) \|", losses()))
    assert lines["non-saturating"] == lines["minimax"] == f"{2 * math.log(2):.3g}"
    assert (lines["hinge"], lines["relativistic"]) == ("2", f"{math.log(2):.3g}")
    assert lines["wasserstein"].startswith("any")


def test_a_section_is_replaced_and_the_rest_stays() -> None:
    page = "a\n<!-- begin x -->\nold\n<!-- end x -->\nb\n"
    made = with_section(page, "x", r"new \1")
    assert made == "a\n<!-- begin x -->\n\nnew \\1\n\n<!-- end x -->\nb\n"
    assert with_section(made, "x", r"new \1") == made
    assert with_section(page, "y", "new") == page


def anchors(page: str) -> set[str]:
    """Where links to a page may lead: its headings, as they are named in addresses."""
    headings = re.findall(r"^#+ (.*)$", page, re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_links_lead_to_what_there_is() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for page, anchor in re.findall(r"\]\(([a-z.]*)#([a-z0-9-]+)\)", text):
        assert anchor in anchors((DOCS / (page or PAGE.name)).read_text(encoding="utf-8"))
    assert "<!-- begin clinic -->" in text
