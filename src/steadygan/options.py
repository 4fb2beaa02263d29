"""Options of the command line that are settings: their help is the settings' description."""

import tomllib
from collections.abc import Mapping
from typing import Any

import typer
from pydantic import BaseModel

from steadygan.errors import SteadyganError


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


def assignment(text: str, option: str = "--set") -> tuple[str, Any]:
    """A key and its value, as ``--set`` takes them.

    Args:
        text: such as ``r1.gamma=5``; the value is one of TOML, or else the text itself.
        option: by which it was given.

    Raises:
        SteadyganError: when there is no key or no value, or it is too large.
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip() or not value.strip():
        raise SteadyganError(
            f"{option} {text} is incomplete; write {option} HEURISTIC.PARAMETER=VALUE, such as r1.gamma=5"
        )
    try:
        return key.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key.strip(), value.strip()
    except (ValueError, RecursionError):
        raise SteadyganError(
            f"{option} {key.strip()} has too many digits or too deep a nesting; give a value"
        ) from None
