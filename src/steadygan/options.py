"""Options of the command line that are settings: their help is the settings' description."""

from collections.abc import Mapping
from typing import Any

import typer
from pydantic import BaseModel


def setting_option(model: type[BaseModel], name: str, *flags: str, metavar: str = "N") -> Any:
    """An option for a setting, with the setting's description and default as its help.

    Args:
        model: the settings.
        name: of the setting.
        flags: how the option is written; ``--name`` when empty.
        metavar: what stands for the value in the help.
    """
    field = model.model_fields[name]
    shown = "" if field.default in (None, ()) or isinstance(field.default, bool) else f" [default: {field.default}]"
    text = f"{field.description}{shown}".replace("[", "\\[")
    is_switch = isinstance(field.default, bool)
    return typer.Option(*flags, metavar=None if is_switch else metavar, help=text, show_default=False)


def settings_given(model: type[BaseModel], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The settings among a command's parameters that the user gave.

    Args:
        model: the settings.
        parameters: values by the names of the command's arguments, None or an empty list for what was left out; a name
            that is also Python's ends with an underscore.
    """
    given = {name: parameters.get(name, parameters.get(f"{name}_")) for name in model.model_fields}
    return {name: value for name, value in given.items() if value not in (None, [], ())}
