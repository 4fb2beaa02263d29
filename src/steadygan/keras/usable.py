"""What a Keras model may not hold that :func:`steadygan.train` trains, because only Keras' own training knows it."""

from typing import Any

import keras

from steadygan.distributed import world_size
from steadygan.errors import SteadyganError
from steadygan.keras.channel_order import layers_of
from steadygan.vocabulary import Player


def refuse_unusable(model: Any, player: Player) -> None:
    """Refuse a model for what it is made of.

    Args:
        model: a Keras model or layer, built or not.
        player: whose network it is.

    Raises:
        SteadyganError: when it cannot be trained here.
    """
    if world_size() > 1:
        raise SteadyganError(
            f"The {player} is a Keras model, which trains in one process, and there are {world_size()}; start one"
        )
    for layer in layers_of(model):
        if isinstance(layer, keras.layers.TorchModuleWrapper):
            raise SteadyganError(
                f"The {player} holds PyTorch's {type(layer.module).__name__} inside of a Keras model; give a "
                "torch.nn.Module or a model of Keras layers alone"
            )
        if type(layer) is keras.layers.SpectralNormalization:
            raise SteadyganError(
                f"The {player} has Keras' SpectralNormalization (layer '{layer.name}'), which overwrites weights in "
                "training; use steadygan.keras.layers.SpectralNormalization"
            )
        if layer.compute_dtype == "float16":
            raise SteadyganError(
                f"The {player} computes in float16 (layer '{layer.name}'), where small gradients vanish; build it with "
                'the dtype policy "float32" and choose precision="bf16"'
            )


def refuse_untrainable(model: Any, player: Player) -> None:
    """Refuse what would silently have no effect.

    Args:
        model: a Keras model or layer that has been called.
        player: whose network it is.

    Raises:
        SteadyganError: when it has losses or constraints of its own.
    """
    if model.losses:
        raise SteadyganError(
            f"The {player} adds losses to those of its training (a regularizer, or add_loss), which train() does not "
            "see; take them out and add a penalty to the recipe instead (steadygan heuristics)"
        )
    constrained = next((each for each in model.trainable_variables if each.constraint is not None), None)
    if constrained is not None:
        raise SteadyganError(
            f"The {player} has a constraint on '{constrained.path}', which only Keras' optimisers apply; take it out "
            "and add a heuristic to the recipe instead, such as weight-clipping"
        )
