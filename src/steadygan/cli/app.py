"""The application that commands are added to, and what they print with."""

from importlib.metadata import version
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from steadygan.errors import printable

app = typer.Typer(
    name="steadygan",
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def show(text: str) -> None:
    """Print text as it is."""
    # not print(): the console flushes, and stays quiet when a reader such as `head` has gone
    console.print(Text(printable(text, keep="\n")), soft_wrap=True)


def width() -> int | None:
    """Columns of the terminal; None where lines should stay whole, as for another program."""
    return console.width if console.is_terminal else None


def _say_version(asked: bool) -> None:
    if asked:
        print(f"steadygan {version('steadygan')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _steadygan(
    context: typer.Context,
    show_version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Train a steady GAN on a folder of images."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), nl=False)
