"""The package's own step and that of a Keras GAN side by side: same weights, same images, same random numbers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from keras import ops

import steadygan.keras.step
from steadygan.arrays import Array
from steadygan.feeding.loader import Batch
from steadygan.keras import weights
from steadygan.keras.gradients import choose
from steadygan.keras.model import GAN
from steadygan.keras.random_numbers import Makers, drawing
from steadygan.recipe import Recipe
from steadygan.settings import TrainingSettings
from steadygan.training.session import CustomNetworks, new_players
from steadygan.training.state import TrainingState
from steadygan.training.step import step
from steadygan.vocabulary import Player
from tests import tiny

CPU = torch.device("cpu")
STEPS = 12


class Numbers:
    """Random numbers that depend only on the step, their kind and shape, and how many such were drawn in it.

    Latents, labels and noise may so be drawn in any order.
    """

    def __init__(self, steps: int = STEPS) -> None:
        self.steps = steps
        self.draws: dict[tuple[int, ...], int] = {}

    def table(
        self, kind: int, shape: tuple[int, ...], make: Callable[[np.random.Generator, tuple[int, ...]], Array]
    ) -> Array:
        """What is drawn next, for every step, [steps, *shape]."""
        key = (kind, *shape)
        source = np.random.default_rng((self.draws.get(key, 0), *key))
        self.draws[key] = self.draws.get(key, 0) + 1
        return make(source, (self.steps, *shape))

    def normal(self, shape: tuple[int, ...]) -> Any:
        return self.now(self.table(0, shape, lambda source, size: source.standard_normal(size).astype("float32")))

    def uniform(self, shape: tuple[int, ...]) -> Any:
        return self.now(self.table(1, shape, lambda source, size: source.random(size).astype("float32")))

    def integers(self, shape: tuple[int, ...], low: int, high: int) -> Any:
        return self.now(self.table(2, shape, lambda source, size: source.integers(low, high, size).astype("int32")))

    def permutation(self, count: int) -> Any:
        return self.now(
            np.argsort(self.table(3, (count,), lambda source, size: source.random(size)), 1).astype("int32")
        )

    def now(self, table: Array) -> Any:
        raise NotImplementedError


class TorchNumbers(Numbers):
    """The same for the package."""

    at = 0

    def now(self, table: Array) -> torch.Tensor:
        tensor = torch.from_numpy(table[self.at])
        return tensor.long() if tensor.dtype == torch.int32 else tensor


class KerasNumbers(Numbers):
    """The same for Keras, where the step is a number that changes while the function is compiled once."""

    def __init__(self, at: Any, steps: int = STEPS) -> None:
        super().__init__(steps)
        self.at = at

    def now(self, table: Array) -> Any:
        return ops.take(ops.convert_to_tensor(table), ops.convert_to_tensor(self.at), axis=0)


class CountedGAN(GAN):
    """A GAN whose random numbers are those of :class:`KerasNumbers`."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.at = self.add_weight(shape=(), dtype="int32", initializer="zeros", trainable=False, name="at")
        self.numbers = KerasNumbers(self.at)

    def _make_step(self, data: Any, names: Any) -> None:
        self.numbers.draws.clear()
        with patch.object(steadygan.keras.step, "choose", self._choose):
            super()._make_step(data, names)

    def _choose(self, condition: Any, then: Callable[[], Any], otherwise: Callable[[], Any], state: Any) -> Any:
        """Both of two functions are compiled, and only one of them is run: both draw what comes next."""
        before = dict(self.numbers.draws)

        def from_here(function: Callable[[], Any]) -> Any:
            self.numbers.draws = dict(before)
            return function()

        return choose(condition, partial(from_here, then), partial(from_here, otherwise), state)


@contextmanager
def drawn_from(numbers: TorchNumbers) -> Iterator[None]:
    """Let the package draw from these numbers."""
    with Makers(drawing(numbers, lambda drawn: drawn)):
        yield


class Pair:
    """Both GANs of one recipe.

    Args:
        recipe: of both.
        size: height and width of the images.
        channels: of the images.
        batch: real images in one move.
        classes: of the labels.
    """

    def __init__(self, recipe: Recipe, size: int = 8, channels: int = 3, batch: int = 8, classes: int = 0) -> None:
        self.recipe, self.size, self.channels, self.batch, self.classes = recipe, size, channels, batch, classes
        self.gan = CountedGAN(recipe, (size, size, channels), classes=classes)
        self.state = self._package()
        weights.from_torch(self.state.networks[Player.GENERATOR], self.gan.generator)
        weights.from_torch(self.state.networks[Player.DISCRIMINATOR], self.gan.discriminator)
        if self.state.averaged is not None:
            weights.from_torch(self.state.averaged, self.gan.averaged)
        for name, companion in self.state.companions.items():
            weights.from_torch(companion.network, self.gan.companions[name])
        self.gan._has_begun = True  # its reference batches are those that were copied
        self.numbers = TorchNumbers()

    def _package(self) -> TrainingState:
        data = tiny.images(4 * self.batch, self.size, self.channels)
        training = TrainingSettings(seed=0, images=1000, device="cpu", compile=False, precision="fp32")
        state, _ = new_players(self.recipe, data, CustomNetworks(), CPU, training)
        source = torch.Generator().manual_seed(0)
        with torch.no_grad():
            for network in (*state.networks.values(), *(each.network for each in state.companions.values())):
                for weight in network.parameters():  # so that nothing lies on the kink of a rectifier
                    weight.add_(0.01 * torch.randn(weight.shape, generator=source))
        if state.averaged is not None:
            state.averaged.load_state_dict(state.networks[Player.GENERATOR].state_dict())
        return state

    def images(self, at: int) -> Array:
        """The real images of a step, float32 [batches * batch, H, W, C] in [-1, 1]."""
        count = self.gan.batches_per_step * self.batch
        source = np.random.default_rng((7, at))
        smooth = source.uniform(-1, 1, (count, 1, 1, self.channels)) * np.ones((count, self.size, self.size, 1))
        return np.clip(smooth + source.normal(0, 0.2, smooth.shape), -1, 1).astype("float32")

    def labels(self, at: int) -> Array | None:
        """Their labels."""
        if not self.gan.classes:
            return None
        count = self.gan.batches_per_step * self.batch
        return np.random.default_rng((8, at)).integers(0, self.classes, count).astype("int32")

    def package_step(self, at: int) -> dict[str, float]:
        """One step of the package, and what it logged."""
        images, labels = self.images(at), self.labels(at)
        whole = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()
        if self.recipe.blueprint.output == "sigmoid":
            whole = (whole + 1) / 2
        named = (
            [None] * (len(images) // self.batch)
            if labels is None
            else torch.from_numpy(labels).long().split(self.batch)
        )
        batches = iter([Batch(each, label) for each, label in zip(whole.split(self.batch), named, strict=True)])
        self.state.next_real = lambda: next(batches)  # type: ignore[method-assign]
        self.numbers.at = at
        self.numbers.draws.clear()
        with drawn_from(self.numbers):
            step(self.state)
        row = self.state.record.row()
        assert row.pop("not_finite") == 0
        return {name: float(value) for name, value in row.items() if value is not None}

    def keras_step(self, at: int) -> dict[str, float]:
        """One step of Keras, and what it logged."""
        self.gan.at.assign(at)
        self.gan.reset_metrics()
        logged = self.gan.train_on_batch(self.images(at), self.labels(at))
        return {name: float(value) for name, value in logged.items()}

    def weight_difference(self) -> float:
        """The largest difference of a weight or a statistic of both pairs."""
        network = self.state.networks
        pairs = [
            (network[Player.GENERATOR], self.gan.generator),
            (network[Player.DISCRIMINATOR], self.gan.discriminator),
        ]
        if self.state.averaged is not None:
            pairs.append((self.state.averaged, self.gan.averaged))
        return max(_difference(*pair) for pair in pairs)


def _difference(network: torch.nn.Module, model: Any) -> float:
    import copy

    there = copy.deepcopy(network)
    weights.to_torch(model, there)
    differences = [0.0]
    for (name, one), other in zip(network.state_dict().items(), there.state_dict().values(), strict=True):
        if one.is_floating_point() and "num_batches" not in name:
            differences.append(float((one - other).abs().max()) if one.numel() else 0.0)
    return max(differences)


def largest_difference(one: dict[str, float], other: dict[str, float]) -> float:
    """The largest difference of two rows of logs, which have the same names where the second has a value."""
    assert set(one) <= set(other), set(one) ^ set(other)
    return max(abs(one[name] - other[name]) / max(1.0, abs(one[name])) for name in one)
