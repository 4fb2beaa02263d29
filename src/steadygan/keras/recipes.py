"""Which recipe a GAN of Keras is trained by."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from steadygan.errors import SteadyganError
from steadygan.recipe import Recipe
from steadygan.recipes import recipe as recipe_named
from steadygan.variation import FewImages, Variation
from steadygan.vocabulary import Labels


def fitted(
    chosen: str | Path | Recipe, shape: Sequence[int], classes: int, width: int | None, own: Sequence[Any]
) -> Recipe:
    """A recipe for data of a shape.

    Args:
        chosen: its name, a file, or the recipe itself.
        shape: of one item: (H, W, C) for images, (F,) for vectors.
        classes: of the labels; 0 for none.
        width: instead of the recipe's; None for the recipe's.
        own: networks of the user's own; None where one is built.

    Raises:
        SteadyganError: when the recipe asks for labels and there are none, or the shape is none.
    """
    if len(shape) not in (1, 3) or any(each < 1 for each in shape):
        raise SteadyganError(
            f"shape={tuple(shape)} is no shape of data; give (height, width, channels) for images or (features,) for "
            "vectors"
        )
    recipe = chosen if isinstance(chosen, Recipe) else recipe_named(chosen)
    if width is not None:
        recipe = recipe.set("width", width)
    if len(shape) == 1 and recipe.network != "mlp" and not all(own):
        recipe, _ = recipe.for_vectors()
    asking = next((each.name for each in recipe.heuristics if each.labels is not Labels.NONE), None)
    if asking is not None and classes < 1:
        raise SteadyganError(f"The heuristic '{asking}' needs labels; give classes=, and labels as y to fit")
    waiting = {"on_vectors": Variation(), "on_few_images": FewImages()}
    return recipe.model_copy(update=waiting)
