"""Arguments that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from steadygan.errors import SteadyganError
from steadygan.settings import LARGEST_SEED

RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="Folder that train made.", show_default=False)]
GeneratorPath = Annotated[
    Path,
    typer.Argument(
        metavar="RUN",
        help="Folder that train made, or one with a copy of its generator, or a .keras file of a Keras generator.",
        show_default=False,
    ),
]
Seed = Annotated[
    int,
    typer.Option(min=0, max=LARGEST_SEED, metavar="N", help="The same seed gives the same images."),
]
Scale = Annotated[
    int | None,
    typer.Option(metavar="N", help="Enlarge images this many times (default: small ones).", show_default=False),
]
ClassName = Annotated[
    str | None,
    typer.Option("--class", metavar="NAME", help="Of this class, if it was trained with labels.", show_default=False),
]


def amount_of_images(text: str) -> int:
    """A number of images such as 60000, 600k or 1.5M.

    Raises:
        SteadyganError: when it is none.
    """
    from steadygan.progress import amount

    try:
        return amount(text)
    except ValueError:
        raise SteadyganError(
            f"--images {text} is not a number of images; write for example 60000, 600k or 1.5M"
        ) from None
