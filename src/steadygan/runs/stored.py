"""A run as its folder describes it: the recipe and the manifest."""

import tomllib
from dataclasses import dataclass

from steadygan.data import absolute_name
from steadygan.errors import SteadyganError
from steadygan.files import LARGEST_RECIPE, read_text
from steadygan.heuristics.catalogue import heuristic_class, reference
from steadygan.recipe import Recipe
from steadygan.recipes import parse
from steadygan.runs.folder import RunFolder
from steadygan.runs.manifest import RunManifest, read_manifest


@dataclass(frozen=True)
class StoredRun:
    """What a run folder says of its run.

    Attributes:
        recipe: the complete recipe.
        manifest: data, settings and networks.
    """

    recipe: Recipe
    manifest: RunManifest

    def find_data(self) -> str:
        """The name of the data, where they lie now.

        Raises:
            SteadyganError: when they were on the disk and are there no more.
        """
        data = self.manifest.data
        if not data.location or absolute_name(data.location):
            return data.location or data.source
        if absolute_name(data.source):
            return data.source
        raise SteadyganError(
            f"The data of this run are no longer at '{data.location}'; if they have moved, "
            "name their new place: steadygan train NEW_PLACE --resume RUN"
        )


def read_stored_run(folder: RunFolder) -> StoredRun:
    """Read the recipe and the manifest of a run, to go on with it.

    Raises:
        SteadyganError: when the folder holds no run, Keras trained it, one of the files is damaged, a newer version
            wrote it, or a name in the recipe is now that of another class.
    """
    manifest = read_manifest(folder)
    if manifest.keras_backend is not None:
        raise SteadyganError(
            f"'{folder.path}' was trained with Keras, so only Keras can go on with it: call fit() on the saved model, "
            f"with the callback steadygan.keras.RunLogger('{folder.path}', append=True)"
        )
    try:
        text = read_text(folder.recipe, LARGEST_RECIPE)
        recipe = parse(text, str(folder.recipe))
    except (ValueError, OSError):
        raise SteadyganError(f"'{folder.path}' is not complete or not of this version; start a new run") from None
    _refuse_other_classes(text, recipe, folder)
    return StoredRun(recipe, manifest)


def _refuse_other_classes(text: str, recipe: Recipe, folder: RunFolder) -> None:
    """Refuse a recipe whose names lead to other classes than when it was written.

    A run stores where each class is defined. A name such as ``__main__:R1`` may now be that of an imported class.
    """
    found = {reference(type(each)) for each in recipe.heuristics}
    for name in tomllib.loads(text).get("heuristics", {}):
        if name not in found:
            now = reference(heuristic_class(name))
            raise SteadyganError(
                f"'{folder.path}' was trained with the heuristic '{name}', and that is now '{now}'; "
                "let the name lead to the class that it was trained with, or start a new run"
            )
