"""The commands that judge: how good samples are, and whether a training failed."""

from pathlib import Path
from typing import Annotated

import typer

from steadygan.cli.app import app, console, errors
from steadygan.cli.arguments import Seed
from steadygan.options import setting_option, settings_given
from steadygan.settings import DataSettings


@app.command()
def evaluate(
    context: typer.Context,
    evaluated: Annotated[
        str,
        typer.Argument(
            metavar="SAMPLES",
            help="Folder that train made, a .keras file of a generator, a folder of images, or an .npz or .npy array.",
            show_default=False,
        ),
    ],
    against: Annotated[
        str | None,
        typer.Option(metavar="DATA", help="Real data, as for train (default: those of the run).", show_default=False),
    ] = None,
    features: Annotated[
        str,
        typer.Option(metavar="NAME", help="domain, inception, dinov2, an .onnx file, module:NAME."),
    ] = "domain",
    weights: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Weights of inception or dinov2, for a machine without a network."),
    ] = None,
    device: Annotated[
        str, typer.Option(metavar="NAME", help="Where networks run: auto, cpu, cuda, cuda:1, mps.")
    ] = "auto",
    samples: Annotated[int, typer.Option(metavar="N", help="How many.")] = 10_000,
    seed: Seed = 0,
    resolution: Annotated[int | None, setting_option(DataSettings, "resolution")] = None,
    channels: Annotated[int | None, setting_option(DataSettings, "channels")] = None,
    background: Annotated[str | None, setting_option(DataSettings, "background", metavar="COLOUR")] = None,
    metrics: Annotated[
        list[str] | None,
        typer.Option(
            "--metric", "--metrics", metavar="NAME", help="One of your own too, module:NAME; may be repeated."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="For the figures, and pictures of samples beside training images."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Measure how good samples are: each figure beside that of real images which were held out.

    A run is compared with its own data. Nothing is downloaded for the features 'domain'.
    """
    from steadygan.distributed import is_main_process
    from steadygan.evaluating import evaluate_on_screen, show

    given = settings_given(DataSettings, context.params)
    added = tuple(metrics or ())
    found = evaluate_on_screen(evaluated, against, features, weights, device, samples, seed, given, added, out, errors)
    if not is_main_process():
        return
    if json:
        print(found.to_json())
    else:
        show(found, out, console)


@app.command()
def diagnose(
    trained: Annotated[
        Path,
        typer.Argument(
            metavar="RUN|FILE",
            help="Folder that train made, or what another trainer wrote: .jsonl, .csv, a log, TensorBoard's events.",
            show_default=False,
        ),
    ],
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="NAME=COLUMN", help="Which column is d_loss, g_loss, images, step; may be repeated."
        ),
    ] = None,
    batch: Annotated[
        int, typer.Option(min=1, metavar="N", help="Images in a step, for a file that counts steps.")
    ] = 64,
    items: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="How many images the data have, for a file.", show_default=False),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page with findings and curves, .html.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what went wrong in a training, since when, and what treats it.

    Of other trainers only the losses are known, by which less can be told, and that is said.

    The exit status is 0 if training is healthy, 1 if a warning or something critical lasts, 2 for a wrong call.
    """
    from steadygan.diagnosing import diagnose_on_screen

    status = diagnose_on_screen(trained, map_ or (), batch, items, report, json, console)
    raise typer.Exit(status)
