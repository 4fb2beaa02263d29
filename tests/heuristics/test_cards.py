import copy
import re

import pytest
import torch
from torch import nn

from steadygan.errors import SteadyganError
from steadygan.heuristics.averages import Ema
from steadygan.heuristics.base import Heuristic
from steadygan.heuristics.card import PREAMBLE, Source
from steadygan.heuristics.catalogue import BUILT_IN
from steadygan.heuristics.citations import Citation, reference, references

NAMES = {kind.name for kind in BUILT_IN}
CITATION = Citation.from_bibtex("@misc{a2020b, author={A and B}, title={On C}, year={2020}, eprint={2001.00001}}")


def by_name(kind: type[Heuristic]) -> str:
    return kind.name


def namespace() -> dict[str, object]:
    """What an example may use: small networks, a batch of each side, a loss."""
    names: dict[str, object] = {}
    exec(compile(PREAMBLE, "preamble", "exec"), names)
    return names


@pytest.mark.parametrize("kind", BUILT_IN, ids=by_name)
def test_every_card_says_what_it_is_and_where_it_comes_from(kind: type[Heuristic]) -> None:
    card = kind.card
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", kind.name)
    assert card.summary.endswith(".")
    assert "\n" not in card.summary
    assert card.formula
    assert "\n" not in card.formula
    assert card.sources
    assert card.cost
    assert card.example


@pytest.mark.parametrize("kind", BUILT_IN, ids=by_name)
def test_a_heuristic_needs_only_others_that_exist(kind: type[Heuristic]) -> None:
    assert set(kind.needs) <= NAMES - {kind.name}


@pytest.mark.parametrize("kind", BUILT_IN, ids=by_name)
def test_every_example_runs(kind: type[Heuristic]) -> None:
    names = namespace()
    before = dict(names)
    exec(compile(kind.card.example, kind.name, "exec"), names)
    assert any(value is not before.get(name) for name, value in names.items())


def test_the_average_of_the_example_has_the_statistics_of_batch_norm_too() -> None:
    generator = nn.Sequential(nn.Linear(6, 4), nn.BatchNorm1d(4))
    averaged = copy.deepcopy(generator)
    generator(torch.randn(8, 6) + 3)
    names: dict[str, object] = {"generator": generator, "averaged": averaged}
    exec(compile(Ema.card.example, "ema", "exec"), names)
    now, kept = generator[1].running_mean, averaged[1].running_mean
    assert torch.allclose(kept, 0.001 * now)
    assert averaged[1].num_batches_tracked == 1


@pytest.mark.parametrize("kind", BUILT_IN, ids=by_name)
def test_every_example_imports_what_it_shows_and_fits_the_card(kind: type[Heuristic]) -> None:
    lines = kind.card.example.splitlines()
    imported = r"from steadygan\.heuristics\.\w+ import \w+|(import torch|from torch import nn)$"
    assert re.match(imported, lines[0])
    assert all(len(line) <= 110 for line in lines)


@pytest.mark.parametrize("kind", BUILT_IN, ids=by_name)
def test_every_heuristic_is_shown_in_a_program_of_ones_own(kind: type[Heuristic]) -> None:
    """By a function of tensors, a layer, or PyTorch's own; a recipe would hide what it does."""
    assert "recipe" not in kind.card.example


@pytest.mark.parametrize("name", ["normal-latent", "uniform-latent", "sphere-latent"])
def test_the_latents_of_an_example_have_the_shape_that_it_claims(name: str) -> None:
    (kind,) = (kind for kind in BUILT_IN if kind.name == name)
    names = namespace()
    exec(kind.card.example, names)
    z = names["z"]
    assert isinstance(z, torch.Tensor)
    assert z.shape == (64, 100)
    assert "[64, 100]" in kind.card.example


def test_the_references_are_those_that_cards_cite() -> None:
    assert set(references()) == {source.citation.key for kind in BUILT_IN for source in kind.card.sources}


@pytest.mark.parametrize("publication", references().values(), ids=lambda publication: publication.key)
def test_a_citation_leads_somewhere_and_its_number_fits_its_year(publication: Citation) -> None:
    assert publication.link.startswith("https://")
    assert str(publication.year) in publication.key
    if publication.arxiv:
        assert publication.link == f"https://arxiv.org/abs/{publication.arxiv}"
        assert re.fullmatch(r"\d{4}\.\d{4,5}", publication.arxiv)
        # A paper posted in January may bear the year of the conference before.
        assert publication.year - 2000 in (int(publication.arxiv[:2]), int(publication.arxiv[:2]) - 1)


def test_a_source_is_its_citation_on_one_line_with_its_place_behind() -> None:
    assert str(CITATION) == "A, B (2020). On C. https://arxiv.org/abs/2001.00001"
    assert str(Source(citation=CITATION, where="section 2")) == f"{CITATION} [section 2]"
    assert str(Source(citation=CITATION)) == str(CITATION)


def test_a_source_names_its_publication_by_the_key_in_the_references() -> None:
    source = Source(citation="radford2015dcgan", where="section 3")
    assert source.citation is reference("radford2015dcgan")
    assert source.citation.title.startswith("Unsupervised Representation Learning")


def test_an_unknown_key_is_refused_with_the_nearest() -> None:
    with pytest.raises(SteadyganError, match="'radford2016dcgan'; did you mean 'radford2015dcgan'"):
        Source(citation="radford2016dcgan")
