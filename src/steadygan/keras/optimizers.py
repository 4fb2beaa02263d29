"""The optimisers of recipes for Keras: the maths of the heuristics, over all weights of a player at once.

Keras has an Adam of its own, which adds its epsilon in another place; with this one a run takes the same steps on every
backend as the package does by itself.
"""

import math
from collections.abc import Sequence
from typing import Any

import keras
import torch
from keras import ops

from steadygan.errors import SteadyganError
from steadygan.heuristics import updates
from steadygan.heuristics.roles import Update
from steadygan.heuristics.updates.differentiable import sgd_step
from steadygan.keras.gradients import assign
from steadygan.keras.torch_view import in_dtype, tensor_of, view
from steadygan.keras.vectors import as_vector, in_shapes_of

PACKAGE = "steadygan"


class FlatOptimizer(keras.optimizers.Optimizer):
    """An optimiser that sees all weights as one vector, so that a step is a handful of operations.

    Args:
        learning_rate: above 0.
        name: of its variables.
    """

    moments: tuple[str, ...] = ()
    """What it remembers of each weight."""

    def __init__(self, learning_rate: float, name: str) -> None:
        super().__init__(learning_rate=learning_rate, name=name)
        self.factor: Any = 1.0
        """What the learning rate is multiplied by, for heuristics that change it."""

    def build(self, variables: Sequence[Any]) -> None:
        """Make the moments, zeros at first."""
        if self.built:
            return
        super().build(variables)
        size = sum(_size(each) for each in variables)
        self._moments = [
            self.add_variable(shape=(size,), dtype="float32", initializer="zeros", name=each) for each in self.moments
        ]

    def apply(self, gradients: Sequence[Any], variables: Sequence[Any] | None = None) -> Any:
        """Move the variables, float of any shapes, by their gradients, of the same shapes."""
        if variables is not None:
            self.build(variables)
        return self.apply_vector(as_vector(gradients)) if self._trainable_variables else self.iterations

    def apply_vector(self, gradients: Any) -> Any:
        """Move the variables by their gradients, joined by :func:`steadygan.keras.vectors.as_vector`."""
        weights = self._trainable_variables
        rate = ops.cast(self.learning_rate, "float32") * self.factor
        with torch.no_grad():
            moved = in_shapes_of(weights, self._step(as_vector([each.value for each in weights]), gradients, rate))
            assign(weights, [in_dtype(new, each.dtype) for each, new in zip(weights, moved, strict=True)])
            self.iterations.assign_add(1)
        return self.iterations

    def _step(self, weights: Any, gradients: Any, rate: Any) -> Any:
        """The weights after the step, as one vector like the weights and the gradients."""
        raise NotImplementedError


@keras.saving.register_keras_serializable(PACKAGE)
class Adam(FlatOptimizer):
    """Adam with the DCGAN paper's defaults; epsilon is added to the corrected second moment, as in its paper.

    Args:
        learning_rate: above 0.
        beta_1: decay of the first moment, in [0, 1).
        beta_2: decay of the second moment, in [0, 1).
        epsilon: added to the denominator, above 0.
        name: of its variables.

    Source: Kingma and Ba 2014, algorithm 1; Radford et al. 2015, section 4.
    """

    moments: tuple[str, ...] = ("first_moment", "second_moment")

    def __init__(
        self,
        learning_rate: float = 2e-4,
        beta_1: float = 0.5,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        name: str = "adam",
    ) -> None:
        super().__init__(learning_rate, name)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

    def _step(self, weights: Any, gradients: Any, rate: Any) -> Any:
        return self._adam(weights, gradients, rate)

    def _adam(self, weights: Any, gradients: Any, rate: Any) -> Any:
        first, second = self._moments[:2]
        step = ops.cast(self.iterations.value, "float32") + 1.0
        mean = view(first).lerp(view(gradients), 1.0 - self.beta_1)
        square = view(second).lerp(view(gradients).square(), 1.0 - self.beta_2)
        assign((first, second), (tensor_of(mean), tensor_of(square)))
        size = (square / view(_share_seen(self.beta_2, step))).sqrt() + self.epsilon
        return tensor_of(view(weights) - view(rate / _share_seen(self.beta_1, step)) * mean / size)

    def get_config(self) -> dict[str, Any]:
        """What makes the same optimiser again."""
        return {
            "learning_rate": float(ops.convert_to_numpy(self.learning_rate)),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "name": self.name,
        }


@keras.saving.register_keras_serializable(PACKAGE)
class SGD(FlatOptimizer):
    """Gradient descent with momentum; the rate multiplies the velocity, as in PyTorch.

    Args:
        learning_rate: above 0.
        momentum: share of the velocity that is kept, in [0, 1).
        name: of its variables.
    """

    moments = ("velocity",)

    def __init__(self, learning_rate: float = 1e-2, momentum: float = 0.0, name: str = "sgd") -> None:
        super().__init__(learning_rate, name)
        self.momentum = momentum

    def _step(self, weights: Any, gradients: Any, rate: Any) -> Any:
        (velocity,) = self._moments
        moved, speed = sgd_step(view(weights), view(gradients), view(velocity), view(rate), self.momentum)
        velocity.assign(tensor_of(speed))
        return tensor_of(moved)

    def get_config(self) -> dict[str, Any]:
        """What makes the same optimiser again."""
        rate = float(ops.convert_to_numpy(self.learning_rate))
        return {"learning_rate": rate, "momentum": self.momentum, "name": self.name}


@keras.saving.register_keras_serializable(PACKAGE)
class ExtraAdam(Adam):
    """Extra-Adam: every first step looks ahead, and every second one goes back and moves with the gradient ahead.

    Source: Gidel et al. 2018, algorithm 4.
    """

    moments = ("first_moment", "second_moment", "stored")

    def _step(self, weights: Any, gradients: Any, rate: Any) -> Any:
        stored = self._moments[2]
        is_ahead = ops.equal(ops.mod(self.iterations.value, 2), 1)
        origin = ops.where(is_ahead, stored.value, weights)
        stored.assign(origin)
        return self._adam(origin, gradients, rate)


@keras.saving.register_keras_serializable(PACKAGE)
class PlayersOptimizer(keras.optimizers.Optimizer):
    """The optimisers of both players as one, so that ``fit`` and ``save`` know of both.

    Args:
        generator: the generator's.
        discriminator: the discriminator's.
        name: of its variables.
    """

    def __init__(self, generator: Any, discriminator: Any, name: str = "players") -> None:
        super().__init__(learning_rate=0.0, name=name)
        self.generator, self.discriminator = keras.optimizers.get(generator), keras.optimizers.get(discriminator)
        self._players: tuple[Sequence[Any], Sequence[Any]] = ((), ())

    def share(self, generator: Sequence[Any], discriminator: Sequence[Any]) -> None:
        """Say which variables belong to which player, and make the optimisers' own variables."""
        self._players = (generator, discriminator)
        self.build(())

    def build(self, variables: Sequence[Any]) -> None:
        """Make the variables of both optimisers."""
        if not self.built:
            self.generator.build(self._players[0])
            self.discriminator.build(self._players[1])
            super().build([])

    @property
    def variables(self) -> list[Any]:
        """The variables of both."""
        return [*super().variables, *self.generator.variables, *self.discriminator.variables]

    def apply(self, gradients: Sequence[Any], variables: Sequence[Any] | None = None) -> Any:
        """Refuse: each player moves by itself."""
        raise NotImplementedError("Each player has an optimiser of its own")

    def get_config(self) -> dict[str, Any]:
        """What makes the same optimisers again."""
        parts = {"generator": self.generator, "discriminator": self.discriminator}
        return {**{key: keras.saving.serialize_keras_object(each) for key, each in parts.items()}, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "PlayersOptimizer":
        """Make them from :meth:`get_config`."""
        load = keras.saving.deserialize_keras_object
        return cls(load(config["generator"]), load(config["discriminator"]), config["name"])

    def save_own_variables(self, store: Any) -> None:
        """Put every variable into the store, by its position."""
        for index, each in enumerate(self.variables):
            store[str(index)] = ops.convert_to_numpy(each)

    def load_own_variables(self, store: Any) -> None:
        """Take every variable out of the store.

        Raises:
            SteadyganError: when there are others than this optimiser has.
        """
        if len(store.keys()) != len(self.variables):
            raise SteadyganError("The file holds the state of other optimisers than this model was compiled with")
        for index, each in enumerate(self.variables):
            each.assign(store[str(index)])


def optimizer_of(update: Update) -> Any:
    """A recipe's optimiser in the form of Keras.

    Args:
        update: the heuristic.

    Raises:
        SteadyganError: when Keras has none that does the same.
    """
    if isinstance(update, updates.Adam | updates.ExtraAdamHeuristic):
        kind = Adam if isinstance(update, updates.Adam) else ExtraAdam
        return kind(update.lr, *update.betas, epsilon=update.eps)
    if isinstance(update, updates.SgdDiscriminator):
        return SGD(update.lr, update.momentum)
    raise SteadyganError(
        f"'{update.name}' makes an optimiser of PyTorch, and steadygan.keras does not know its like; give compile() "
        "the optimisers, or train with steadygan.train on PyTorch"
    )


def _share_seen(beta: float, step: Any) -> Any:
    """1 - beta^step; by expm1, since in float32 the difference would have few digits left."""
    return -ops.expm1(step * math.log(beta)) if beta else ops.ones_like(step)


def _size(variable: Any) -> int:
    return math.prod(variable.shape)
