"""The command that trains."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from steadygan.cli.app import app
from steadygan.cli.arguments import amount_of_images
from steadygan.completion import complete_heuristic, complete_recipe
from steadygan.errors import SteadyganError
from steadygan.options import assignment, setting_option, settings_given
from steadygan.screen import lasting_console
from steadygan.settings import DataSettings, TrainingSettings
from steadygan.startup import FAILED, restart_for_memory

if TYPE_CHECKING:
    from steadygan.runs.run import Run


@app.command()
def train(
    context: typer.Context,
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="DATA",
            help="Folder of images, .npz, .npy, a name on the Hugging Face hub, glyphs, digits, grid25, ring8, "
            "stacked:PATH, streamed:NAME.",
            show_default=False,
        ),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="A recipe, or a .toml file (default: steady).", autocompletion=complete_recipe
        ),
    ] = None,
    with_: Annotated[
        list[str] | None,
        typer.Option(
            "--with", metavar="HEURISTIC", help="Put one in; may be repeated.", autocompletion=complete_heuristic
        ),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="HEURISTIC", help="Take one out; may be repeated.", autocompletion=complete_heuristic),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="r1.gamma=5, batch=64, width=32; may be repeated."),
    ] = None,
    images: Annotated[str | None, setting_option(TrainingSettings, "images")] = None,
    minutes: Annotated[float | None, setting_option(TrainingSettings, "minutes")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Run folder (default: runs/RECIPE-NUMBER).")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Go on with this run, without a GPU bit for bit.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the run that is in --out.")] = False,
    resolution: Annotated[int | None, setting_option(DataSettings, "resolution")] = None,
    channels: Annotated[int | None, setting_option(DataSettings, "channels")] = None,
    max_pixels: Annotated[int | None, setting_option(DataSettings, "max_pixels")] = None,
    background: Annotated[str | None, setting_option(DataSettings, "background", metavar="COLOUR")] = None,
    seed: Annotated[int | None, setting_option(TrainingSettings, "seed")] = None,
    device: Annotated[str | None, setting_option(TrainingSettings, "device", metavar="NAME")] = None,
    precision: Annotated[str | None, setting_option(TrainingSettings, "precision", metavar="NAME")] = None,
    tuned_for: Annotated[str | None, setting_option(TrainingSettings, "tuned_for", metavar="NAME")] = None,
    compile_: Annotated[bool | None, setting_option(TrainingSettings, "compile", "--compile/--no-compile")] = None,
    keep: Annotated[int | None, setting_option(TrainingSettings, "keep")] = None,
    labels: Annotated[bool | None, setting_option(TrainingSettings, "labels", "--labels")] = None,
    label_share: Annotated[float | None, setting_option(TrainingSettings, "label_share")] = None,
    labels_per_class: Annotated[int | None, setting_option(TrainingSettings, "labels_per_class")] = None,
    metrics: Annotated[
        list[str] | None, setting_option(TrainingSettings, "metrics", "--metrics", "--metric", metavar="NAME")
    ] = None,
    features: Annotated[str | None, setting_option(TrainingSettings, "features", metavar="NAME")] = None,
    evaluate_every: Annotated[int | None, setting_option(TrainingSettings, "evaluate_every")] = None,
    evaluate_share: Annotated[float | None, setting_option(TrainingSettings, "evaluate_share")] = None,
    doctor: Annotated[bool | None, setting_option(TrainingSettings, "doctor", "--doctor/--no-doctor")] = None,
    stop_on: Annotated[str | None, setting_option(TrainingSettings, "stop_on", metavar="NAME")] = None,
    rescue: Annotated[bool | None, setting_option(TrainingSettings, "rescue", "--rescue")] = None,
    rescue_tries: Annotated[int | None, setting_option(TrainingSettings, "rescue_tries")] = None,
    tensorboard: Annotated[bool | None, setting_option(TrainingSettings, "tensorboard", "--tensorboard")] = None,
    keep_memory: Annotated[
        bool, typer.Option(help="Whether freed memory is kept for the next step, which is quicker on Linux.")
    ] = True,
) -> None:
    """Train a GAN, or go on with a run.

    Ctrl-C once saves, writes the report and ends with status 0; twice breaks off at once.

    The status is 3 where --stop-on stopped the run, or where what it names lasted at the end.
    """
    if keep_memory and "torch" not in sys.modules:
        restart_for_memory()
    from steadygan.commands import RunRequest, begin_run, continue_run
    from steadygan.distributed import is_main_process, start

    start()
    screen = lasting_console() if is_main_process() else Console(quiet=True)
    training = settings_given(TrainingSettings, context.params)
    if images is not None:
        training["images"] = amount_of_images(images)
    request = RunRequest(
        data=data,
        recipe=recipe,
        add=tuple(with_ or ()),
        remove=tuple(without or ()),
        values=dict(assignment(text) for text in set_ or ()),
        data_settings=settings_given(DataSettings, context.params),
        training=training,
        keep_memory=keep_memory,
    )
    if resume is None:
        _end(begin_run(request, out, overwrite, screen))
        return
    if out is not None or overwrite:
        raise SteadyganError("A resumed run stays in its folder; leave --out and --overwrite out")
    _end(continue_run(request, resume, screen))


def _end(run: "Run") -> None:
    """End with the status of a training that failed, if it did."""
    if run.failure:
        raise typer.Exit(FAILED)
