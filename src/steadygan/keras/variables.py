"""The variables of a GAN of Keras in the lists that a step needs."""

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any

from steadygan.vocabulary import Player

if TYPE_CHECKING:
    from steadygan.keras.model import GAN


class Variables:
    """Lists that take a walk through all layers, and are made once for many steps.

    They are no attributes of the model, which would take what they hold for variables of its own.

    Args:
        gan: whose layers stay as they are.
    """

    def __init__(self, gan: "GAN") -> None:
        self._gan = gan
        self._weights = {player: list(gan.network(player).trainable_variables) for player in Player}
        others = gan.companions.values()
        self._companions = [each for network in others for each in network.trainable_variables]

    def weights_of(self, player: Player) -> list[Any]:
        """The trained weights of a player's network."""
        return self._weights[player]

    def size_of(self, player: Player) -> int:
        """How many numbers the trained weights of a player's network have."""
        return sum(math.prod(each.shape) for each in self._weights[player])

    def moved_by(self, player: Player) -> list[Any]:
        """The weights that a player moves: those of its network, and the generator's companions'."""
        return [*self._weights[player], *(self._companions if player is Player.GENERATOR else ())]

    @cached_property
    def state(self) -> list[Any]:
        """All that a step reads and changes, but the optimisers' variables and the means of what is logged."""
        return [*self._gan.trainable_variables, *self._gan.non_trainable_variables]

    @cached_property
    def averaged(self) -> tuple[list[Any], list[Any]]:
        """The numbers of the averaged generator and, in the same order, of the live one; no states of seeds."""
        pairs = zip(self._gan.averaged.variables, self._gan.generator.variables, strict=True)
        of_numbers = [pair for pair in pairs if "float" in pair[0].dtype and "seed" not in pair[0].path]
        return [old for old, _ in of_numbers], [new for _, new in of_numbers]
