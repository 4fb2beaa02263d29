"""The command line: thin; the work is done in the rooms below."""

import sys
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from steadygan.errors import SteadyganError

app = typer.Typer(
    name="steadygan",
    help="Train a steady GAN on a folder of images.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

Out = Annotated[Path | None, typer.Option(help="Where it goes.")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same images.")]


@app.command()
def train(
    data: Annotated[
        str | None,
        typer.Argument(
            help="Folder of images, .npz, .npy, 'digits', or a name on the Hugging Face hub.", show_default=False
        ),
    ] = None,
    recipe: Annotated[str | None, typer.Option(help="Name or .toml file (default: steady).")] = None,
    with_: Annotated[list[str] | None, typer.Option("--with", help="Put a heuristic in; may be repeated.")] = None,
    without: Annotated[list[str] | None, typer.Option(help="Take a heuristic out; may be repeated.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="HEURISTIC.PARAMETER=VALUE, batch=N, width=N; may be repeated.")
    ] = None,
    images: Annotated[str | None, typer.Option(help="Images to see in all, such as 600k or 1M.")] = None,
    minutes: Annotated[float | None, typer.Option(help="Time to train in all (default without --images: 30).")] = None,
    out: Annotated[Path | None, typer.Option(help="Run folder (default: runs/RECIPE-NUMBER).")] = None,
    resume: Annotated[Path | None, typer.Option(help="Go on with this run folder, bit for bit.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the run that is in --out.")] = False,
    resolution: Annotated[int | None, typer.Option(help="Height and width, 8 to 256 (default: from the data).")] = None,
    channels: Annotated[int | None, typer.Option(help="1 for grey, 3 for colour (default: from the data).")] = None,
    background: Annotated[str | None, typer.Option(help="Colour under transparent pixels (default: white).")] = None,
    seed: Annotated[int | None, typer.Option(help="Of weights, latents and the order of data (default: 0).")] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda, cuda:1, mps (default: auto).")] = None,
    precision: Annotated[str | None, typer.Option(help="fp32 or bf16 (default: fp32).")] = None,
    keep: Annotated[int | None, typer.Option(help="Checkpoints that stay (default: 3).")] = None,
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Write for TensorBoard too.")] = False,
) -> None:
    """Train a GAN, or go on with a run."""
    from steadygan.commands import RunRequest, begin_run, continue_run

    request = RunRequest(
        data=data,
        recipe=recipe,
        add=tuple(with_ or ()),
        remove=tuple(without or ()),
        values=dict(_assignment(text) for text in set_ or ()),
        images=None if images is None else _images(images),
        minutes=minutes,
        resolution=resolution,
        channels=channels,
        background=background,
        seed=seed,
        device=device,
        precision=precision,
        keep=keep,
        tensorboard=tensorboard or None,
    )
    if resume is not None:
        if out is not None or overwrite:
            raise SteadyganError("A resumed run stays in its folder; leave --out and --overwrite out")
        continue_run(request, resume, console)
    else:
        begin_run(request, out, overwrite, console)


@app.command()
def sample(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    number: Annotated[int, typer.Option("-n", "--number", help="How many.")] = 64,
    out: Annotated[Path, typer.Option(help="grid.png, array.npz, or a folder for PNGs.")] = Path("samples.png"),
    seed: Seed = 0,
    truncation: Annotated[float | None, typer.Option(help="Keep to the middle of the latents, such as 0.7.")] = None,
) -> None:
    """Make images with a trained generator."""
    from steadygan.outputs import write_samples
    from steadygan.training.export import load_generator
    from steadygan.training.folder import RunFolder

    console.print(escape(write_samples(load_generator(RunFolder(run)), number, out, seed, truncation)), soft_wrap=True)


@app.command()
def interpolate(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    out: Annotated[Path, typer.Option(help="A .gif or .webp.")] = Path("walk.gif"),
    number: Annotated[int, typer.Option("-n", "--number", help="Walks side by side.")] = 16,
    stops: Annotated[int, typer.Option(help="Latents that each walk passes.")] = 5,
    frames: Annotated[int, typer.Option(help="Frames from one to the next.")] = 16,
    seed: Seed = 0,
) -> None:
    """Walk along great circles between latents."""
    from steadygan.outputs import write_walk
    from steadygan.training.export import load_generator
    from steadygan.training.folder import RunFolder

    console.print(escape(write_walk(load_generator(RunFolder(run)), out, number, stops, frames, seed)), soft_wrap=True)


@app.command()
def recipes(name: Annotated[str | None, typer.Argument(help="Show one as TOML.", show_default=False)] = None) -> None:
    """List the recipes, or show one with what each of its heuristics is."""
    from steadygan.cards import recipe_page
    from steadygan.recipe import recipe, recipe_names

    if name is not None:
        print(recipe_page(recipe(name)))
        return
    for each in recipe_names():
        print(f"{each:<14}{recipe(each).summary}")


@app.command()
def heuristics(name: Annotated[str | None, typer.Argument(help="Show one.", show_default=False)] = None) -> None:
    """List the heuristics by slot, or show one: what it is, its formula, its source, an example."""
    from steadygan.cards import heuristic_list, heuristic_page

    print(heuristic_list() if name is None else heuristic_page(name))


@app.command()
def report(run: Annotated[Path, typer.Argument(help="Run folder.")]) -> None:
    """Rebuild a run's report.html."""
    from steadygan.report import write_report

    console.print(escape(str(write_report(run))), soft_wrap=True)


def _images(text: str) -> int:
    from steadygan.progress import amount

    try:
        return amount(text)
    except ValueError:
        raise SteadyganError(f"--images {text} is no number of images; write for example 60000, 600k or 1.5M") from None


def _assignment(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip() or not value.strip():
        raise SteadyganError(f"--set {text} is incomplete; write --set HEURISTIC.PARAMETER=VALUE, such as r1.gamma=5")
    try:
        return key.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key.strip(), value.strip()


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; what a user can mend is said in one sentence, with exit status 2."""
    try:
        app(arguments, standalone_mode=True)
    except SteadyganError as error:
        errors.print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True)
        sys.exit(2)
    except KeyboardInterrupt:
        errors.print("stopped; what was saved before is intact")
        sys.exit(130)
