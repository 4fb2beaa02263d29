"""A Keras generator in a file, which makes images like that of a run."""

import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import torch
from pydantic import ValidationError
from torch import Tensor, nn

from steadygan.blueprint import Blueprint
from steadygan.errors import SteadyganError
from steadygan.feeding.scaling import Scaling
from steadygan.heuristics.catalogue import reference
from steadygan.heuristics.latents import NormalLatent
from steadygan.keras import model as _registered  # noqa: F401  # Keras finds only classes that are imported
from steadygan.keras.export import DESCRIPTION
from steadygan.runs.export import GeneratorConfig, TrainedGenerator
from steadygan.runs.manifest import CUSTOM

LARGEST_DESCRIPTION = 10_000_000


class KerasGenerator(nn.Module):
    """Runs a Keras generator as PyTorch modules are run, with channels first.

    Args:
        model: from latents [N, D], and labels int [N] if it takes any, to images [N, H, W, C] or vectors [N, F].
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        self._model = (model,)  # on PyTorch a Keras model is a module, which this one is not made of

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Images from latents, of classes int64 [N]."""
        latents = z.detach().cpu().numpy()
        given = latents if labels is None else [latents, labels.cpu().numpy().astype("int32")]
        made = keras.ops.convert_to_numpy(self._model[0](given, training=False))
        images = torch.from_numpy(np.array(made, dtype=np.float32))
        return images.permute(0, 3, 1, 2) if images.ndim == 4 else images


def load_generator(path: Path | str) -> TrainedGenerator:
    """The generator in a ``.keras`` file: what :func:`steadygan.keras.export` wrote, a saved GAN, or anyone's model.

    Nothing in the file is run: layers that hold program code are refused.

    Args:
        path: of the file. A model that is not from here takes latents of N(0, I) and makes images in [-1, 1], or in
            [0, 1] if it ends in a sigmoid.

    Raises:
        SteadyganError: when there is no such file, it is no Keras model, or the model is no generator.
    """
    path = Path(path)
    if not path.is_file():
        raise SteadyganError(f"There is no file '{path}'; give a .keras file or the folder of a run")
    described = _description(path)
    model = _load(path)
    gan, model = (model, model.averaged) if hasattr(model, "averaged") else (None, model)
    config = described or _config(path, model, gan)
    return TrainedGenerator(KerasGenerator(model).eval(), config, torch.device("cpu"))


def _description(path: Path) -> GeneratorConfig | None:
    """What :func:`steadygan.keras.export` says of the generator; None if the file is not from there.

    Raises:
        SteadyganError: when the file is no archive, or the description is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if DESCRIPTION not in archive.namelist():
                return None
            with archive.open(DESCRIPTION) as file:
                text = file.read(LARGEST_DESCRIPTION)
        return GeneratorConfig.model_validate_json(text)
    except (zipfile.BadZipFile, OSError):
        raise SteadyganError(f"'{path}' is no Keras model; give a file that model.save('….keras') wrote") from None
    except ValidationError:
        raise SteadyganError(
            f"{DESCRIPTION} in '{path}' is of another version or is damaged; export the generator anew"
        ) from None


def _load(path: Path) -> Any:
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:
        # Keras goes on to say how its own classes are registered, and prints the whole file.
        reason = str(error).strip().partition("\n")[0].partition(". ")[0] or type(error).__name__
        raise SteadyganError(
            f"Keras cannot load '{path}': {reason}; save the generator by itself, without own code"
        ) from None


def _config(path: Path, model: Any, gan: Any) -> GeneratorConfig:
    """What is known of a model that is not described."""
    shapes = [tuple(each.shape) for each in model.inputs]
    shape = tuple(model.output_shape[1:]) if isinstance(model.output_shape, tuple) else ()
    is_image = len(shape) == 3 and shape[2] in (1, 3)
    if len(shapes) > 2 or len(shapes[0]) != 2 or None in (shapes[0][1], *shape) or not (is_image or len(shape) == 1):
        raise SteadyganError(
            f"The model in '{path}' maps {[list(each) for each in shapes]} to {model.output_shape}, and a generator "
            "maps latents [N, D] to images [N, H, W, C] with 1 or 3 channels; give one that does"
        )
    classes = 0 if gan is None or len(shapes) == 1 else gan.classes
    if len(shapes) == 2 and not classes:
        raise SteadyganError(
            f"The model in '{path}' takes labels and does not say how many classes there are; "
            "give the file of a steadygan.keras.GAN or of steadygan.keras.export"
        )
    latent = NormalLatent(dimension=shapes[0][1]) if gan is None else gan.recipe.latent
    return GeneratorConfig(
        network=CUSTOM,
        blueprint=Blueprint(classes=classes),
        width=1,
        blocks=1,
        shape=shape,
        latent=reference(type(latent)),
        latent_parameters=latent.parameters(),
        scaling=_scaling(model, shape),
        class_names=tuple(str(each) for each in range(classes)),
        class_shares=(1 / classes,) * classes if classes else (),
    )


def _scaling(model: Any, shape: tuple[int, ...]) -> Scaling:
    if len(shape) == 1:
        return Scaling(image_range=None, mean=(0.0,) * shape[0], std=(1.0,) * shape[0])
    ends_in_sigmoid = getattr(model.layers[-1], "activation", None) is keras.activations.sigmoid
    return Scaling(image_range=(0.0, 1.0) if ends_in_sigmoid else (-1.0, 1.0))
