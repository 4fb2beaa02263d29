"""What treats a finding: by the cards, without what is on and what clashes, as commands that run."""

import shlex

import pytest

import steadygan as sg
from steadygan.doctor.treatments import FIRST, Patient, candidates, to_repeat, treatments
from steadygan.heuristics.catalogue import BUILT_IN
from steadygan.settings import DataSettings, TrainingSettings
from steadygan.vocabulary import Failure, Labels


def test_candidates_are_those_whose_cards_say_so_with_the_likeliest_in_front() -> None:
    for failure in Failure:
        kinds = candidates(failure)
        assert {kind.name for kind in kinds} == {kind.name for kind in BUILT_IN if failure in kind.card.treats}
        first = [name for name in FIRST.get(failure, ()) if name in {kind.name for kind in kinds}]
        assert [kind.name for kind in kinds][: len(first)] == first


def test_what_is_on_is_not_put_in_again_but_may_be_made_stronger() -> None:
    patient = Patient(sg.recipe("steady"), "glyphs")
    found = treatments(Failure.DISCRIMINATOR_WINS, patient)
    assert found[0].command == "steadygan train glyphs --set r1.gamma=0.2"
    assert all("--with r1" not in each.command for each in found)


@pytest.mark.parametrize("name", ["dcgan", "steady", "sngan", "wgan-gp"])
@pytest.mark.parametrize("failure", list(Failure))
def test_commands_compose(name: str, failure: Failure) -> None:
    recipe = sg.recipe(name)
    for treatment in treatments(failure, Patient(recipe, "my photos")):
        if not treatment.command:
            continue
        words = shlex.split(treatment.command)
        assert words[:3] == ["steadygan", "train", "my photos"]
        added = [words[place + 1] for place, word in enumerate(words) if word == "--with"]
        values = dict(words[place + 1].split("=") for place, word in enumerate(words) if word == "--set")
        recipe.change(add=added, values=values)  # it raises nothing


def test_a_loop_of_ones_own_is_given_heuristics_to_read_of() -> None:
    found = treatments(Failure.CHECKERBOARD, Patient())
    assert found[0].heuristic == "kernel-divisible-by-stride"
    assert found[0].command == "steadygan heuristics kernel-divisible-by-stride"


def test_arrays_of_a_program_are_treated_in_python() -> None:
    found = treatments(Failure.DISCRIMINATOR_OVERFITS, Patient(sg.recipe("dcgan"), "array in memory, 80 images"))
    assert all(each.command.startswith("sg.train(data, ") for each in found if each.command)
    assert any(each.command for each in found)


def test_commands_repeat_what_makes_the_run_what_it_is() -> None:
    settings = to_repeat(DataSettings(resolution=16), TrainingSettings(images=30_000, labels=True, keep=3))
    assert settings == {"resolution": 16, "images": 30_000, "labels": True}
    recipe = sg.recipe("steady")
    shell = treatments(Failure.DISCRIMINATOR_WINS, Patient(recipe, "glyphs", settings=settings))[0].command
    assert shell == "steadygan train glyphs --resolution 16 --images 30000 --labels --set r1.gamma=0.2"
    python = treatments(Failure.DISCRIMINATOR_WINS, Patient(recipe, "array in memory, 80 images", settings=settings))[
        0
    ].command
    assert python.endswith(", resolution=16, images=30000, labels=True)")


def test_data_without_labels_are_not_given_what_needs_them() -> None:
    for failure in Failure:
        for treatment in treatments(failure, Patient(sg.recipe("dcgan"), "photos", labelled=False)):
            kind = next((each for each in BUILT_IN if each.name == treatment.heuristic), None)
            assert kind is None or kind.labels is Labels.NONE
