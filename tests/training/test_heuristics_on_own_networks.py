"""Heuristics that change networks, where the networks are someone's own: put on, refused, or named in a note."""

from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, parametrize

import steadygan as sg
from steadygan.errors import SteadyganError
from steadygan.layers import Packing
from steadygan.recipe import Recipe
from steadygan.recipes import parse
from steadygan.settings import TrainingSettings
from steadygan.training.session import CustomNetworks, new_players
from steadygan.training.state import TrainingState
from steadygan.training.step import step
from tests import tiny
from tests.labelled_networks import CPU
from tests.training import players

NAIVE = tiny.small("naive").with_("normal-latent", dimension=players.LATENT)


def _state(chosen: Recipe, **networks: nn.Module) -> TrainingState:
    torch.manual_seed(0)
    training = TrainingSettings(device="cpu", precision="fp32")
    return new_players(chosen, tiny.images(), CustomNetworks(**networks), CPU, training)[0]


def _rescaled(network: nn.Module) -> int:
    return sum(parametrize.is_parametrized(module, "weight") for module in network.modules())


def _flat(channels: int = 1) -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(64 * channels, 4), nn.LeakyReLU(), nn.Linear(4, 1))


def test_spectral_norm_reaches_a_discriminator_of_ones_own() -> None:
    discriminator = _flat()
    state = _state(NAIVE.with_("spectral-norm"), discriminator=discriminator)
    assert _rescaled(discriminator) == 2
    assert "spectral-norm holds in 2 layers of your discriminator" in state.notes
    step(state)


def test_a_recipe_brings_it_along_too_and_never_twice() -> None:
    discriminator = _flat()
    parametrizations.spectral_norm(discriminator[1])
    chosen = parse(NAIVE.with_("spectral-norm").to_toml(), "mine")
    _state(chosen, discriminator=discriminator)
    _state(chosen, discriminator=discriminator)
    assert _rescaled(discriminator) == 2
    assert all(len(each.parametrizations.weight) == 1 for each in (discriminator[1], discriminator[3]))


def test_equalised_rates_reach_both_networks() -> None:
    generator, discriminator = players.generator(), players.discriminator()
    state = _state(NAIVE.with_("equalised-lr"), generator=generator, discriminator=discriminator)
    assert _rescaled(generator) > 0
    assert _rescaled(discriminator) > 0
    assert sum("equalised-lr has drawn the weights" in note for note in state.notes) == 2


def test_weights_are_drawn_anew_only_where_the_user_says_so() -> None:
    chosen = NAIVE.with_("normal-init", std=1e-6)
    brought, added = _flat(), _flat()
    notes = _state(parse(chosen.to_toml(), "mine"), discriminator=brought).notes
    assert any("decides itself what normal-init" in note for note in notes)
    _state(chosen, discriminator=added)
    assert float(brought[1].weight.detach().abs().max()) > 1e-2
    assert 0 < float(added[1].weight.detach().abs().max()) < 1e-4


@pytest.mark.parametrize("packs_itself", [False, True])
def test_packing_gives_a_discriminator_of_ones_own_packs(packs_itself: bool) -> None:
    discriminator = nn.Sequential(Packing(2), _flat(2)) if packs_itself else _flat(2)
    state = _state(NAIVE.with_("packing", images=2), discriminator=discriminator)
    assert any(note.startswith("packing stacks 2 images") for note in state.notes)
    before = discriminator[-1].state_dict() if packs_itself else discriminator.state_dict()
    before = {name: tensor.clone() for name, tensor in before.items()}
    step(state)
    after = discriminator[-1].state_dict() if packs_itself else discriminator.state_dict()
    assert not any(torch.equal(before[name], after[name]) for name in before)


def test_a_discriminator_for_single_images_gets_no_packs() -> None:
    with pytest.raises(SteadyganError, match=r"discriminator fails on images of shape \[8, 1, 8, 8\]"):
        _state(NAIVE.with_("packing", images=2), discriminator=_flat())


def test_a_built_discriminator_packs_the_images_of_a_generator_of_ones_own() -> None:
    step(_state(NAIVE.with_("packing", images=2), generator=players.generator()))


@pytest.mark.parametrize(
    "name", ["leaky-relu", "minibatch-stddev", "larger-discriminator", "virtual-batch-norm", "strided-convolutions"]
)
def test_what_was_added_and_cannot_be_reached_is_refused(name: str, folder: Path) -> None:
    with pytest.raises(SteadyganError, match=f"'{name}' is built into networks, .*without.*{name}") as refusal:
        sg.train(
            tiny.images().images,
            NAIVE.with_(name),
            generator=players.generator(),
            discriminator=players.discriminator(),
            out=folder,
            device="cpu",
        )
    assert "\n" not in str(refusal.value)
    assert not folder.exists()


def test_even_what_the_naive_network_does_is_refused() -> None:
    with pytest.raises(SteadyganError, match="'resize-convolutions' is built into networks, and the generator"):
        _state(NAIVE.with_("resize-convolutions"), generator=players.generator())


def test_a_parameter_that_was_set_counts_as_added() -> None:
    chosen = parse(NAIVE.with_("leaky-relu").to_toml(), "mine").set("leaky-relu.slope", 0.3)
    with pytest.raises(SteadyganError, match="'leaky-relu' is built into networks"):
        _state(chosen, generator=players.generator(), discriminator=players.discriminator())


def test_nothing_is_refused_that_reaches_one_of_the_two() -> None:
    state = _state(NAIVE.with_("batch-norm"), generator=players.generator())
    assert state.notes == ("Your generator decides itself what batch-norm would change",)


def test_what_a_recipe_brings_along_is_named_in_the_manifest(folder: Path) -> None:
    chosen = tiny.small("steady").with_("normal-latent", dimension=players.LATENT)
    run = sg.train(tiny.images().images, chosen, discriminator=_flat(), out=folder, images=8, device="cpu")
    notes = run.folder.read_json(run.folder.manifest)["notes"]
    (left,) = (note for note in notes if note.startswith("Your discriminator decides itself"))
    assert "minibatch-stddev" in left or "leaky-relu" in left
    assert "tanh-output" not in left


def test_a_network_with_nothing_to_rescale_is_refused() -> None:
    class Volume(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Conv1d(1, 1, 64)

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            logits: torch.Tensor = self.layer(images.flatten(2)).flatten()
            return logits

    with pytest.raises(SteadyganError, match="'spectral-norm' is built into networks"):
        _state(NAIVE.with_("spectral-norm"), discriminator=Volume())


def test_they_resume_bit_for_bit(tmp_path: Path) -> None:
    chosen = NAIVE.with_("spectral-norm").with_("packing", images=2)

    def go(name: str, images: int) -> None:
        torch.manual_seed(1)
        sg.train(tiny.images().images, chosen, discriminator=_flat(2), out=tmp_path / name, images=images, device="cpu")

    go("a", 32)
    go("b", 16)
    run = sg.resume(tmp_path / "b", images=32, data=tiny.images().images, discriminator=_flat(2))
    assert (tmp_path / "a/generator.safetensors").read_bytes() == (run.path / "generator.safetensors").read_bytes()
