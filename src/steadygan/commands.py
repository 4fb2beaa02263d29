"""What the command ``train`` does: begin a run or go on with one, and say on the screen what happens."""

import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from steadygan import api
from steadygan.amounts import things
from steadygan.data import DataSettings, Prepared, prepare
from steadygan.distributed import local_main_process_first
from steadygan.errors import SteadyganError
from steadygan.networks import check_shape
from steadygan.progress import LEGEND, ProgressLine, clock
from steadygan.recipe import Recipe
from steadygan.runs.claim import new_folder
from steadygan.runs.folder import RunFolder
from steadygan.runs.lock import locked_for_all
from steadygan.runs.run import Run
from steadygan.runs.stored import StoredRun, read_stored_run
from steadygan.screen import shown
from steadygan.settings import TrainingSettings
from steadygan.training.device import resolve_settings
from steadygan.training.process_settings import keep_memory
from steadygan.training.session import CustomNetworks

DEFAULT_RECIPE = "steady"
CHANGEABLE_FIELDS = ("images", "minutes", "compile", "stop_on")
"""What may be different when a run goes on."""


class RunRequest(BaseModel):
    """What a user asked for.

    Attributes:
        data: what they named as data; None when they left it out.
        recipe: the name or path of a recipe; None when they left it out.
        add: heuristics to put in.
        remove: heuristics to take out.
        values: what to set in the recipe, by key.
        data_settings: the settings of the data that they gave, by name.
        training: the training settings that they gave, by name.
        keep_memory: whether freed memory is kept for the next step.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: str | None = None
    recipe: str | None = None
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    values: dict[str, Any] = {}
    data_settings: dict[str, Any] = {}
    training: dict[str, Any] = {}
    keep_memory: bool = True


def begin_run(request: RunRequest, out: Path | None, overwrite: bool, console: Console) -> Run:
    """Train a new run."""
    if request.data is None:
        raise SteadyganError("Name the data: a folder of images, an .npz file, or glyphs; or go on with --resume RUN")
    recipe = api.recipe_of(request.recipe or DEFAULT_RECIPE).change(request.add, request.remove, request.values)
    data_settings = api.make_data_settings(**request.data_settings)
    training = api.make_training_settings(**request.training)
    resolve_settings(training)  # a wrong device is said before the data are prepared
    with new_folder(out, recipe.name, overwrite) as folder:  # chosen before the user waits for the data
        return _train_new(request, recipe, data_settings, training, folder, overwrite, console)


def _train_new(
    request: RunRequest,
    recipe: Recipe,
    data_settings: DataSettings,
    training: TrainingSettings,
    folder: RunFolder,
    overwrite: bool,
    console: Console,
) -> Run:
    assert request.data is not None  # begin_run has refused that
    if request.keep_memory:
        keep_memory()
    prepared = _prepare(request.data, data_settings, console)
    if "network" in request.values:
        check_shape(recipe.network, prepared.shape)  # a recipe's own network gives way to the data, a wish does not
    _say_notes(api.fit_recipe(recipe, prepared, training.labels)[1], console)
    console.print(
        f"recipe [bold]{shown(recipe.name)}[/] · run folder [bold]{shown(str(folder.path))}[/]", soft_wrap=True
    )
    console.print(LEGEND, soft_wrap=True)
    run = api.run_new(
        prepared, recipe, training, data_settings, folder, CustomNetworks(), overwrite, [ProgressLine(console)]
    )
    return _say_end(run, console)


def continue_run(request: RunRequest, path: Path, console: Console) -> Run:
    """Go on with a run."""
    folder = RunFolder(path)
    stored = read_stored_run(folder)
    refuse_changes(request, stored, folder)
    with locked_for_all(folder, otherwise=""):
        pass  # another process that trains there is named before the user waits for the data
    training = api.changed(stored, **{name: request.training.get(name) for name in CHANGEABLE_FIELDS})
    if request.keep_memory:
        keep_memory()
    prepared = _prepare(request.data or stored.find_data(), stored.manifest.data_settings, console)
    _say_notes(prepared.notes, console)
    console.print(f"going on with [bold]{shown(str(folder.path))}[/]", soft_wrap=True)
    console.print(LEGEND, soft_wrap=True)
    run = api.resume(
        path,
        images=training.images,
        minutes=training.minutes,
        compile=training.compile,
        stop_on=training.stop_on,
        data=prepared,
        observers=[ProgressLine(console)],
    )
    return _say_end(run, console)


def refuse_changes(request: RunRequest, stored: StoredRun, folder: RunFolder) -> None:
    """Refuse whatever a resumed run would have to do differently; other data are refused when their content is known.

    Raises:
        SteadyganError: with the name of the first setting that changed.
    """
    asked = _recipe_asked(request, stored)
    was: dict[str, Any] = {
        **_flat(stored.recipe),
        **stored.manifest.training.model_dump(),
        **stored.manifest.data_settings.model_dump(),
    }
    given = request.data_settings | request.training
    # the run keeps what "auto" chose when it began
    now: dict[str, Any] = {**was, **{name: value for name, value in given.items() if value != "auto"}}
    for name in _flat(stored.recipe):
        now.pop(name)
    now |= _flat(asked)
    # what explains the other changes comes first
    for name in sorted(was.keys() | now.keys(), key=lambda name: (name != "recipe", name)):
        before, after = was.get(name, "absent"), now.get(name, "absent")
        if name not in CHANGEABLE_FIELDS and before != after:
            raise SteadyganError(
                f"'{name}' was {_shown(before)} when '{folder.path}' began and cannot become {_shown(after)}; "
                "leave it out, or start a new run without --resume"
            )


def _recipe_asked(request: RunRequest, stored: StoredRun) -> Recipe:
    base = stored.recipe
    if request.recipe is not None and request.recipe != stored.recipe.name:
        base = api.recipe_of(request.recipe)
    return base.change(request.add, request.remove, request.values)


def _flat(recipe: Recipe) -> dict[str, Any]:
    flat: dict[str, Any] = {"recipe": recipe.name, "network": recipe.network, **recipe.settings.model_dump()}
    for heuristic in recipe.heuristics:
        flat[heuristic.name] = "present"
        flat |= {f"{heuristic.name}.{key}": value for key, value in heuristic.parameters().items()}
    return flat


def _shown(value: Any) -> str:
    return "left open" if value is None else str(value)


def _prepare(source: str, settings: DataSettings, console: Console) -> Prepared:
    columns = (TextColumn("preparing images"), BarColumn(bar_width=24), MofNCompleteColumn())
    # shown only where it can be redrawn: off a terminal it would be a column of bars
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("prepare", total=None)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        prepared = local_main_process_first("prepare", lambda: prepare(source, settings, progress=progress))
    _say_data(prepared, console)
    return prepared


def _say_data(prepared: Prepared, console: Console) -> None:
    shape = "x".join(str(each) for each in prepared.shape)
    ready = "ready from the cache" if prepared.from_cache else f"prepared in {clock(prepared.seconds)}"
    items = things(len(prepared), prepared.kind.removesuffix("s"))
    console.print(shown(f"{items} of {shape} from {prepared.source}, {ready}"), soft_wrap=True)
    if prepared.class_names:
        names = ", ".join(prepared.class_names[:12]) + (", ..." if len(prepared.class_names) > 12 else "")
        console.print(shown(f"{things(len(prepared.class_names), 'class', 'classes')}: {names}"), soft_wrap=True)
    if prepared.skipped:
        count = f"{things(len(prepared.skipped), 'file')} skipped"
        console.print(f"[yellow]{count}[/] (each with its reason in skipped.json and the report)", soft_wrap=True)
    if prepared.single_colour:
        count = f"{things(len(prepared.single_colour), 'image is', 'images are')} of a single colour"
        console.print(f"[yellow]{count}[/] (listed in single_colour.json and the report)", soft_wrap=True)


def _say_notes(notes: Iterable[str], console: Console) -> None:
    for note in notes:
        console.print(shown(note), soft_wrap=True)


def _say_end(run: Run, console: Console) -> Run:
    path = shown(shlex.quote(str(run.path)))
    if run.failure:
        console.print(f"[yellow]failed:[/] {shown(run.failure)}", soft_wrap=True)
        console.print(f"saved; go on all the same with: [bold]steadygan train --resume {path}[/]", soft_wrap=True)
    if run.interrupted:
        console.print(f"stopped and saved; go on with: [bold]steadygan train --resume {path}[/]", soft_wrap=True)
    console.print(f"report: {shown(str(run.report))}", soft_wrap=True)
    console.print(f"make images: steadygan sample {path} -n 64 --out grid.png", soft_wrap=True)
    return run
