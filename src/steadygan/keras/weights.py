"""Weights copied between a PyTorch network of this package and the Keras model that was built like it.

Layers are found by their names: ``blocks_3_convolution`` has the weights of the module ``blocks.3.convolution``.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import keras
import numpy as np
import torch
from torch import Tensor, nn

from steadygan.arrays import Array
from steadygan.errors import SteadyganError
from steadygan.keras.layers.attention import SelfAttention
from steadygan.keras.layers.conditional import ConditionalNormalization
from steadygan.keras.layers.embedding import LabelChannel, LabelEmbedding, Projection
from steadygan.keras.layers.kinds import kernel_of
from steadygan.keras.layers.maps import MapBasis
from steadygan.keras.layers.minibatch import MinibatchDiscrimination
from steadygan.keras.layers.reference_batch import WithReferenceBatch
from steadygan.keras.layers.rescaled import RescaledKernel
from steadygan.keras.layers.spectral_norm import SpectralNormalization
from steadygan.keras.layers.virtual_batch_norm import VirtualBatchNormalization

_UNCOPIED = ("num_batches_tracked",)
"""Buffers that no computation here reads."""
_MAPS = (0, 2, 3, 1)
"""Axes of images in PyTorch, in the order of Keras."""
_KERNELS = {
    keras.layers.DepthwiseConv2D: (2, 3, 0, 1),
    keras.layers.Conv2DTranspose: (2, 3, 1, 0),
    keras.layers.Conv2D: (2, 3, 1, 0),
    keras.layers.Dense: (1, 0),
}
"""Axes of kernels likewise; a row of an embedding is one in both."""
_NORMALISATIONS = (
    keras.layers.BatchNormalization,
    keras.layers.GroupNormalization,
    keras.layers.LayerNormalization,
    VirtualBatchNormalization,
)


class _Pair(NamedTuple):
    """A Keras variable and the PyTorch tensor that it equals.

    Attributes:
        variable: Keras'.
        key: of the tensor in the state of the PyTorch network.
        axes: of the tensor, in the order in which the variable has them; () where the order is the same.
    """

    variable: Any
    key: str
    axes: tuple[int, ...] = ()


def from_torch(network: nn.Module, model: Any) -> None:
    """Copy all weights and statistics of a PyTorch network into a Keras model.

    Args:
        network: of this package.
        model: what :func:`steadygan.keras.networks.build` makes from the same blueprint; it is changed.

    Raises:
        SteadyganError: when they are not built alike; the model is then unchanged.
    """
    state = network.state_dict()
    for pair in _pairs(network, model, state):
        values = state[pair.key].detach().cpu().numpy()
        # A copy, for JAX goes on to use the memory that it is given, which PyTorch overwrites in training.
        pair.variable.assign(np.array(values.transpose(pair.axes) if pair.axes else values, order="C"))


def to_torch(model: Any, network: nn.Module) -> None:
    """Copy all weights and statistics of a Keras model into a PyTorch network.

    Args:
        model: one that :func:`steadygan.keras.networks.build` made.
        network: what :func:`steadygan.networks.build` makes from the same blueprint; it is changed. How many batches
            its batch normalisation has seen stays, because no Keras layer counts them.

    Raises:
        SteadyganError: when they are not built alike; the network is then unchanged.
    """
    state = network.state_dict()
    with torch.no_grad():
        for pair in _pairs(network, model, state):
            values: Array = np.asarray(keras.ops.convert_to_numpy(pair.variable))
            if pair.axes:
                values = values.transpose(np.argsort(pair.axes))
            state[pair.key].copy_(torch.from_numpy(np.array(values, order="C")))


def _pairs(network: nn.Module, model: Any, state: dict[str, Tensor]) -> list[_Pair]:
    """Every variable of the model with its tensor.

    Raises:
        SteadyganError: when something has no partner, or one of another shape.
    """
    pairs = list(_of_model(model, {name.replace(".", "_"): name for name, _ in network.named_modules()}))
    difference = _difference(pairs, model, state)
    if difference:
        raise SteadyganError(
            f"The PyTorch network {type(network).__name__} and the Keras model '{model.name}' are not built alike: "
            f"{difference}; build both from one blueprint, shape, latent and width"
        )
    return pairs


def _difference(pairs: list[_Pair], model: Any, state: dict[str, Tensor]) -> str:
    """What keeps weights from being copied, in words; empty where nothing does."""
    paired, found = {id(pair.variable) for pair in pairs}, {pair.key for pair in pairs}
    for variable in model.weights:
        if id(variable) not in paired:
            return f"the network has nothing like '{variable.path}'"
    for key in state:
        if key not in found and key.rpartition(".")[2] not in _UNCOPIED:
            return f"the model has nothing like '{key}'"
    for variable, key, axes in pairs:
        if key not in state:
            return f"the network has no '{key}' like '{variable.path}'"
        shape = tuple(state[key].shape[axis] for axis in axes) if axes else tuple(state[key].shape)
        if shape != tuple(variable.shape):
            return f"'{key}' is {list(shape)} in the order of Keras, and '{variable.path}' is {list(variable.shape)}"
    return ""


def _of_model(model: Any, paths: dict[str, str]) -> Iterator[_Pair]:
    """The weights of a model.

    Args:
        model: a Keras model.
        paths: of the PyTorch network's modules, by the names that Keras layers have for them.
    """
    for layer in model.layers:
        if isinstance(layer, WithReferenceBatch):
            inputs, *labels = layer.reference
            yield _Pair(inputs, "reference.inputs", _MAPS if len(inputs.shape) == 4 else ())
            yield from (_Pair(each, "reference.labels") for each in labels)
            yield from _of_model(layer.network, paths)
        elif isinstance(layer, MapBasis):  # the network's own parameter
            yield _Pair(layer.basis, layer.name, (1, 2, 0))
        elif layer.name in paths:
            yield from _of_layer(layer, paths[layer.name])


def _of_layer(layer: Any, path: str) -> Iterator[_Pair]:
    """The weights of a layer, which those of the module at that path are."""
    for part, suffix in _parts(layer):
        yield from _of_layer(part, path + suffix)
    if isinstance(layer, RescaledKernel):
        yield _kernel(layer.layer, layer.trained, f"{path}.parametrizations.weight.original")
        yield from _named(layer.layer, path, bias="bias")
        if isinstance(layer, SpectralNormalization):
            yield from _named(layer, f"{path}.parametrizations.weight.0", u="_u", v="_v")
    elif (where := kernel_of(layer)) is not None:
        yield _kernel(layer, where.variable(layer), f"{path}.weight")
        yield from _named(layer, path, bias="bias")
    elif isinstance(layer, _NORMALISATIONS):
        yield from _named(
            layer, path, gamma="weight", beta="bias", moving_mean="running_mean", moving_variance="running_var"
        )
    elif isinstance(layer, ConditionalNormalization):
        yield from _named(layer, path, scales="scales", shifts="shifts")
    elif isinstance(layer, SelfAttention):
        yield from _named(layer, path, gamma="gamma")
    elif isinstance(layer, MinibatchDiscrimination):
        yield from _named(layer, path, tensor="tensor")


def _parts(layer: Any) -> list[tuple[Any, str]]:
    """The layers of which a layer consists, and what comes after its own path in theirs."""
    if isinstance(layer, ConditionalNormalization):
        return [(layer.norm, ".norm")]
    if isinstance(layer, SelfAttention):
        return [(getattr(layer, name), f".{name}") for name in ("keys", "queries", "values", "outputs")]
    if isinstance(layer, Projection):
        return [(layer.table, "")]
    if isinstance(layer, LabelChannel):
        return [(layer.table, ".table"), (layer.dense, ".dense")]
    return [(layer.table, ".table")] if isinstance(layer, LabelEmbedding) else []


def _kernel(layer: Any, variable: Any, key: str) -> _Pair:
    return _Pair(variable, key, next((axes for kind, axes in _KERNELS.items() if isinstance(layer, kind)), ()))


def _named(layer: Any, path: str, **names: str) -> Iterator[_Pair]:
    """Those weights of a layer that it has, by their names in Keras and in PyTorch."""
    for own, name in names.items():
        variable = getattr(layer, own, None)
        if variable is not None:
            yield _Pair(variable, f"{path}.{name}")
