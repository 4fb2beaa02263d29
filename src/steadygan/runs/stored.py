"""A run as its folder describes it: the recipe and the manifest."""

import tomllib
from dataclasses import dataclass

from steadygan.data import absolute_name
from steadygan.errors import SteadyganError
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
    """Read the recipe and the manifest of a run.

    Raises:
        SteadyganError: when the folder holds no run, one of the files is damaged, or a newer version wrote it.
    """
    manifest = read_manifest(folder)
    try:
        recipe = parse(folder.recipe.read_text("utf-8"), str(folder.recipe))
    except (ValueError, OSError, tomllib.TOMLDecodeError):
        raise SteadyganError(f"'{folder.path}' is not complete or not of this version; start a new run") from None
    return StoredRun(recipe, manifest)
