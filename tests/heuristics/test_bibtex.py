import re

import pytest

from steadygan.errors import SteadyganError
from steadygan.heuristics.bibtex import entries, plain, surnames
from steadygan.heuristics.citations import Citation

ENTRY = r"""@misc{radford2015dcgan,
  author        = {Radford and Metz},
  title         = {{Deep {\&} GANs}},
  year          = {2015},
  eprint        = {1511.06434},
  archivePrefix = {arXiv},
}"""


def test_an_entry_by_hand() -> None:
    (entry,) = entries(ENTRY)
    assert (entry.key, entry.text) == ("radford2015dcgan", ENTRY)
    assert entry.fields == {
        "author": "Radford and Metz",
        "title": r"{Deep {\&} GANs}",
        "year": "2015",
        "eprint": "1511.06434",
        "archiveprefix": "arXiv",
    }


def test_what_stands_outside_of_entries_is_skipped_and_lines_are_joined() -> None:
    first, second = entries("% notes, {open\n@book{a, title={On\n   C} , Year = 2016}\nmore\n@misc{b,\n}\n")
    assert (first.key, first.fields) == ("a", {"title": "On C", "year": "2016"})
    assert (second.key, second.fields) == ("b", {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"Yaz{\i}c{\i}", "Yazıcı"),
        (r"S{\o}nderby, S\o nderby, S\o{}nderby", "Sønderby, Sønderby, Sønderby"),
        (r"Husz{\'a}r, Husz\'{a}r, Husz\'ar", "Huszár, Huszár, Huszár"),
        (r"H{\"u}llermeier, Garc{\'\i}a, Garc\'{\i}a", "Hüllermeier, García, García"),
        (r"{\c{S}}ahin, \c{C}a{\u{g}}, {\r{A}}se, \v{S}", "Şahin, Çağ, Åse, Š"),
        (r"100 \% of R\&D\_x \#1 -- ``a''", "100 % of R&D_x #1 – “a”"),
        (r"{\textbraceleft}a{\textbraceright}{\textbackslash}{\textasciitilde}~{B}", "{a}\\~ B"),
        (r"$\alpha$-GAN 王 ế", r"$\alpha$-GAN 王 ế"),
    ],
)
def test_latex_becomes_the_letters_that_it_sets(text: str, expected: str) -> None:
    assert plain(text) == expected


@pytest.mark.parametrize(
    ("authors", "expected"),
    [
        ("Goodfellow", "Goodfellow"),
        ("Radford and Metz and Chintala", "Radford, Metz, Chintala"),
        ("Alec Radford and Metz, Luke", "Radford, Metz"),
        ("Arjovsky and {de la Cruz}", "Arjovsky, de la Cruz"),
        ("Maria de la Cruz and de la Cruz, Maria", "de la Cruz, de la Cruz"),
        ("Jean Pouget-Abadie and Alexia Jolicoeur-Martineau", "Pouget-Abadie, Jolicoeur-Martineau"),
        (r"Mehmet Yaz{\i}c{\i} and others", "Yazıcı et al."),
    ],
)
def test_authors_become_surnames(authors: str, expected: str) -> None:
    assert surnames(authors) == expected


def test_a_publication_of_ones_own_is_an_entry_as_it_is_offered_for_copying() -> None:
    citation = Citation.from_bibtex(ENTRY)
    assert citation.authors == "Radford, Metz"
    assert citation.title == "Deep & GANs"
    assert citation.year == 2015
    assert citation.link == "https://arxiv.org/abs/1511.06434"
    assert citation.bibtex == ENTRY


def test_what_is_no_paper_has_an_address_of_its_own() -> None:
    text = "@misc{a2016b, author={Chollet}, title={Deep}, year={2016}, url={https://example.org/c}}"
    citation = Citation.from_bibtex(text)
    assert (citation.arxiv, citation.link) == ("", "https://example.org/c")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("@misc{a, title={b}", "This is not BibTeX, because a brace is missing"),
        ("@misc", "This is not BibTeX, because a brace is missing"),
        ('@misc{a, title="b"}', "The BibTeX entry 'a' has a value without braces"),
        ("Radford 2015", "A citation is one BibTeX entry, but there are 0"),
        ("@misc{a, title={b}, year={2015}, url={c}}", "The BibTeX entry 'a' has no author; add it"),
        ("@misc{a, author={b}, title={c}, year={soon}, url={d}}", "The BibTeX entry 'a' has no year; add it"),
        ("@misc{a, author={b}, title={c}, year=2015}", "The BibTeX entry 'a' has no url; add it"),
    ],
)
def test_what_is_no_publication_is_refused_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(SteadyganError, match=re.escape(sentence)):
        Citation.from_bibtex(text)
