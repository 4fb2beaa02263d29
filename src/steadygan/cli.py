"""The command line, which parses options; other modules do the work."""

import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from steadygan.completion import complete_citable, complete_heuristic, complete_recipe
from steadygan.cores import share_cores
from steadygan.errors import SteadyganError, out_of_memory, plain_message, printable
from steadygan.options import assignment, setting_option, settings_given
from steadygan.screen import lasting_console, shown
from steadygan.settings import LARGEST_SEED, DataSettings, TrainingSettings
from steadygan.startup import BROKEN_OFF, FAILED, REFUSED, leave_without_memory, restart_for_memory

if TYPE_CHECKING:
    from steadygan.runs.run import Run

app = typer.Typer(
    name="steadygan",
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

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
        training["images"] = _images(images)
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

    _show(write_samples(trained_generator(run), number, out, seed, truncation, class_, scale))


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

    _show(write_walk(trained_generator(run), out, number, stops, frames, seed, class_, scale))


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
        training["images"] = _images(images)
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

        _show(recipe_list(_width()))
        return
    from steadygan.cards.terminal import recipe_page
    from steadygan.recipes import recipe

    _show(recipe_page(recipe(name)))


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

        _show(heuristic_list(_width()))
        return
    from steadygan.cards.terminal import heuristic_page
    from steadygan.heuristics.catalogue import catalogue

    _show(heuristic_page(name, catalogue()))


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

    _show(bibtex_of(name))


@app.command()
def clean(
    runs: Annotated[
        list[Path] | None,
        typer.Argument(metavar="RUN", help="Folders of runs whose checkpoints are to go.", show_default=False),
    ] = None,
    cache: Annotated[bool, typer.Option("--cache", help="The cache of prepared data is to go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Remove it; otherwise only say how much that would free.")] = False,
) -> None:
    """Free the space of checkpoints and of prepared data; generators, samples and reports stay.

    A run without checkpoints cannot be resumed.
    """
    from steadygan.cleaning import clean as cleaned

    _show(cleaned(runs or (), cache, remove=yes))


@app.command()
def report(run: RunPath) -> None:
    """Write a run's report.html again."""
    from steadygan.report import write_report

    _show(str(write_report(run)))


def _show(text: str) -> None:
    # not print(): the console flushes, and stays quiet when a reader such as `head` has gone
    console.print(Text(printable(text, keep="\n")), soft_wrap=True)


def _width() -> int | None:
    """Columns of the terminal; None where lines should stay whole, as for another program."""
    return console.width if console.is_terminal else None


def _images(text: str) -> int:
    from steadygan.progress import amount

    try:
        return amount(text)
    except ValueError:
        raise SteadyganError(
            f"--images {text} is not a number of images; write for example 60000, 600k or 1.5M"
        ) from None


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit; what a user can mend is said in one sentence, with exit status 2."""
    try:
        share_cores()  # before any command imports PyTorch
        status = app(arguments, prog_name="steadygan", standalone_mode=False)
    except SteadyganError as error:
        _refuse(str(error))
    except (KeyboardInterrupt, typer.Abort):
        status = BROKEN_OFF
    except Exception as error:
        leave_without_memory(error)
        _refuse(_sentence(error))
    if status == BROKEN_OFF and _speaks():
        errors.print("broken off; what was saved before is intact")
    _leave(status if isinstance(status, int) else 0)


def _sentence(error: Exception) -> str:
    """What is wrong with the call, or with its size.

    Raises:
        Exception: the error itself, when it is no fault of the user's.
    """
    # typer's own errors are known by their method: which class they have depends on its version
    said = getattr(error, "format_message", None)
    if said is not None:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "steadygan"
        return f"{plain_message(' '.join(said().split())).rstrip('.')} (see {command} --help)"
    if out_of_memory(error):
        return "There is not enough memory for this; lower --set batch=N, --set width=N, --resolution or -n"
    raise error


def _refuse(sentence: str) -> NoReturn:
    line = " ".join(sentence.split()).rstrip(".")
    if _speaks():
        errors.print(f"[bold red]error:[/] {shown(line)}", soft_wrap=True)
    _leave(REFUSED)


def _of_several() -> bool:
    return os.environ.get("WORLD_SIZE", "1") != "1"


def _speaks() -> bool:
    """Whether this process is to say what went wrong: of several one is enough."""
    if not _of_several():
        return True
    from steadygan.distributed import is_reporting_process

    return is_reporting_process()


def _leave(status: int) -> NoReturn:
    if status and _of_several():
        # without a farewell, for which others that are gone would be waited
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)
