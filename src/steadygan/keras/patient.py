"""A model of Keras as the doctor looks at it: networks are used as training uses them, and stay as they are."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from keras import ops

from steadygan.arrays import Array
from steadygan.errors import SteadyganError
from steadygan.keras.data import scaled_to_range
from steadygan.vocabulary import Player

GENERATORS, DISCRIMINATORS = ("generator", "g_model", "gen"), ("discriminator", "critic", "d_model", "disc")
"""What models usually call their networks."""
LATENT_SIZES = ("latent_dim", "latent_dimension", "latent_size", "z_dim")
SEED = 20151
LOOKED_AT = 128
SURVEYED = 768
"""Real images that are kept."""


class ModelPatient:
    """What can be asked of a model that is a GAN.

    Args:
        model: a :class:`steadygan.keras.GAN`, or anyone's model with a generator and a discriminator.
        real: images that the discriminator sees, [N, ...]; None where they are not known.
        generate: from a number to as many generated images; from the model when None.
    """

    def __init__(self, model: Any, real: Any, generate: Callable[[int], Any] | None) -> None:
        self.model, self._generate = model, generate
        self.generator, self.discriminator = (_network(model, names) for names in (GENERATORS, DISCRIMINATORS))
        self.real = None if real is None else self._as_seen(real)
        self._source = torch.Generator().manual_seed(SEED)
        self._fixed = self._latents() if self.generates and generate is None else None

    @property
    def generates(self) -> bool:
        """Whether images can be generated."""
        return self._generate is not None or (self.generator is not None and _latent_size(self.model) is not None)

    @property
    def judges(self) -> bool:
        """Whether the discriminator answers to images alone."""
        return self.discriminator is not None and len(getattr(self.discriminator, "inputs", None) or [None]) == 1

    def made(self) -> Array:
        """New images of the generator."""
        self.synchronise()
        if self._generate is not None:
            return np.asarray(ops.convert_to_numpy(self._generate(LOOKED_AT)))
        return self._from(self._latents())

    @property
    def has_fixed_latents(self) -> bool:
        """Whether images of the same latents can be made again."""
        return self._fixed is not None

    def of_fixed_latents(self) -> Array:
        """Images of the same latents each time."""
        self.synchronise()
        assert self._fixed is not None
        return self._from(self._fixed)

    def answers(self, images: Array) -> Array:
        """The discriminator's answers to images."""
        self.synchronise()
        return _used(self.discriminator, images)

    def weights(self, network: Any) -> dict[str, Array]:
        """The trainable weights of a network by their paths."""
        self.synchronise()
        return {each.path: np.asarray(ops.convert_to_numpy(each.value)) for each in network.trainable_variables}

    def synchronise(self) -> None:
        """Bring the variables up to date, which JAX keeps elsewhere during ``fit``."""
        if getattr(self.model, "_jax_state_synced", True) is False:
            self.model.jax_state_sync()

    def _as_seen(self, real: Any) -> Array:
        items = np.asarray(ops.convert_to_numpy(real[: SURVEYED + LOOKED_AT]))
        output = getattr(self.model, "output_activation", None)
        return items if output is None else np.asarray(ops.convert_to_numpy(scaled_to_range(items, output)))

    def _latents(self) -> list[Array]:
        recipe, size = getattr(self.model, "recipe", None), _latent_size(self.model)
        if recipe is None:
            return [torch.randn(LOOKED_AT, size or 1, generator=self._source).numpy()]
        drawn = [recipe.latent.sample(LOOKED_AT, torch.device("cpu"), self._source).numpy()]
        if Player.GENERATOR in self.model.labelled_players:
            labels = torch.randint(0, self.model.classes, (LOOKED_AT,), generator=self._source)
            drawn.append(labels.numpy().astype("int32"))
        return drawn

    def _from(self, latents: list[Array]) -> Array:
        try:
            return _used(self.generator, latents[0] if len(latents) == 1 else latents)
        except (ValueError, TypeError, RuntimeError) as error:
            raise SteadyganError(
                f"The generator makes no images of latents alone ({' '.join(str(error).split())[:120]}); give "
                "DoctorCallback generate=, a function of a number"
            ) from None


def _network(model: Any, names: tuple[str, ...]) -> Any:
    return next((found for name in names if (found := getattr(model, name, None)) is not None), None)


def _latent_size(model: Any) -> int | None:
    return next((size for name in LATENT_SIZES if isinstance(size := getattr(model, name, None), int)), None)


def _used(network: Any, given: Any) -> Array:
    """What a network makes, with the statistics of the batch, as in training."""
    with _untouched(network), torch.no_grad():
        found = network(given, training=True)
        found = found[0] if isinstance(found, list | tuple) else found
        return np.asarray(ops.convert_to_numpy(found))


@contextmanager
def _untouched(network: Any) -> Iterator[None]:
    """Put running statistics and the state of seeds back afterwards."""
    trained = {id(each) for each in network.trainable_variables}
    kept = [(each, np.array(ops.convert_to_numpy(each.value))) for each in network.variables if id(each) not in trained]
    try:
        yield
    finally:
        for variable, before in kept:
            variable.assign(before)
