"""Commands that list or complete names answer at once: each runs in a process of its own that must not load PyTorch."""

import os
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any

import pytest
import typer.main

import steadygan
from steadygan import completion
from steadygan.cards import lists
from steadygan.cli import app
from steadygan.heuristics.catalogue import BUILT_IN
from steadygan.recipes import recipe_names

PROGRAM = """
import sys
from steadygan.cli import main
try:
    main(sys.argv[1:])
finally:
    print("torch is loaded" if "torch" in sys.modules else "torch is not loaded", file=sys.stderr)
"""
SHELL_VARIABLES = ("_STEADYGAN_COMPLETE", "COMP_WORDS", "COMP_CWORD")


def started(*arguments: str, **variables: str) -> tuple[str, str]:
    """What a new process writes to stdout and to stderr."""
    environment = {name: value for name, value in os.environ.items() if name not in SHELL_VARIABLES}
    environment["PYTHONPATH"] = str(Path(steadygan.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        env=environment | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout, done.stderr


def completed(line: str) -> list[str]:
    """What bash offers at the end of a line."""
    words = line.split(" ")
    out, err = started(_STEADYGAN_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(len(words) - 1))
    assert err == "torch is not loaded\n"
    return out.split()


@pytest.mark.parametrize("arguments", [("--help",), ("train", "--help"), ("--version",), ("recipes",), ("heuristics",)])
def test_help_and_lists_need_no_pytorch(arguments: tuple[str, ...]) -> None:
    out, err = started(*arguments)
    assert out
    assert err == "torch is not loaded\n"


def test_what_needs_pytorch_is_seen_to_load_it() -> None:
    assert started("heuristics", "r1")[1] == "torch is loaded\n"


def test_a_shell_completes_names_of_recipes_and_heuristics() -> None:
    assert completed("steadygan train --recipe st") == ["steady"]
    assert sorted(completed("steadygan train --with ema --without spectral")) == ["spectral-norm"]
    assert completed("steadygan rec") == ["recipes"]


@pytest.mark.parametrize(
    ("command", "parameter", "expected"),
    [
        ("train", "recipe", recipe_names()),
        ("train", "with_", [kind.name for kind in BUILT_IN]),
        ("train", "without", [kind.name for kind in BUILT_IN]),
        ("recipes", "name", recipe_names()),
        ("heuristics", "name", [kind.name for kind in BUILT_IN]),
        ("cite", "name", [*recipe_names(), *(kind.name for kind in BUILT_IN)]),
    ],
)
def test_every_name_of_its_kind_is_offered(command: str, parameter: str, expected: list[str]) -> None:
    group: Any = typer.main.get_command(app)
    chosen = group.commands[command]
    (taken,) = (each for each in chosen.params if each.name == parameter)
    context = typer.Context(chosen)
    assert [item.value for item in taken.shell_complete(context, "")] == list(expected)


@pytest.fixture
def declare(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Declares a heuristic as an installed package does."""

    def declared(value: str) -> None:
        entry = EntryPoint("free", value, "steadygan.heuristics")
        monkeypatch.setattr("steadygan.plugins.entry_points", lambda group: EntryPoints([entry]).select(group=group))

    return declared


def test_heuristics_of_installed_packages_are_listed_and_completed(declare: Callable[[str], None]) -> None:
    declare("tests.cards_kinds:Free")
    assert completion.complete_heuristic("fre") == ["free"]
    assert "\n  free  " in lists.heuristic_list()


def test_a_broken_package_does_not_break_into_a_line_that_is_typed(declare: Callable[[str], None]) -> None:
    declare("tests.cards_kinds:Nothing")
    assert completion.complete_heuristic("") == []
