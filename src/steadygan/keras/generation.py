"""Images of a GAN of Keras."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from keras import ops

from steadygan.arrays import Array
from steadygan.vocabulary import Player

if TYPE_CHECKING:
    from steadygan.keras.model import GAN

AT_ONCE = 256
"""Images that are made in one pass."""


def generated(gan: "GAN", count: int, labels: Sequence[int] | None, seed: int | None) -> Array:
    """Images of the averaged generator; see :meth:`steadygan.keras.GAN.generate`."""
    source = torch.Generator()
    source.seed() if seed is None else source.manual_seed(seed)
    given = [gan.recipe.latent.sample(count, torch.device("cpu"), source).numpy()]
    if Player.GENERATOR in gan.labelled_players:
        drawn = torch.randint(0, gan.classes, (count,), generator=source).numpy()
        given.append(np.asarray(drawn if labels is None else labels, "int32"))
    parts = []
    for at in range(0, count, AT_ONCE):
        chunk = [each[at : at + AT_ONCE] for each in given]
        parts.append(gan.averaged.predict_on_batch(chunk if len(chunk) > 1 else chunk[0]))
    images = np.concatenate([np.asarray(ops.convert_to_numpy(each), "float32") for each in parts])
    return images * 2 - 1 if gan.output_activation == "sigmoid" and len(gan.shape) == 3 else images
