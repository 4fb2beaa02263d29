"""Keras models on the PyTorch backend as networks of :func:`steadygan.train`.

A Keras model is a PyTorch module there, and would train as it is: with channels in another dimension, with batch norm
and dropout as for inference, and under names that Keras draws anew for every model of a process. What is made here
mends all three.
"""

import inspect
from collections.abc import Iterable
from typing import Any, ClassVar

import keras
import torch
from keras.src.random import seed_generator  # no public name leads to the global one
from torch import Tensor, nn

from steadygan.keras.channel_order import DataFormat, data_format_of, layers_of
from steadygan.keras.usable import refuse_untrainable, refuse_unusable
from steadygan.networks.check import TRIED, failure
from steadygan.vocabulary import Player

_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"
_UNSEEDED = "unseeded"
"""The name of the seed of what has no seed of its own."""
_LARGEST_SEED = 2**31


class KerasModule(nn.Module):
    """A Keras model with the dimensions of PyTorch, in the mode of its module, and with variables named by position.

    The module registers the model's own variables, so that whatever trains or loads it changes the model. A copy has
    variables of its own and calls the same model with them.

    Evaluation mode neither changes variables nor depends on the model's random seeds: what is random there, such as a
    dropout that is always on, follows PyTorch's global seed. What draws with no seed of its own has one in this module,
    because Keras' global seed is in no checkpoint.

    Args:
        model: a built Keras model or layer on the PyTorch backend.
        data_format: order in which it takes and makes images; None if it has none.
    """

    eager_only: ClassVar[bool] = True
    """PyTorch's compiler cannot follow Keras through a scope of replaced variables."""
    building: ClassVar[str] = "steadygan.keras.layers, docs/keras.md"
    """Where one finds what is to be built into such a network."""

    def __init__(self, model: Any, data_format: DataFormat | None = None) -> None:
        super().__init__()
        self._shared = _Shared(model)
        self.data_format = data_format
        for name, variable in self._shared.of_model.items():
            if variable.trainable:
                self.register_parameter(name, variable.value)
            else:
                self.register_buffer(name, variable.value)
        self.register_buffer(_UNSEEDED, _drawn_like(self._shared.variables[_UNSEEDED].value))

    @property
    def model(self) -> Any:
        """The Keras model; it holds the variables of this module unless this is a copy."""
        return self._shared.model

    def forward(self, inputs: Tensor, labels: Tensor | None = None) -> Any:
        """Call the model.

        Args:
            inputs: latents float32 [N, D], images [N, C, H, W], or vectors [N, F].
            labels: int64 [N], for a model with two inputs.

        Returns:
            What it returns; a tensor of four dimensions as [N, C, H, W].
        """
        return self._run(inputs, labels, self.training)

    def estimate_statistics(self, batches: Iterable[tuple[Tensor, Tensor | None]]) -> None:
        """Replace the statistics of batch norm by means over some batches, and let other layers follow these weights.

        Args:
            batches: inputs and labels, as in :meth:`forward`. Layers such as dropout run as in training meanwhile, as
                they do when Keras gathers these statistics.
        """
        norms = [each for each in layers_of(self.model) if isinstance(each, keras.layers.BatchNormalization)]
        norms = [each for each in norms if each.trainable]
        if self._buffers.keys() <= set(self._shared.seeds):
            return
        momenta = [norm.momentum for norm in norms]
        try:
            for count, (inputs, labels) in enumerate(batches):
                for norm in norms:
                    norm.momentum = count / (count + 1)  # which makes a plain mean of what moves
                self._run(inputs, labels, training=True, reseeded=True)
        finally:
            for norm, momentum in zip(norms, momenta, strict=True):
                norm.momentum = momentum

    def _run(self, inputs: Tensor, labels: Tensor | None, training: bool, reseeded: bool = False) -> Any:
        tensors = self._tensors()
        values = dict(tensors)
        if reseeded or not training:
            values |= {name: _drawn_like(tensors[name]) for name in self._shared.seeds}
        variables = self._shared.variables
        mapping = [(variable, values[name]) for name, variable in variables.items()]
        given = (self._to_model(inputs),) if labels is None else (self._to_model(inputs), labels)
        with keras.device(str(inputs.device)), keras.StatelessScope(state_mapping=mapping) as scope:
            output = call(self.model, given, training)
        if training:
            for name in self._buffers:
                if values[name] is tensors[name]:  # a seed that was drawn for this call alone is not kept
                    _assign(tensors[name], scope.get_current_value(variables[name]))
        return self._from_model(output)

    def _tensors(self) -> dict[str, Tensor]:
        # Looked up in every call: torch.func.functional_call lets others stand in for them.
        named = {**self._parameters, **self._buffers}
        return {name: tensor for name, tensor in named.items() if tensor is not None}

    def _to_model(self, inputs: Tensor) -> Tensor:
        return inputs.permute(0, 2, 3, 1) if self._is_last(inputs) else inputs

    def _from_model(self, output: Any) -> Any:
        return output.permute(0, 3, 1, 2) if self._is_last(output) else output

    def _is_last(self, tensor: Any) -> bool:
        return self.data_format == "channels_last" and isinstance(tensor, Tensor) and tensor.ndim == 4

    def _apply(self, fn: Any, recurse: bool = True) -> "KerasModule":
        """Move buffers as PyTorch moves parameters: in place, because the model's variables hold them too."""
        buffers = dict(self._buffers)
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]  # it has no types in PyTorch
        for name, buffer in buffers.items():
            moved = self._buffers[name]
            if buffer is not None and moved is not None:
                buffer.data = moved.data
                self._buffers[name] = buffer
        return self


class _Shared:
    """What copies of a module share, out of sight of PyTorch, which would register the model and its layers too.

    Attributes:
        model: the Keras model.
        of_model: its variables, by their position.
        variables: these, and the state of Keras' global seed.
        seeds: the names of those that are states of random seeds, in the order in which they are drawn.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.of_model: dict[str, Any] = {str(position): each for position, each in enumerate(model.variables)}
        self.variables = {**self.of_model, _UNSEEDED: seed_generator.global_seed_generator().state}
        weights = {id(each) for each in model.weights}
        self.seeds = [name for name, each in self.variables.items() if id(each) not in weights]

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Shared":
        return self


def generator_module(
    model: Any,
    shape: tuple[int, ...],
    latent_dimension: int,
    labels: bool = False,
    data_format: DataFormat | None = None,
) -> KerasModule:
    """A Keras model as a generator.

    Args:
        model: latents [N, D] to images with channels first or last, or to vectors; built now, if it is not yet.
        shape: of one item of the data: (H, W, C), or (F,).
        latent_dimension: D.
        labels: whether it is given labels [N] besides, as its second input.
        data_format: the order in which it makes images; found out when None.

    Raises:
        SteadyganError: when it cannot be used, or its order is not to be found out.
    """
    given = _with_labels(torch.zeros(TRIED, latent_dimension), labels)
    made = _tried(model, given, Player.GENERATOR, "latents")
    if len(shape) == 3 and data_format is None:
        sizes = tuple(made.shape[1:]) if isinstance(made, Tensor) else None
        data_format = data_format_of(model, sizes, (shape[0], shape[1], shape[2]), Player.GENERATOR)
    return KerasModule(model, data_format)


def discriminator_module(
    model: Any,
    shape: tuple[int, ...],
    labels: bool = False,
    packing: int = 1,
    data_format: DataFormat | None = None,
) -> KerasModule:
    """A Keras model as a discriminator.

    Args:
        model: images with channels first or last, or vectors, to logits; built now, if it is not yet.
        shape: of one item of the data: (H, W, C), or (F,).
        labels: whether it is given labels [N] besides, as its second input.
        packing: images that it sees together, stacked along the channels.
        data_format: the order in which it takes images; found out when None.

    Raises:
        SteadyganError: when it cannot be used, or its order is not to be found out.
    """
    if len(shape) == 3:
        height, width, channels = shape[0], shape[1], shape[2] * packing
        inputs = getattr(model, "inputs", None)
        sizes = tuple(inputs[0].shape[1:]) if inputs else None
        if data_format is None:
            data_format = data_format_of(model, sizes, (height, width, channels), Player.DISCRIMINATOR)
        shape = (height, width, channels) if data_format == "channels_last" else (channels, height, width)
    _tried(model, _with_labels(torch.zeros(TRIED, *shape), labels), Player.DISCRIMINATOR, "images")
    return KerasModule(model, data_format)


def call(model: Any, given: tuple[Tensor, ...], training: bool) -> Any:
    """Call a Keras model, with labels as its own ``call`` takes them: as a second argument, or in a list."""
    if len(given) == 1:
        return model(given[0], training=training)
    parameters = inspect.signature(model.call).parameters
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [name for name, each in parameters.items() if each.kind in positional]
    inputs = [name for name in names if name not in ("training", "mask")]
    return model(*given, training=training) if len(inputs) > 1 else model(list(given), training=training)


def _with_labels(inputs: Tensor, labels: bool) -> tuple[Tensor, ...]:
    return (inputs, torch.zeros(len(inputs), dtype=torch.int64)) if labels else (inputs,)


def _drawn_like(seed: Tensor) -> Tensor:
    return torch.randint(_LARGEST_SEED, seed.shape).to(seed)


@torch.no_grad()
def _assign(tensor: Tensor, value: Tensor) -> None:
    if value is not tensor:
        tensor.copy_(value)


def _tried(model: Any, given: tuple[Tensor, ...], player: Player, what: str) -> Any:
    """Call a model for the first time, which builds it if it is not built yet.

    Returns:
        What it returned.

    Raises:
        SteadyganError: when it fails, or holds what only Keras' own training knows.
    """
    refuse_unusable(model, player)
    before = [(each, each.value.clone()) for each in model.variables]
    try:
        with torch.no_grad(), torch.random.fork_rng():
            made = call(model, given, training=False)
    except Exception as error:
        raise failure(player.value, given, what, _reason(error)) from None
    for variable, value in before:  # looking must not change what is looked at
        variable.assign(value)
    refuse_untrainable(model, player)
    return made


def _reason(error: Exception) -> str:
    """The line of an error that says what happened, which Keras prints in bold type below where it happened."""
    message = str(error) or type(error).__name__
    said = message.partition(_BOLD)[2].partition(_PLAIN)[0] if _BOLD in message else message
    return said.splitlines()[0]
