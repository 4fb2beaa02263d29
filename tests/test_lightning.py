"""The callback of Lightning, with a stand-in for a trainer: it calls the hooks with what Lightning gives them."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import steadygan as sg
from steadygan.errors import SteadyganError
from steadygan.lightning import DoctorCallback
from steadygan.vocabulary import Failure

BATCH = 16


class Trainer:
    """As much of Lightning's as the callback may use."""

    def __init__(self, **losses: float) -> None:
        self.callback_metrics = {name: torch.tensor(value) for name, value in losses.items()}
        self.should_stop, self.is_global_zero = False, True

    def fit(self, module: nn.Module, callback: DoctorCallback, steps: int = 40, labels: bool = True) -> None:
        for step in range(steps):
            if self.should_stop:
                break
            batch = torch.rand(BATCH, 1, 8, 8, generator=torch.Generator().manual_seed(step)) * 2 - 1
            callback.on_train_batch_end(self, module, None, [batch, torch.zeros(BATCH)] if labels else batch, step)
        callback.on_train_end(self, module)


class Module(nn.Module):
    """A GAN as Lightning's example has it."""

    def __init__(self, contrast: float = 1.0) -> None:
        super().__init__()
        self.hparams = SimpleNamespace(latent_dim=6)
        self.generator = nn.Sequential(nn.Linear(6, 64), nn.BatchNorm1d(64), nn.Unflatten(1, (1, 8, 8)))
        self.discriminator = nn.Sequential(nn.Flatten(), nn.Dropout(), nn.Linear(64, 1))
        nn.init.constant_(self.generator[1].weight, contrast)


def quiet(**changes: Any) -> sg.Doctor:
    return sg.Doctor(**{"every": 2, "share": None, "wanted": 100, "say": None, **changes})


@pytest.mark.parametrize("labels", [True, False])
def test_networks_latents_and_losses_are_found_by_their_names(labels: bool) -> None:
    callback = DoctorCallback(quiet())
    Trainer(d_loss=1.4, g_loss=0.7, g_loss_epoch=9.0, val_fid=80.0).fit(Module(), callback, 6, labels)
    row = callback.doctor.rows[-1]
    assert row["generator/loss"] == pytest.approx(0.7)
    assert "val_fid" not in row
    assert {"doctor/variety", "doctor/separation", "doctor/drift", "doctor/update/generator"} <= row.keys()
    assert row["doctor/drift"] == 0, "images of the same latents, of a network that does not change"
    assert [text for text in callback.doctor.unjudged if "held_out" not in text] == []


def test_images_that_are_alike_are_found_and_stop_training_when_asked_to() -> None:
    said: list[str] = []
    trainer, callback = Trainer(), DoctorCallback(quiet(say=said.append), stop_on="critical")
    trainer.fit(Module(contrast=0.01), callback)
    assert Failure.MODE_COLLAPSE in {each.kind for each in callback.doctor.findings}
    assert trainer.should_stop
    assert said[-1].startswith("not healthy after")


def test_networks_and_random_numbers_stay_as_they_are() -> None:
    module = Module()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    state = torch.random.get_rng_state()
    Trainer(d_loss=1.0).fit(module, DoctorCallback(quiet()), 6)
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert torch.equal(torch.random.get_rng_state(), state)
    assert module.training


def test_latents_of_convolutions_are_images_of_one_pixel() -> None:
    module = Module()
    module.generator = nn.Sequential(nn.ConvTranspose2d(6, 1, 8))
    callback = DoctorCallback(quiet())
    Trainer().fit(module, callback, 2)
    assert "doctor/variety" in callback.doctor.rows[0]


def test_what_is_elsewhere_is_given_as_functions() -> None:
    def images(module: nn.Module, count: int) -> Tensor:
        return torch.zeros(count, 1, 8, 8)

    callback = DoctorCallback(quiet(), fake=images, real=lambda batch: batch[0] / 2)
    Trainer().fit(Module(), callback, 2)
    assert callback.doctor.rows[0]["doctor/variety"] == 0


def test_a_generator_that_wants_more_than_latents_is_said() -> None:
    module = Module()
    module.hparams.latent_dim = 5
    with pytest.raises(SteadyganError, match="give DoctorCallback fake="):
        Trainer().fit(module, DoctorCallback(quiet()), 2)


def test_without_networks_only_losses_and_data_are_seen() -> None:
    callback = DoctorCallback(quiet())
    Trainer(d_loss=float("nan")).fit(nn.Module(), callback, 4)
    assert {each.kind for each in callback.doctor.findings} == {Failure.NOT_FINITE}


def test_of_several_processes_one_watches() -> None:
    trainer, callback = Trainer(d_loss=1.0), DoctorCallback(quiet())
    trainer.is_global_zero = False
    trainer.fit(Module(), callback, 4)
    assert callback.doctor.rows == []
