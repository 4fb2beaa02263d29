"""The commands that make images with a trained generator."""

from pathlib import Path
from typing import Annotated

import typer

from steadygan.cli.app import app, show
from steadygan.cli.arguments import ClassName, GeneratorPath, Scale, Seed


@app.command()
def sample(
    run: GeneratorPath,
    number: Annotated[int, typer.Option("-n", "--number", metavar="N", help="How many.")] = 64,
    out: Annotated[
        Path,
        typer.Option(
            metavar="PATH", help="A .png, .jpg or .webp for a grid, an .npz for an array, or a folder for PNGs."
        ),
    ] = Path("samples.png"),
    seed: Seed = 0,
    truncation: Annotated[
        float | None, typer.Option(metavar="N", help="Keep to the middle of the latents, such as 0.7.")
    ] = None,
    class_: ClassName = None,
    scale: Scale = None,
) -> None:
    """Make images with a trained generator."""
    from steadygan.generators import trained_generator
    from steadygan.outputs import write_samples

    show(write_samples(trained_generator(run), number, out, seed, truncation, class_, scale))


@app.command()
def interpolate(
    run: GeneratorPath,
    out: Annotated[Path, typer.Option(metavar="PATH", help="A .gif or a .webp; with ffmpeg a .mp4 or a .webm.")] = Path(
        "walk.gif"
    ),
    number: Annotated[int, typer.Option("-n", "--number", metavar="N", help="Walks side by side.")] = 16,
    stops: Annotated[int, typer.Option(metavar="N", help="Latents that each walk passes.")] = 5,
    frames: Annotated[int, typer.Option(metavar="N", help="Frames from one stop to the next.")] = 16,
    seed: Seed = 0,
    class_: ClassName = None,
    scale: Scale = None,
) -> None:
    """Film a walk between latents along great circles, back to where it began."""
    from steadygan.generators import trained_generator
    from steadygan.outputs import write_walk

    show(write_walk(trained_generator(run), out, number, stops, frames, seed, class_, scale))
