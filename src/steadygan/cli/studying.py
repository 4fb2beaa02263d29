"""The command that studies."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from steadygan.cli.app import app
from steadygan.cli.arguments import amount_of_images
from steadygan.completion import complete_heuristic, complete_recipe
from steadygan.options import assignment, setting_option, settings_given
from steadygan.screen import lasting_console
from steadygan.settings import LARGEST_SEED, DataSettings, TrainingSettings
from steadygan.startup import restart_for_memory


@app.command()
def study(
    context: typer.Context,
    data: Annotated[
        str | None,
        typer.Argument(metavar="DATA", help="As for train; all machines must see them.", show_default=False),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The recipe that is edited (default: steady; a search without it chooses from all).",
            autocompletion=complete_recipe,
        ),
    ] = None,
    take_out: Annotated[
        list[str] | None,
        typer.Option(metavar="A,B|all", help="Take these out, one by one.", autocompletion=complete_heuristic),
    ] = None,
    try_in: Annotated[
        list[str] | None,
        typer.Option(
            "--try",
            metavar="A,B|all",
            help="Put these in, one by one; r1.gamma=5 sets a number.",
            autocompletion=complete_heuristic,
        ),
    ] = None,
    pairs: Annotated[
        list[str] | None,
        typer.Option(metavar="A,B,C", help="Change these one by one and two by two: out where they are in, else in."),
    ] = None,
    factorial: Annotated[
        list[str] | None, typer.Option(metavar="A,B,C", help="Change these in all combinations, likewise.")
    ] = None,
    search: Annotated[
        float | None,
        typer.Option(metavar="MINUTES", help="Search for the best recipe for so long in all, by successive halving."),
    ] = None,
    with_: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="HEURISTIC", help="Put one into all trials.", autocompletion=complete_heuristic),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="HEURISTIC", help="Take one out of all trials.", autocompletion=complete_heuristic),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="In all trials: batch=64, width=32; may be repeated."),
    ] = None,
    seeds: Annotated[int | None, typer.Option(min=1, metavar="N", help="Trials of each variant (default: 5).")] = None,
    images: Annotated[
        str | None, typer.Option(metavar="N", help="Real images that each trial sees; such trials can be repeated.")
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(metavar="N", help="Time of each trial (default: 5; of a search a quarter).")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Folder of the study (default: a new one in studies).")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the study in --out: run what is missing.")
    ] = False,
    address: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Of a Ray cluster, such as auto (default: this machine alone)."),
    ] = None,
    parallel: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Most trials at a time (default: as many as fit).")
    ] = None,
    per_gpu: Annotated[int, typer.Option(min=1, metavar="N", help="Trials that share a GPU.")] = 1,
    threads: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Of each trial (default: 1, more if cores would idle).")
    ] = None,
    samples: Annotated[
        int | None, typer.Option(min=20, metavar="N", help="How many are judged of each trial (default: 10000).")
    ] = None,
    resolution: Annotated[int | None, setting_option(DataSettings, "resolution")] = None,
    channels: Annotated[int | None, setting_option(DataSettings, "channels")] = None,
    max_pixels: Annotated[int | None, setting_option(DataSettings, "max_pixels")] = None,
    background: Annotated[str | None, setting_option(DataSettings, "background", metavar="COLOUR")] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=LARGEST_SEED, metavar="N", help="Of the first trial of each variant (default: 0)."),
    ] = None,
    device: Annotated[str | None, setting_option(TrainingSettings, "device", metavar="NAME")] = None,
    precision: Annotated[str | None, setting_option(TrainingSettings, "precision", metavar="NAME")] = None,
    tuned_for: Annotated[str | None, setting_option(TrainingSettings, "tuned_for", metavar="NAME")] = None,
    compile_: Annotated[bool | None, setting_option(TrainingSettings, "compile", "--compile/--no-compile")] = None,
    labels: Annotated[bool | None, setting_option(TrainingSettings, "labels", "--labels")] = None,
    label_share: Annotated[float | None, setting_option(TrainingSettings, "label_share")] = None,
    labels_per_class: Annotated[int | None, setting_option(TrainingSettings, "labels_per_class")] = None,
    stop_on: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="End a trial when the doctor finds this: never, warning, critical (default: critical)."
        ),
    ] = None,
    rescue: Annotated[bool | None, setting_option(TrainingSettings, "rescue", "--rescue")] = None,
    rescue_tries: Annotated[int | None, setting_option(TrainingSettings, "rescue_tries")] = None,
) -> None:
    """Measure which heuristics a data set needs, or search for the best recipe.

    Every variant of the recipe is trained with several seeds, side by side on Ray, and judged by one encoder that is
    trained on the data. Ctrl-C once saves the trials that run, and --resume goes on.
    """
    if "torch" not in sys.modules:
        restart_for_memory()
    from steadygan.study.edit import Edit
    from steadygan.studying import names, study_on_screen

    training = settings_given(TrainingSettings, context.params)
    if images is not None:
        training["images"] = amount_of_images(images)
    request = {
        "data": data,
        "recipe": recipe,
        "take_out": names(take_out),
        "try_in": names(try_in),
        "pairs": names(pairs),
        "factorial": names(factorial),
        "search": search,
        "seeds": seeds,
        "samples": samples,
        "threads": threads,
        "data_settings": settings_given(DataSettings, context.params),
        "training": training,
    }
    values = dict(assignment(text) for text in set_ or ())
    edit = Edit(add=tuple(with_ or ()), remove=tuple(without or ()), values=values)
    study_on_screen(request, edit, out, resume, address, parallel, per_gpu, lasting_console())
