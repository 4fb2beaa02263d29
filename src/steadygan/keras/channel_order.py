"""Where a Keras model has its channels: in the last dimension, as Keras usually does, or in the first."""

from collections.abc import Sequence
from typing import Any, Literal

import keras

from steadygan.errors import SteadyganError
from steadygan.vocabulary import Player

DataFormat = Literal["channels_last", "channels_first"]
"""The order of the dimensions of images, in Keras' words."""


def data_format_of(model: Any, shape: Sequence[int | None] | None, wanted: tuple[int, int, int], player: Player) -> Any:
    """Find out in which order a model takes or makes images.

    Its shape decides; where that fits both orders, or is not known, its layers do.

    Args:
        model: a Keras model that is built, or a discriminator that may not be built yet.
        shape: three dimensions of one image as the model takes or makes it, None where it takes any size; None if it is
            not known.
        wanted: one image of the data as (height, width, channels).
        player: whose network it is, for the message.

    Returns:
        ``channels_last`` or ``channels_first``.

    Raises:
        SteadyganError: when it may be either.
    """
    height, width, channels = wanted
    fits: list[DataFormat] = []
    if shape is not None:
        orders: dict[DataFormat, tuple[int, ...]] = {
            "channels_last": wanted,
            "channels_first": (channels, height, width),
        }
        fits = [order for order, sizes in orders.items() if _fits(shape, sizes)]
        if len(fits) == 1:
            return fits[0]
    of_layers = _data_formats_of_layers(model)
    if len(of_layers) == 1:
        return of_layers.pop()
    if not of_layers and not fits:
        return keras.config.image_data_format()
    shown = "images of any shape" if shape is None else f"images of shape {list(shape)}"
    raise SteadyganError(
        f"The {player} has {shown}, whose channels may come first or last for data of shape "
        f"{[height, width, channels]}; give its layers one data_format, or wrap it yourself with "
        f"steadygan.keras.as_module.{player}_module(model, ..., data_format=...)"
    )


def layers_of(model: Any) -> list[Any]:
    """A Keras layer or model and all layers inside of it."""
    return list(model._flatten_layers())


def _fits(shape: Sequence[int | None], sizes: tuple[int, ...]) -> bool:
    if len(shape) != len(sizes):
        return False
    return all(found is None or found == size for found, size in zip(shape, sizes, strict=True))


def _data_formats_of_layers(model: Any) -> set[DataFormat]:
    found = {getattr(layer, "data_format", None) for layer in layers_of(model)}
    known: set[DataFormat] = {"channels_last", "channels_first"}
    return known & found
