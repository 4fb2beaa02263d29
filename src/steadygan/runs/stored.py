"""A run as its folder describes it: the recipe and the manifest."""

import tomllib
from dataclasses import dataclass

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
