"""A run goes on with the classes that it was trained with, and its generator with its own latents."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

import steadygan as sg
from steadygan.heuristics.latents import NormalLatent
from steadygan.heuristics.penalties import R1
from tests import tiny

pytestmark = pytest.mark.usefixtures("brief")


class Penalty(R1):
    """Keeps the name of the stock one."""


class Latent(NormalLatent):
    """Keeps the name of the stock one, and draws 0."""

    def sample(self, count: int, device: torch.device, generator: torch.Generator | None = None) -> Tensor:
        """Zeros."""
        return super().sample(count, device, generator) * 0


def test_a_name_that_leads_to_another_class_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    array = tiny.images().images
    sg.train(array, tiny.small("naive").with_(Penalty(gamma=1.0)), out=folder, images=8, device="cpu")
    with monkeypatch.context() as patch:
        patch.setattr(f"{__name__}.Penalty", R1)
        with pytest.raises(
            sg.SteadyganError, match=r"trained with the heuristic '.*test_stored:Penalty', and that is now 'r1'"
        ):
            sg.resume(folder, images=16, data=array)
    assert sg.resume(folder, images=16, data=array).generator.config.images_seen == 16


def test_a_loaded_generator_draws_from_the_latent_that_it_was_trained_with(folder: Path) -> None:
    run = sg.train(
        tiny.images().images, tiny.small("naive").with_(Latent(dimension=3)), out=folder, images=8, device="cpu"
    )
    made = sg.load(folder).sample(4)
    assert np.array_equal(made, run.sample(4))
    assert np.array_equal(made, np.broadcast_to(made[:1], made.shape))
