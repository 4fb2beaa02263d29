"""The first layer of each network: latents with labels, and images with labels, packed."""

from typing import Any, NamedTuple

import keras

from steadygan.blueprint import Blueprint
from steadygan.keras.layers.embedding import LabelChannel, LabelEmbedding
from steadygan.keras.layers.packing import Packing
from steadygan.keras.networks.making import Draw, Maker, normal


class Entrance(NamedTuple):
    """What a network is given.

    Attributes:
        given: its inputs: latents or images, and labels if it takes any.
        labels: int32 [N], -1 where unknown; None if it takes none.
    """

    given: list[Any]
    labels: Any

    @property
    def inputs(self) -> Any:
        """As :class:`keras.Model` takes them: the only input, or a list of two."""
        return self.given[0] if len(self.given) == 1 else self.given


def entrance(name: str, shape: tuple[int, ...], labelled: bool) -> Entrance:
    """The inputs of a network.

    Args:
        name: of the first.
        shape: of one item of it.
        labelled: whether labels come with it.
    """
    first = keras.Input(shape, name=name)
    labels = keras.Input((), dtype="int32", name="labels") if labelled else None
    return Entrance([first, labels] if labelled else [first], labels)


def latents_with_labels(make: Maker, blueprint: Blueprint, latents: Any, labels: Any, rows: Draw | None = None) -> Any:
    """Latents [N, D] beside an embedding of the class, if the blueprint has one for the generator.

    Args:
        make: makes the layers of the network.
        blueprint: how it is built.
        latents: float [N, D].
        labels: int32 [N]; None if the network takes none.
        rows: of the embedding at the start; N(0, 1) when None.
    """
    dimension = blueprint.generator_embedding
    if not dimension:
        return latents
    name = "entrance_embed"
    table = (rows or normal(1.0))()
    embed = LabelEmbedding(blueprint.classes, dimension, make.spectral, table, name=name)
    return keras.layers.Concatenate(name="entrance")([latents, embed(labels)])


def images_with_labels(make: Maker, blueprint: Blueprint, images: Any, labels: Any) -> Any:
    """Images [N, H, W, C] or vectors [N, F] with their labels as one more channel (vectors: as more features), packed.

    Args:
        make: makes the layers of the network.
        blueprint: how it is built.
        images: what comes in.
        labels: int32 [N]; None if the network takes none.

    Returns:
        [N / packing, ...].
    """
    dimension, name = blueprint.discriminator_embedding, "entrance_embed"
    if dimension:
        x = _embedding(name, make, blueprint, images)(labels)
        images = keras.layers.Concatenate(name="entrance")([images, x])
    return Packing(blueprint.packing, name="packs")(images) if blueprint.packing > 1 else images


def _embedding(name: str, make: Maker, blueprint: Blueprint, images: Any) -> Any:
    classes, dimension, table = blueprint.classes, blueprint.discriminator_embedding, normal(1.0)()
    if len(images.shape) == 2:
        return LabelEmbedding(classes, dimension, make.spectral, table, name=name)
    return LabelChannel(
        classes,
        dimension,
        images.shape[1],
        make.equalised,
        make.spectral,
        table,
        make.kernel(),
        make.bias(dimension),
        name=name,
    )
