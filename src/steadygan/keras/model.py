"""A GAN as a Keras model: ``compile``, ``fit``, ``generate`` and ``save`` on TensorFlow, JAX and PyTorch."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import torch
from keras import ops

from steadygan.amounts import things
from steadygan.arrays import Array
from steadygan.errors import SteadyganError
from steadygan.heuristics.moments import Begins
from steadygan.heuristics.roles import UpdateModifier
from steadygan.keras.batches import as_seen, batches_of_step
from steadygan.keras.data import Batches, as_batches
from steadygan.keras.generation import generated
from steadygan.keras.gradients import BACKEND, assign, trace
from steadygan.keras.means import measured
from steadygan.keras.memories import make_memories
from steadygan.keras.networks import outputs_of
from steadygan.keras.optimizers import PACKAGE, FlatOptimizer, PlayersOptimizer, optimizer_of
from steadygan.keras.players import labelled_players, make_players
from steadygan.keras.random_numbers import SeededNumbers, on_keras
from steadygan.keras.recipes import fitted
from steadygan.keras.refusals import naming_the_heuristic, refuse_float16
from steadygan.keras.state import KerasState, Logs
from steadygan.keras.step import batches_of_a_step, step
from steadygan.keras.variables import Variables
from steadygan.recipe import Recipe
from steadygan.recipes import parse
from steadygan.vocabulary import Player

MOST_EXAMPLES = 4096
"""Real images from which heuristics may take a reference batch."""


@keras.saving.register_keras_serializable(PACKAGE)
class GAN(keras.Model):
    """A generator and a discriminator that a recipe trains.

    Args:
        recipe: its name, a file, or the recipe itself.
        shape: of one item of the data: (H, W, C) for images, (F,) for vectors.
        generator: a network of your own, latents [N, D] to images in [-1, 1]; built from the recipe when None.
        discriminator: a network of your own, images to logits [N] or [N, 1]; built from the recipe when None.
        classes: of the labels, for recipes with labels; 0 for none.
        width: channels next to the image, instead of the recipe's.
        seed: of the initial weights, the order of the images, the latents and everything else that is drawn.
        name: of the model.
        companions: networks that move with the generator, by name, as a file holds them; built when None.
        averaged: the generator with averaged weights, as a file holds it; a copy of the generator when None.
        output: the last activation of a generator that is given, ``tanh`` or ``sigmoid``; ``tanh`` when None.

    Raises:
        SteadyganError: when recipe, shape and networks do not fit together.
    """

    def __init__(
        self,
        recipe: str | Path | Recipe = "steady",
        shape: Sequence[int] = (32, 32, 3),
        *,
        generator: Any = None,
        discriminator: Any = None,
        classes: int = 0,
        width: int | None = None,
        seed: int = 0,
        name: str = "gan",
        companions: Mapping[str, Any] | None = None,
        averaged: Any = None,
        output: str | None = None,
    ) -> None:
        super().__init__(name=name)
        refuse_float16()
        self.shape = tuple(int(each) for each in shape)
        self.recipe = fitted(recipe, self.shape, classes, width, own=(generator, discriminator))
        self.classes, self.seed = classes if self.recipe.asks_for_labels else 0, seed
        self.labelled_players = labelled_players(self.recipe)
        own = {"generator": generator, "discriminator": discriminator, "companions": companions, "averaged": averaged}
        players = make_players(self.recipe, self.shape, self.classes, seed, own, output)
        self.generator, self.discriminator, self.companions, self.averaged, self.output_activation = players
        self.outputs_of_discriminator = outputs_of(self.discriminator)
        self.random = keras.random.SeedGenerator(seed)
        self.numbers: Any = SeededNumbers(self.random)
        self.clock = self._counter("images_seen")
        self.moves = {player: self._counter(f"moves_of_the_{player.value}") for player in Player}
        self._names: list[str] | None = None
        self._prepared: tuple[Any, ...] = ()
        self._found: list[str] = []
        self._means: dict[str, Any] = {}
        self._batch = self.recipe.settings.batch
        self.built = True
        self.memories = make_memories(self)
        self._has_begun = False
        self.lists = Variables(self)

    # --- what it is made of

    def _counter(self, name: str) -> Any:
        return self.add_weight(shape=(), initializer="zeros", dtype="int32", trainable=False, name=name)

    def _begin(self, batches: Batches) -> None:
        """Let heuristics prepare the networks, before the first step of all."""
        if self._has_begun or self.images_seen:
            return
        self._has_begun = True
        chosen = np.random.default_rng(self.seed).permutation(len(batches.images))[:MOST_EXAMPLES]
        labels = None if batches.labels is None else batches.labels[chosen]
        examples = as_seen(self, ops.convert_to_tensor(batches.images[chosen]), labels)
        state = KerasState(self, (), examples)
        for heuristic in self.recipe.all(Begins):
            with naming_the_heuristic(heuristic), on_keras(self.numbers):
                heuristic.begin(state)

    def network(self, player: Player) -> Any:
        """A player's network."""
        return self.generator if player is Player.GENERATOR else self.discriminator

    @property
    def latent_dimension(self) -> int:
        """Length of a latent."""
        return self.recipe.latent.dimension

    @property
    def batch(self) -> int:
        """Real images in one move."""
        return self._batch

    @property
    def images_seen(self) -> int:
        """Real images in the discriminator's moves so far."""
        self._synchronise()
        return int(ops.convert_to_numpy(self.clock.value))

    # --- Keras' interface

    def compile(
        self,
        generator_optimizer: Any = None,
        discriminator_optimizer: Any = None,
        *,
        jit_compile: bool | str = "auto",
        steps_per_execution: int = 1,
        run_eagerly: bool = False,
    ) -> None:
        """Choose optimisers, and how steps are compiled.

        Args:
            generator_optimizer: of Keras; that of the recipe when None.
            discriminator_optimizer: of Keras; that of the recipe when None.
            jit_compile: whether XLA compiles steps, on TensorFlow and JAX; Keras decides if ``auto``.
            steps_per_execution: steps that are run at once, on TensorFlow and JAX.
            run_eagerly: whether steps are not compiled at all, to look into them.

        Raises:
            SteadyganError: when the recipe changes the rates of optimisers that are given here.
        """
        refuse_float16()
        given = {Player.GENERATOR: generator_optimizer, Player.DISCRIMINATOR: discriminator_optimizer}
        chosen = {player: given[player] or optimizer_of(self.recipe.update(player)) for player in Player}
        self._refuse_rates({player: each for player, each in chosen.items() if not isinstance(each, FlatOptimizer)})
        self._compiled = {
            "jit_compile": jit_compile,
            "steps_per_execution": steps_per_execution,
            "run_eagerly": run_eagerly,
        }
        optimizer = PlayersOptimizer(chosen[Player.GENERATOR], chosen[Player.DISCRIMINATOR])
        super().compile(optimizer=optimizer, **self._compiled)
        self.optimizer.share(*(self.lists.moved_by(player) for player in (Player.GENERATOR, Player.DISCRIMINATOR)))

    def _refuse_rates(self, own: Mapping[Player, Any]) -> None:
        changes = next((each for each in self.recipe.update_modifiers if _changes_rates(each)), None)
        if own and changes is not None:
            raise SteadyganError(
                f"'{changes.name}' changes the rates of the recipe's own optimisers; leave it out, or do not give "
                f"{next(iter(own)).value}_optimizer="
            )

    def fit(
        self,
        x: Any,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        shuffle: bool = True,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
    ) -> Any:
        """Train on images.

        Args:
            x: images [N, H, W, C] as uint8, or as floats in [-1, 1]; or a ``tf.data.Dataset``, a ``PyDataset``, a
                loader of PyTorch, or anything that gives batches of images or of (images, labels).
            y: labels, int [N], of images in an array.
            batch_size: real images in one move, for arrays; the recipe's when None.
            epochs: passes over the data.
            verbose: as in Keras.
            callbacks: of Keras.
            shuffle: whether an array's images come in a new order in each epoch.
            initial_epoch: the epoch to begin with, when training goes on.
            steps_per_epoch: steps in an epoch, fewer or more than see all of the data once; as many as that when None.
                What is compiled for several steps at once makes whole ones of them.

        Returns:
            Keras' history: the means of every measurement, by epoch.

        Raises:
            SteadyganError: when the data do not fit, or a heuristic cannot run on this backend.
        """
        self._require_compiled()
        self._batch = batch_size or self.recipe.settings.batch
        batches = as_batches(x, y, self, shuffle)
        self._begin(batches)
        self._prepare(batches)
        at_once = self.steps_per_execution
        steps = math.ceil((steps_per_epoch or len(batches.source)) / at_once) * at_once
        with naming_the_heuristic():
            return super().fit(
                batches.from_step(self.images_seen // self.images_per_step),
                epochs=epochs,
                verbose=verbose,
                callbacks=callbacks,
                shuffle=False,
                initial_epoch=initial_epoch,
                steps_per_epoch=steps,
            )

    def train_on_batch(self, x: Any, y: Any = None, return_dict: bool = True) -> Any:
        """Make one step.

        Args:
            x: the real images of all moves of a step, [batches_per_step * batch, ...].
            y: their labels.
            return_dict: whether measurements are named.

        Raises:
            SteadyganError: when the images do not fit, or a heuristic cannot run on this backend.
        """
        self._require_compiled()
        x, count = np.asarray(x), self.batches_per_step
        if x.ndim == 0 or len(x) == 0 or len(x) % count:
            raise SteadyganError(
                f"A step of this recipe sees {things(count, 'batch', 'batches')} of one size, and train_on_batch was "
                f"given images of shape {list(x.shape)}; give so many times the batch"
            )
        self._batch = len(x) // count
        batches = as_batches(x, y, self, shuffle=False)
        self._begin(batches)
        self._prepare(batches)
        with naming_the_heuristic():
            return super().train_on_batch(batches.images, batches.labels, return_dict=return_dict)

    @property
    def batches_per_step(self) -> int:
        """Batches of real images that one step sees: one for each move that takes new ones."""
        with naming_the_heuristic():
            return batches_of_a_step(KerasState(self, ()))

    @property
    def images_per_step(self) -> int:
        """Real images by which a step moves the clock: those of the discriminator's moves."""
        with naming_the_heuristic():
            moves = self.recipe.schedule.moves(KerasState(self, ()))
        of_discriminator = sum(player is Player.DISCRIMINATOR for player in moves)
        return of_discriminator * self.recipe.schedule_passes * self._batch

    def _require_compiled(self) -> None:
        if getattr(self, "optimizer", None) is None:
            self.compile()

    def _prepare(self, batches: Batches) -> None:
        """Find out what a step measures, so that there is a place for each measurement before a step is compiled."""
        self.lists = Variables(self)
        key = (self._batch, batches.signature)
        if self._names is not None and key == self._prepared:
            return
        self._prepared, self._found = key, []
        self.train_function = None
        rows = self._batch * self.batches_per_step
        images = np.zeros((rows, *batches.images.shape[1:]), batches.images.dtype)
        labels = None if batches.labels is None else np.zeros(rows, "int32")
        with naming_the_heuristic():
            trace(lambda: self._make_step((images, labels), None), [*self.lists.state, *self.optimizer.variables])
        self._names = sorted(self._found)
        for name in self._names:
            self._mean(name)

    @property
    def metrics(self) -> list[Any]:
        """The means of what is measured, in the order of their names."""
        return [self._means[name] for name in sorted(self._means)]

    def _mean(self, name: str) -> Any:
        if name not in self._means:
            self._means[name] = keras.metrics.Mean(name=name)
        return self._means[name]

    def call(self, latents: Any, training: bool = False) -> Any:
        """Images of the averaged generator: latents [N, D], with labels if it takes any, to [N, H, W, C]."""
        return self.averaged(latents, training=False)

    def train_step(self, *given: Any) -> Any:
        """One step, as Keras calls it."""
        if BACKEND != "jax":
            return self._measured_step(given[0])
        values, data = given
        groups = (
            self.trainable_variables,
            self.non_trainable_variables,
            self.optimizer.variables,
            self.metrics_variables,
        )
        pairs = [pair for group, held in zip(groups, values, strict=True) for pair in zip(group, held, strict=True)]
        with keras.StatelessScope(state_mapping=pairs) as scope:
            logs = self._measured_step(data)
        return logs, tuple([scope.get_current_value(each) for each in group] for group in groups)

    def _measured_step(self, data: Any) -> dict[str, Any]:
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        self._make_step((x, y), self._names)
        return measured(self.metrics)

    def _make_step(self, data: tuple[Any, Any], names: Sequence[str] | None) -> None:
        state = KerasState(self, names)
        with on_keras(self.numbers):
            step(state, batches_of_step(self, *data))

    # --- what a step asks of it

    def update(self, player: Player, gradients: Sequence[Any], vector: Any, factor: Any) -> None:
        """Move a player's weights by their gradients, which are the same numbers in a vector too."""
        optimizer = getattr(self.optimizer, player.value)
        with torch.no_grad():
            if isinstance(optimizer, FlatOptimizer):
                optimizer.factor = factor
                optimizer.apply_vector(vector)
            else:
                optimizer.apply(gradients, self.lists.moved_by(player))

    def note_names(self, logged: Mapping[str, Any]) -> None:
        """Remember what a step measures."""
        self._found.extend(name for name in logged if name not in self._found)

    def count(self, logs: Logs) -> None:
        """Count sums and numbers towards the means."""
        means = [self._mean(name) for name in logs]
        variables = [each.total for each in means] + [each.count for each in means]
        added = [total for total, _ in logs.values()] + [number for _, number in logs.values()]
        assign(variables, [one.value + other for one, other in zip(variables, added, strict=True)])

    # --- images

    def generate(self, count: int, labels: Sequence[int] | None = None, seed: int | None = None) -> Array:
        """Make images with the averaged generator.

        Args:
            count: how many.
            labels: their classes, for a generator that takes some; random ones when None.
            seed: of the latents, which mean the same images on every backend; new ones at each call when None.

        Returns:
            float32 [count, H, W, C] in [-1, 1], or vectors [count, F].
        """
        self._synchronise()
        return generated(self, count, labels, seed)

    def _synchronise(self) -> None:
        """Bring the variables up to date, which JAX keeps elsewhere during ``fit``."""
        if getattr(self, "_jax_state_synced", True) is False:
            self.jax_state_sync()

    # --- as a file

    def get_config(self) -> dict[str, Any]:
        """What makes the same model again."""
        save = keras.saving.serialize_keras_object
        return {
            "recipe": self.recipe.to_toml(),
            "shape": list(self.shape),
            "classes": self.classes,
            "seed": self.seed,
            "name": self.name,
            "output": self.output_activation,
            "generator": save(self.generator),
            "discriminator": save(self.discriminator),
            "companions": {name: save(each) for name, each in self.companions.items()},
            "averaged": None if self.averaged is self.generator else save(self.averaged),
        }

    def save_own_variables(self, store: Any) -> None:
        """Put counters and memories into the store, and the state of every seed, which Keras' layers leave out."""
        super().save_own_variables(store)
        for index, state in enumerate(self._seed_states()):
            store[f"seed_{index}"] = ops.convert_to_numpy(state)

    def load_own_variables(self, store: Any) -> None:
        """Take them out again."""
        own = {key: store[key] for key in store.keys() if not key.startswith("seed_")}  # noqa: SIM118  # no dictionary
        super().load_own_variables(own)
        for index, state in enumerate(self._seed_states()):
            state.assign(store[f"seed_{index}"])

    def _seed_states(self) -> list[Any]:
        weights = {id(each) for each in self.weights}
        return [each for each in self.variables if id(each) not in weights]

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "GAN":
        """Make it from :meth:`get_config`."""
        load = keras.saving.deserialize_keras_object
        config = dict(config)
        for key in ("generator", "discriminator", "averaged"):
            config[key] = None if config[key] is None else load(config[key], custom_objects=custom_objects)
        config["companions"] = {name: load(each) for name, each in config["companions"].items()}
        config["recipe"] = parse(config["recipe"], config["name"])
        return cls(**config)

    def get_compile_config(self) -> dict[str, Any]:
        """What :meth:`compile` was given."""
        optimizers = {
            f"{player.value}_optimizer": keras.saving.serialize_keras_object(getattr(self.optimizer, player.value))
            for player in Player
        }
        return {**optimizers, **self._compiled}

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile it as it was."""
        load = keras.saving.deserialize_keras_object
        keys = [f"{player.value}_optimizer" for player in Player]
        self.compile(**{**config, **{key: load(config[key]) for key in keys}})


def _changes_rates(modifier: Any) -> bool:
    return type(modifier).rate is not UpdateModifier.rate
