"""The lines of a run that is rescued: where each begins, and what the run folder says of the one in force."""

from collections.abc import Sequence
from typing import Any

from steadygan.errors import SteadyganError
from steadygan.files import LARGEST_RECIPE, read_text
from steadygan.recipe import Recipe
from steadygan.recipes import parse
from steadygan.runs.checkpoint import load_newest
from steadygan.runs.folder import RunFolder
from steadygan.runs.manifest import read_manifest, write_manifest
from steadygan.runs.rescues import Rescue, write_recipe_in_force
from steadygan.runs.snapshots import remove_snapshots_after
from steadygan.settings import TrainingSettings
from steadygan.training.loop import Loop
from steadygan.training.rescue import load_snapshot, restarted
from steadygan.training.state import TrainingState


def first_recipe(folder: RunFolder, recipe: Recipe) -> Recipe:
    """The recipe with which a run began, beside the one that is in force or about to be."""
    if not folder.first_recipe.is_file():
        return recipe
    return parse(read_text(folder.first_recipe, LARGEST_RECIPE), str(folder.first_recipe))


def state_to_go_on_from(folder: RunFolder, begun: Sequence[Rescue]) -> tuple[dict[str, Any], list[str]]:
    """The newest checkpoint of the line in force; if it has none, the state from which that line begins."""
    try:
        return load_newest(folder, len(begun))
    except SteadyganError:
        if not begun or not folder.snapshot(begun[-1].back_to).is_file():
            raise
        return load_snapshot(folder, begun[-1].back_to), []


def on_new_line(
    state: TrainingState, recipe: Recipe, saved: dict[str, Any], rescue: Rescue, training: TrainingSettings
) -> TrainingState:
    """The state from which a line goes on; for arguments see :func:`steadygan.training.rescue.restarted`."""
    assert rescue.carried is not None  # as in every decision that begins a line
    return restarted(state, recipe, saved, rescue.carried, training.seed)


def forget_what_came_after(loop: Loop, saved: dict[str, Any]) -> None:
    """Bring the files of a run, and those who look on, to the state from which the loop goes on."""
    folder = loop.folder
    loop.rows.truncate(saved["files"]["metrics"])
    loop.findings.truncate(saved["files"]["findings"])
    for images, grid in folder.sample_grids():
        if images > loop.state.images_seen:
            grid.unlink()
    remove_snapshots_after(folder, loop.state.images_seen)
    if loop.watch is not None and "watch" in saved:  # runs of earlier versions were not looked at
        loop.watch.load_state_dict(saved["watch"])
    if loop.checkup is not None:
        loop.checkup.go_on(folder.read_rows(folder.metrics))


def describe_line(loop: Loop, first: Recipe, rescue: Rescue) -> None:
    """Write what holds in a new line, and its first checkpoint, after which none of another line is needed."""
    folder, manifest = loop.folder, read_manifest(loop.folder)
    write_recipe_in_force(folder, first, loop.state.recipe)
    if rescue.message not in manifest.notes:
        write_manifest(folder, manifest.model_copy(update={"notes": (*manifest.notes, rescue.message)}))
    loop.save()
    for images, path in folder.numbered_checkpoints():
        if images != loop.state.images_seen:
            path.unlink(missing_ok=True)
    loop.observers.note(rescue.message)
