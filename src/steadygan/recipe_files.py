"""The files of the recipes that come with the package, read without PyTorch, which the recipes themselves need."""

from importlib import resources
from importlib.resources.abc import Traversable


def recipe_names() -> tuple[str, ...]:
    """Names of the recipes that come with the package."""
    return tuple(sorted(file.name.removesuffix(".toml") for file in _folder().iterdir() if file.name.endswith(".toml")))


def recipe_text(name: str) -> str:
    """The TOML of a recipe that comes with the package.

    Args:
        name: one of :func:`recipe_names`.
    """
    return (_folder() / f"{name}.toml").read_text("utf-8")


def _folder() -> Traversable:
    return resources.files("steadygan") / "recipes"
