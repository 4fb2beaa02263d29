"""The trained generator of a run as a Keras model, in one file that every backend loads."""

import tempfile
import zipfile
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from steadygan.errors import SteadyganError
from steadygan.feeding.scaling import Scaling
from steadygan.keras.networks.build import build_generator
from steadygan.keras.weights import from_torch
from steadygan.networks import build
from steadygan.runs.export import GeneratorConfig, TrainedGenerator, load_generator
from steadygan.runs.folder import RunFolder, write_atomically

SUFFIX = ".keras"
DESCRIPTION = "steadygan.json"
"""What the file holds beside what Keras writes: how latents and classes are drawn."""
_RESCALED = "parametrizations."


class HasGenerator(Protocol):
    """A run."""

    @property
    def generator(self) -> TrainedGenerator:
        """The generator that makes samples."""
        ...


def export(run: HasGenerator | Path | str, path: Path | str) -> Path:
    """Write the generator of a run as a Keras model, which :func:`keras.saving.load_model` loads on any backend.

    It maps latents [N, D], and labels int [N] if it takes any (-1 where unknown), to images [N, H, W, C] in [-1, 1], or
    to vectors [N, F] in the data's own units. Its weights are those with which the run makes samples; they are final,
    and nothing rescales them any more.

    Args:
        run: what :func:`steadygan.load` returns, or the folder of a run or of a copy of its generator.
        path: of the file, which ends in ``.keras``; it is replaced if it is there.

    Returns:
        The path.

    Raises:
        SteadyganError: when the folder has no generator or one of the user's own, or the file cannot be written.
    """
    path = Path(path)
    if path.suffix != SUFFIX:
        raise SteadyganError(f"Cannot export to '{path}': a Keras model goes to a file that ends in {SUFFIX}")
    trained = load_generator(RunFolder(run)) if isinstance(run, Path | str) else run.generator
    model = as_keras(trained.network, trained.config)
    length = trained.config.shape[0]
    unit = Scaling(image_range=(-1.0, 1.0))
    if len(trained.config.shape) == 1:
        unit = Scaling(image_range=None, mean=(0.0,) * length, std=(1.0,) * length)
    write_atomically(path, _archive(model, trained.config.model_copy(update={"scaling": unit})))
    return path


def as_keras(network: nn.Module, config: GeneratorConfig) -> Any:
    """The Keras model that makes what a trained generator makes.

    Args:
        network: the generator, which is put into evaluation mode.
        config: what it is.

    Returns:
        A model from latents, and labels if it takes any, to images in [-1, 1] or vectors in the data's own units.
    """
    plain = config.blueprint.changed(equalised=False, generator_spectral=0)
    given = (config.network, plain, config.shape, config.latent_heuristic().dimension, config.width, config.blocks)
    with torch.random.fork_rng(devices=()):
        settled = build(*given).generator
    model = build_generator(*given)
    settled.load_state_dict(_used_weights(network.eval()))
    from_torch(settled, model)
    model = _of_keras_alone(model)
    scale, offset = _to_data(config.scaling)
    if np.all(scale == 1) and np.all(offset == 0):
        return model
    inputs = model.inputs if len(model.inputs) > 1 else model.inputs[0]
    scaled = keras.layers.Rescaling(scale.tolist(), offset.tolist(), name="scaled")(model.output)
    return keras.Model(inputs, scaled, name=model.name)


def _used_weights(network: nn.Module) -> dict[str, Tensor]:
    """The state of a network, with weights as they are used where they are rescaled at each use."""
    state = {name: values for name, values in network.state_dict().items() if _RESCALED not in name}
    for name, module in network.named_modules():
        if parametrize.is_parametrized(module, "weight"):
            weight: Tensor = module.weight
            state[f"{name}.weight"] = weight.detach()
    return state


def _of_keras_alone(model: Any) -> Any:
    """The model without what only its training needs: our batch normalisation, and initial weights."""
    plain = keras.models.clone_model(model, clone_function=_plain)
    plain.set_weights(model.get_weights())
    return plain


def _plain(layer: Any) -> Any:
    config = {key: "zeros" if key.endswith("initializer") else value for key, value in layer.get_config().items()}
    if not isinstance(layer, keras.layers.BatchNormalization):
        return type(layer).from_config(config)
    config.pop("unbiased", None)
    return keras.layers.BatchNormalization.from_config(config)


def _to_data(scaling: Scaling) -> tuple[Any, Any]:
    """The factor and the summand that bring what the network makes to [-1, 1], or to the data's own units."""
    if scaling.image_range is None:
        return np.asarray(scaling.std), np.asarray(scaling.mean)
    low, high = scaling.image_range
    factor = 2 / (high - low)
    return np.asarray(factor), np.asarray(-1 - low * factor)


def _archive(model: Any, config: GeneratorConfig) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / f"generator{SUFFIX}"
        keras.saving.save_model(model, written)
        with zipfile.ZipFile(written, "a") as archive:
            archive.writestr(DESCRIPTION, config.model_dump_json(indent=1))
        return written.read_bytes()
