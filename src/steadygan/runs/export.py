"""The trained generator as a file of its own: weights in safetensors, and what is needed to rebuild it."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

import safetensors.torch
import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from torch import Tensor, nn

from steadygan.blueprint import Blueprint
from steadygan.errors import SteadyganError, nearest, sentence
from steadygan.feeding.labels import random_labels
from steadygan.feeding.scaling import Scaling
from steadygan.heuristics.catalogue import heuristic_class
from steadygan.heuristics.roles import LatentHeuristic
from steadygan.layers.weights import equalised_lr, spectral_norm
from steadygan.networks import build
from steadygan.runs.folder import RunFolder, write_atomically, write_errors_as_sentences
from steadygan.runs.manifest import CUSTOM
from steadygan.runs.sampling import generate


class GeneratorConfig(BaseModel):
    """How to rebuild a generator and use what it makes.

    Attributes:
        format: of this file.
        network: one of :data:`steadygan.networks.NETWORKS`, or ``custom`` for a network of the user's own.
        blueprint: from which it was built.
        width: of the recipe.
        blocks: of the recipe.
        shape: of one item: (H, W, C), or (F,) for vectors.
        latent: name of the latent heuristic.
        latent_parameters: its parameters.
        scaling: from the network's output to images.
        class_names: of the data.
        class_shares: how often each class comes, if the generator takes labels; otherwise ().
        images_seen: how long it was trained.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    network: str
    blueprint: Blueprint
    width: int = Field(ge=1)
    blocks: int
    shape: tuple[Annotated[int, Field(ge=1)], ...] = Field(min_length=1)
    latent: str
    latent_parameters: dict[str, Any]
    scaling: Scaling
    class_names: tuple[str, ...] = ()
    class_shares: tuple[Annotated[float, Field(ge=0, allow_inf_nan=False)], ...] = ()
    images_seen: int = 0

    @model_validator(mode="after")
    def _has_classes_to_draw(self) -> Self:
        if self.class_shares and not sum(self.class_shares) > 0:
            raise ValueError("no class has a share")
        return self

    def latent_heuristic(self) -> LatentHeuristic:
        """Where its latents come from.

        Raises:
            SteadyganError: when the file names no latent, or parameters that it does not have.
        """
        kind = heuristic_class(self.latent)
        if not issubclass(kind, LatentHeuristic):
            raise SteadyganError(f"'{self.latent}' in generator.json is no latent; restore the file")
        try:
            return kind.model_validate(self.latent_parameters)
        except ValidationError as error:
            reason = sentence(error, self.latent, kind.model_fields)
            raise SteadyganError(f"generator.json is damaged: {reason}; restore the file") from None


class TrainedGenerator:
    """A generator that makes images; see :func:`load_generator`.

    Args:
        network: in evaluation mode.
        config: what it is.
        device: where it is.
    """

    def __init__(self, network: nn.Module, config: GeneratorConfig, device: torch.device) -> None:
        self.network = network
        self.config = config
        self.device = device

    def latents(self, count: int, seed: int = 0, truncation: float | None = None) -> Tensor:
        """Draw latents.

        Args:
            count: how many.
            seed: the same seed gives the same latents.
            truncation: keep to the middle of the distribution, at most this far out; None for all of it.

        Returns:
            float32 [count, D].

        Raises:
            SteadyganError: when the latent cannot be truncated.
        """
        generator = torch.Generator().manual_seed(seed)
        latent = self.config.latent_heuristic()
        if truncation is None:
            return latent.sample(count, torch.device("cpu"), generator)
        if not truncation > 0:
            raise SteadyganError(f"--truncation is {truncation}; give a number above 0, such as 0.7")
        try:
            return latent.truncated(count, truncation, generator)
        except ValueError as error:
            raise SteadyganError(f"{error}; leave --truncation out") from None

    def labels(self, count: int, seed: int = 0, class_name: str | None = None) -> Tensor | None:
        """Classes of images that are to be made.

        Args:
            count: how many.
            seed: the same seed gives the same classes.
            class_name: the class of all of them; None to draw each as often as it is in the data.

        Returns:
            int64 [count]; None if the generator takes no labels.

        Raises:
            SteadyganError: when there is no such class, or the generator takes none.
        """
        names, shares = self.config.class_names, self.config.class_shares
        if class_name is None:
            return random_labels(count, shares, torch.Generator().manual_seed(seed)) if shares else None
        if not shares:
            raise SteadyganError(
                f"This generator takes no classes, so there is none called '{class_name}'; "
                "train it with --labels, or leave --class out"
            )
        if class_name not in names:
            raise SteadyganError(f"There is no class '{class_name}'; {nearest(class_name, names)}")
        return torch.full((count,), names.index(class_name))

    def images(self, latents: Tensor, seed: int = 0, labels: Tensor | None = None) -> Tensor:
        """Images for latents.

        Args:
            latents: float32 [N, D].
            seed: of what is random in the generator itself.
            labels: int64 [N]; drawn where the generator takes labels and none are given.

        Returns:
            uint8 [N, H, W, C], or float32 [N, F] for vectors.
        """
        labels = self.labels(len(latents), seed) if labels is None else labels
        return generate(self.network, latents, self.config.scaling, self.device, seed, labels)

    def sample(
        self, count: int, seed: int = 0, truncation: float | None = None, class_name: str | None = None
    ) -> Tensor:
        """New images, of one class or of all: uint8 [N, H, W, C], or float32 [N, F] for vectors."""
        return self.images(self.latents(count, seed, truncation), seed, self.labels(count, seed, class_name))


def save_generator(folder: RunFolder, generator: nn.Module, config: GeneratorConfig) -> None:
    """Write the weights of a generator, and the config that rebuilds it."""
    weights = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in generator.state_dict().items()}
    with write_errors_as_sentences(folder.path):
        folder.path.mkdir(parents=True, exist_ok=True)
    write_atomically(folder.generator, safetensors.torch.save(weights))
    write_atomically(folder.generator_config, config.model_dump_json(indent=1))


def load_generator(folder: RunFolder, device: torch.device | None = None) -> TrainedGenerator:
    """The generator of a run, rebuilt; its two files are enough, wherever they were copied.

    Raises:
        SteadyganError: when the folder has none, its files are damaged, or the network was the user's own.
    """
    device = device or torch.device("cpu")
    config = read_config(folder)
    if config.network == CUSTOM:
        raise SteadyganError(
            f"The generator of '{folder.path}' is a network of your own, which only your program can build; "
            f"give it to steadygan.load('{folder.path}', generator=...)"
        )
    network = build(
        config.network,
        config.blueprint,
        config.shape,
        config.latent_heuristic().dimension,
        config.width,
        config.blocks,
    )
    _load_weights(network.generator, folder.generator)
    generator = network.generator.to(device).eval().requires_grad_(False)
    return TrainedGenerator(generator, config, device)


def load_into(generator: nn.Module, folder: RunFolder) -> TrainedGenerator:
    """The generator of a run that trained a network of the user's own.

    Args:
        generator: built like the one that was trained; its weights are replaced, and it is put into evaluation mode.
        folder: the run folder.

    Raises:
        SteadyganError: when the folder has no generator, the run's is none of the user's own, or this one is another.
    """
    config = read_config(folder)
    if config.network != CUSTOM:
        raise SteadyganError(
            f"The generator of '{folder.path}' is the network '{config.network}', which is rebuilt without yours; "
            "leave generator= out"
        )
    try:
        weights = safetensors.torch.load(folder.generator.read_bytes())
    except Exception as error:
        raise SteadyganError(f"'{folder.generator}' is damaged ({type(error).__name__}); restore it") from None
    if any(".parametrizations.weight." in f".{name}" for name in weights):
        if config.blueprint.equalised:
            equalised_lr(generator)
        if config.blueprint.generator_spectral:
            spectral_norm(generator, config.blueprint.generator_spectral)
    try:
        generator.load_state_dict(weights)
    except RuntimeError as error:
        reason = " ".join(str(error).split("\n\t")[1:2]) or str(error)
        raise SteadyganError(
            f"The generator that you gave is not built like that of '{folder.path}': {reason}; give one that is"
        ) from None
    return TrainedGenerator(generator.eval(), config, next(iter(generator.state_dict().values())).device)


def read_config(folder: RunFolder) -> GeneratorConfig:
    """How the generator of a run was built.

    Raises:
        SteadyganError: when there is no such file, or it is damaged.
    """
    try:
        return GeneratorConfig.model_validate(folder.require_generator().read_json(folder.generator_config))
    except ValidationError:
        raise SteadyganError(f"'{folder.generator_config}' is not of this version or is damaged; restore it") from None


def _load_weights(network: nn.Module, path: Path) -> None:
    try:
        network.load_state_dict(safetensors.torch.load(path.read_bytes()))
    except Exception as error:
        raise SteadyganError(f"'{path}' is damaged or does not fit its config ({type(error).__name__})") from None
    if not all(bool(torch.isfinite(weights).all()) for weights in network.state_dict().values()):
        raise SteadyganError(
            f"'{path}' holds weights that are not finite, so that no image can be made: the training has diverged; "
            "train anew with another --seed or recipe"
        )
