"""Every setting is an option of the command line and an argument of train(), with one default and one description."""

import inspect
import re
from pathlib import Path
from typing import Any

import pytest
import typer.main
from pydantic.fields import FieldInfo

import steadygan as sg
from steadygan.cards.settings_page import settings_page
from steadygan.cli import app
from steadygan.layers.kernels import tuning
from steadygan.options import settings_given
from steadygan.recipe import Settings
from steadygan.settings import DataSettings, TrainingSettings

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"
SETTINGS: dict[str, FieldInfo] = {**TrainingSettings.model_fields, **DataSettings.model_fields}
each_setting = pytest.mark.parametrize("name", SETTINGS)


def options() -> dict[str, Any]:
    """The options of ``steadygan train`` by how they are written."""
    group: Any = typer.main.get_command(app)
    return {flag: parameter for parameter in group.commands["train"].params for flag in parameter.opts}


def documented() -> dict[str, str]:
    """What the documentation of train() says of each argument, its white space collapsed."""
    text = inspect.getdoc(sg.train) or ""
    arguments = text.split("Args:\n")[1].split("\nReturns:")[0]
    entries = re.split(r"^    (?=\w+: )", arguments, flags=re.MULTILINE)[1:]
    return {name: " ".join(rest.split()) for name, rest in (entry.split(": ", 1) for entry in entries)}


@each_setting
def test_every_setting_is_described_in_a_sentence(name: str) -> None:
    description = SETTINGS[name].description or ""
    assert description.endswith(".")
    assert description[0].isupper() or description[0].isdigit()


@each_setting
def test_every_setting_is_an_option_with_its_description_and_no_default_of_its_own(name: str) -> None:
    option = options()[f"--{name.replace('_', '-')}"]
    assert option.help.startswith(SETTINGS[name].description)
    assert option.default is None  # what is left out is the settings' own default


@each_setting
def test_every_setting_is_an_argument_of_train_with_the_same_default_and_description(name: str) -> None:
    parameter = inspect.signature(sg.train).parameters[name]
    assert parameter.default == SETTINGS[name].default
    assert parameter.kind is inspect.Parameter.KEYWORD_ONLY
    assert documented()[name] == SETTINGS[name].description


def test_train_documents_all_of_its_arguments_in_their_order() -> None:
    assert set(documented()) == set(inspect.signature(sg.train).parameters)


def test_the_page_of_the_settings_is_made_of_them() -> None:
    assert PAGE.read_text("utf-8") == settings_page(), "run `make docs`"
    for name, field in {**SETTINGS, **Settings.model_fields}.items():
        assert f"| `{name}` |" in settings_page()
        assert field.description
        assert field.description in settings_page()


def test_what_was_left_out_of_a_command_is_not_given() -> None:
    parameters = {"seed": 0, "keep": None, "compile_": False, "data": "digits"}
    assert settings_given(TrainingSettings, parameters) == {"seed": 0, "compile": False}


def test_processors_are_those_that_convolutions_are_tuned_for() -> None:
    for processor in tuning.THRESHOLDS:
        assert TrainingSettings(tuned_for=processor).tuned_for == processor
