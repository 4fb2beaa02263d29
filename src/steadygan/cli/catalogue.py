"""The commands that show recipes and heuristics, and where they come from."""

from typing import Annotated

import typer

from steadygan.cli.app import app, show, width
from steadygan.completion import complete_citable, complete_heuristic, complete_recipe


@app.command()
def recipes(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="Show this one.", show_default=False, autocompletion=complete_recipe),
    ] = None,
) -> None:
    """List the recipes; with a name, show one as TOML with what each heuristic is and where it comes from."""
    if name is None:
        from steadygan.cards.lists import recipe_list

        show(recipe_list(width()))
        return
    from steadygan.cards.terminal import recipe_page
    from steadygan.recipes import recipe

    show(recipe_page(recipe(name)))


@app.command()
def heuristics(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="Show this one.", show_default=False, autocompletion=complete_heuristic),
    ] = None,
) -> None:
    """List the heuristics by slot; with a name, show its formula, its source and an example."""
    if name is None:
        from steadygan.cards.lists import heuristic_list

        show(heuristic_list(width()))
        return
    from steadygan.cards.terminal import heuristic_page
    from steadygan.heuristics.catalogue import catalogue

    show(heuristic_page(name, catalogue()))


@app.command()
def cite(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A recipe, a heuristic, a run folder, or a .toml file.",
            show_default=False,
            autocompletion=complete_citable,
        ),
    ],
) -> None:
    """Print where a recipe, a run or a heuristic comes from, as BibTeX."""
    from steadygan.cards.bibliography import cite as bibtex_of

    show(bibtex_of(name))
