"""The state of a GAN of Keras while a step is made, as heuristics see it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import torch
from keras import ops

from steadygan.feeding.loader import Batch
from steadygan.heuristics.moments import Memory, Remembers
from steadygan.heuristics.turn import DiscriminatorOutput
from steadygan.keras.gradients import pullback
from steadygan.keras.images import image_view, images_of
from steadygan.keras.layers import WithReferenceBatch
from steadygan.keras.layers.kinds import layers_within
from steadygan.keras.refusals import naming_the_heuristic
from steadygan.keras.torch_view import (
    NEEDS_VIEWS,
    TorchView,
    UnknownAttributeError,
    UnsupportedError,
    in_dtype,
    tensor_of,
    view,
)
from steadygan.vocabulary import Player

if TYPE_CHECKING:
    from steadygan.keras.model import GAN

M = TypeVar("M", bound=Memory)
Logs = dict[str, tuple[Any, Any]]
"""By name the sum and the number of the means that were logged, scalar tensors."""


class PlayerFakes(NamedTuple):
    """Fakes of one move or of two.

    Attributes:
        images: a view, float [N, ...] in PyTorch's order of axes, without gradients.
        latents: a view, float32 [N, D].
        labels: a view, int [N]; None if the generator takes none.
        pull: from a gradient with respect to the generator's own output to those of its weights; None where the fakes
            were made without.
    """

    images: Any
    latents: Any
    labels: Any
    pull: Any = None

    def detached(self) -> "PlayerFakes":
        """The same: images never carry gradients here."""
        return self


class VariableView(TorchView):
    """A view of a variable: what changes it in place assigns the variable."""

    __slots__ = ("variable",)

    def __init__(self, variable: Any) -> None:
        super().__init__(variable.value)
        self.variable = variable

    def _become(self, other: TorchView) -> TorchView:
        self.variable.assign(other.value)
        return super()._become(other)


class Weight:
    """A weight beside its gradient, as optimisers of PyTorch hold them.

    Args:
        gradient: a view, which may be changed in place.
    """

    def __init__(self, gradient: Any) -> None:
        self.grad = gradient


class OptimizerView:
    """The gradients of a player's move in the form of an optimiser of PyTorch.

    Args:
        gradients: tensors of the backend, one for each weight.
    """

    def __init__(self, gradients: Sequence[Any]) -> None:
        self._weights = [Weight(view(each)) for each in gradients]

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """One group with every weight."""
        return [{"params": self._weights}]

    @property
    def gradients(self) -> list[Any]:
        """The gradients as they are now, tensors of the backend."""
        return [tensor_of(each.grad) for each in self._weights]


class NetworkView:
    """A network of Keras as far as heuristics may use that of a player.

    Args:
        model: the network.
        tensors: makes tensors for it of views of its inputs.
    """

    def __init__(self, model: Any, tensors: Any) -> None:
        self._model, self._tensors = model, tensors

    def parameters(self) -> Iterator[Any]:
        """Views of the weights that are trained; changed in place, they change the network."""
        for each in self._model.trainable_variables:
            yield VariableView(each) if NEEDS_VIEWS else each.value

    @property
    def reference(self) -> "ReferenceView | None":
        """The reference batch of the network; None if it has none."""
        found = next(layers_within(self._model, WithReferenceBatch), None)
        return None if found is None else ReferenceView(found, self._tensors)

    def __getattr__(self, name: str) -> Any:
        raise UnknownAttributeError(f"uses a network's {name}, which a network of Keras does not have")


class ReferenceView:
    """The reference batch of a network of Keras.

    Args:
        layer: that holds it.
        tensors: makes tensors for it of views of its inputs.
    """

    def __init__(self, layer: Any, tensors: Any) -> None:
        self._layer, self._tensors = layer, tensors

    def hold(self, inputs: Any, labels: Any = None) -> None:
        """Fill it with a view of inputs, [count, ...], and of labels, int [count]."""
        given = [self._tensors(inputs)]
        if self._layer.several:
            unknown = ops.full((len(inputs),), -1, dtype="int32")
            given.append(unknown if labels is None else tensor_of(labels))
        self._layer.hold(given if self._layer.several else given[0])


class KerasState:
    """A :class:`steadygan.heuristics.state.State` over a GAN of Keras, for the time of one step.

    Args:
        gan: whose variables the step reads and changes.
        names: the names that are logged; None where they are only being found out.
        examples: views of real images, for heuristics that begin with some.
    """

    def __init__(self, gan: "GAN", names: Sequence[str] | None, examples: Batch | None = None) -> None:
        self._examples = examples
        self.gan, self.recipe, self.names = gan, gan.recipe, names
        self.device = torch.device("cpu")
        self.joint_batches_work = False
        self.labelled_players = gan.labelled_players
        self.gradients: dict[Player, OptimizerView] = {}
        self._frames: list[dict[str, list[Any]]] = [{}]
        self._memories: dict[str, Any] = {}
        self._logs: Logs = {}

    # --- what heuristics see

    @property
    def images_seen(self) -> Any:
        """Real images in the discriminator's moves so far, a scalar."""
        return view(ops.cast(self.gan.clock.value, "float32"))

    @property
    def batch(self) -> int:
        """Real images in one move."""
        return self.gan.batch

    @property
    def classes(self) -> int:
        """Classes of the data; 0 where the networks take no labels."""
        return self.gan.classes

    def network(self, player: Player) -> Any:
        """A player's network."""
        tensors = images_of if player is Player.DISCRIMINATOR else tensor_of
        return NetworkView(self.gan.network(player), tensors)

    def optimizer(self, player: Player) -> Any:
        """The weights of a player who moves, with their gradients."""
        if player not in self.gradients:
            raise UnsupportedError("changes weights between steps")
        return self.gradients[player]

    def companion(self, name: str) -> Any:
        """A network of images or latents beside those of the players."""
        network = self.gan.companions[name]
        return lambda images: view(network(images_of(images), training=True))

    def memory(self, heuristic: Remembers[M]) -> M:
        """The memory of a heuristic."""
        if heuristic.name not in self._memories:
            raise UnsupportedError("decides by what it remembers who moves")
        found: M = self._memories[heuristic.name]
        return found

    def latents(self, count: int) -> Any:
        """Fresh latents, float32 [count, D]."""
        return self.recipe.latent.sample(count, self.device)

    def reference(self, count: int) -> tuple[Any, Any]:
        """Real images with their labels if there are any, with repetition if there are fewer."""
        if self._examples is None:
            raise UnsupportedError("asks for real images during training")
        rows = torch.arange(count) % len(self._examples)
        labels = self._examples.labels
        return self._examples.images[rows], None if labels is None else labels[rows]

    def random_labels(self, count: int) -> Any:
        """Random classes, each equally often on average, int [count]; None if the generator takes none."""
        if Player.GENERATOR not in self.labelled_players:
            return None
        return torch.randint(0, self.classes, (count,))

    def log(self, name: str, value: Any) -> None:
        """Count the mean of a value towards the mean of a name."""
        value = view(in_dtype(tensor_of(value), "float32")).detach()
        self._frames[-1].setdefault(name, []).append(tensor_of(value.mean() if value.shape else value))

    def __getattr__(self, name: str) -> Any:
        raise UnknownAttributeError(f"asks for {name.replace('_', ' ')}, which Keras' fit does not have")

    # --- what the step uses

    def takes_labels_of(self, player: Player) -> bool:
        """Whether this player's network takes labels."""
        return player in self.labelled_players

    def labels_like(self, labels: Any) -> Any:
        """Labels for fakes: those of the reals, drawn where unknown; None if the generator takes none."""
        if labels is None or not self.takes_labels_of(Player.GENERATOR):
            return None
        if self.recipe.all_labelled:
            return labels
        return torch.where(labels >= 0, labels, self.random_labels(len(labels)))

    def fakes_like(self, real: Batch, differentiable: bool = True) -> PlayerFakes:
        """Make as many fakes as there are reals, of the same classes."""
        latents, labels = self.latents(len(real)), self.labels_like(real.labels)

        def make() -> Any:
            return self._generate(latents, labels)

        generator = self.gan.lists.weights_of(Player.GENERATOR)
        images, pull = pullback(make, generator, self.gan.lists.state) if differentiable else (make(), None)
        return PlayerFakes(image_view(ops.stop_gradient(images)), latents, labels, pull)

    def generate(self, latents: Any, labels: Any) -> Any:
        """Images of given latents and labels, a view in PyTorch's order of axes."""
        return image_view(self._generate(latents, labels))

    def _generate(self, latents: Any, labels: Any) -> Any:
        given = [tensor_of(latents)] if labels is None else [tensor_of(latents), tensor_of(labels)]
        images = self.gan.generator(given if len(given) > 1 else given[0], training=True)
        return in_dtype(images, "float32")

    def discriminate(self, images: Any, labels: Any) -> DiscriminatorOutput:
        """The discriminator's output for a view of images in PyTorch's order of axes."""
        seen = images_of(images)
        if not self.takes_labels_of(Player.DISCRIMINATOR):
            return self._output(seen)
        unknown = ops.full((seen.shape[0],), -1, dtype="int32")
        return self._output([seen, unknown if labels is None else tensor_of(labels)])

    def _output(self, given: Any) -> DiscriminatorOutput:
        found = self.gan.outputs_of_discriminator(given, training=True)
        logits = view(found["logits"]).reshape(-1)
        features, classes = found.get("features"), found.get("class_logits")
        features = logits.unsqueeze(1) if features is None else view(features).flatten(1)
        return DiscriminatorOutput(logits, features, None if classes is None else view(classes))

    @contextmanager
    def recording(self) -> Iterator[dict[str, list[Any]]]:
        """Keep what is logged inside apart, so that it can leave what is compiled by itself."""
        self._frames.append({})
        try:
            yield self._frames[-1]
        finally:
            self._frames.pop()

    def logged(self, frame: dict[str, list[Any]]) -> Logs:
        """Sums and numbers of a frame, with an entry for every name where the names are known."""
        self.gan.note_names(frame)
        if self.names is None:
            return {}
        if not NEEDS_VIEWS:
            return {name: (sum(values), float(len(values))) for name, values in frame.items()}
        return {name: _sum_and_number(frame.get(name, [])) for name in self.names}

    def log_all(self, logs: Logs) -> None:
        """Take in what left a compiled part."""
        for name, (total, number) in logs.items():
            before = self._logs.get(name)
            self._logs[name] = (total, number) if before is None else (before[0] + total, before[1] + number)

    def end(self) -> None:
        """Count what was logged, also outside of compiled parts, towards the means of the model."""
        self.log_all(self.logged(self._frames[0]))
        self.gan.count(self._logs)

    # --- memories

    def open_memories(self) -> None:
        """Read the memories of heuristics from the variables of the model."""
        for heuristic in self.recipe.all(Remembers):
            self._memories[heuristic.name] = self.gan.memories[heuristic.name].read()

    def store_memories(self) -> None:
        """Write the memories back."""
        for heuristic in self.recipe.all(Remembers):
            with naming_the_heuristic(heuristic):
                self.gan.memories[heuristic.name].write(self._memories[heuristic.name])


def _sum_and_number(values: Sequence[Any]) -> tuple[Any, Any]:
    """Both as tensors, which a compiled part can return."""
    zero = ops.zeros((), dtype="float32")
    return sum(values, zero), ops.convert_to_tensor(float(len(values)), dtype="float32")
