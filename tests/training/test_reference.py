"""The step against training scripts written out by hand in plain PyTorch."""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from steadygan.recipe import Recipe
from steadygan.training.state import TrainingState
from steadygan.training.step import step
from steadygan.vocabulary import Player
from tests import tiny
from tests.training import players

pytestmark = pytest.mark.usefixtures("float64")

STEPS = 7


def _order(count: int, batches: int, seed: int) -> list[list[int]]:
    """Batches from one fresh permutation after another."""
    places: list[int] = []
    epoch = 0
    while len(places) < batches * tiny.BATCH:
        places += (
            np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, epoch]))).permutation(count).tolist()
        )
        epoch += 1
    return [places[start : start + tiny.BATCH] for start in range(0, batches * tiny.BATCH, tiny.BATCH)]


def _reals(batches: int, seed: int = 0) -> list[Tensor]:
    data = tiny.images()
    pixels = torch.from_numpy(data.images.transpose(0, 3, 1, 2).astype(np.float64)) / 127.5 - 1
    return [pixels[places] for places in _order(len(data), batches, seed)]


def _pair(norm: bool) -> tuple[nn.Module, nn.Module]:
    torch.manual_seed(11)
    return players.generator(norm=norm), players.discriminator(norm=norm)


def _stepped(recipe: Recipe, norm: bool) -> TrainingState:
    state = players.play(recipe, *_pair(norm))
    torch.manual_seed(5)
    for _ in range(STEPS):
        step(state)
    return state


def _descend(loss: Tensor, optimizer: torch.optim.Optimizer) -> None:
    optimizer.zero_grad()
    torch.autograd.backward(loss)
    optimizer.step()


def _assert_equal(network: nn.Module, reference: nn.Module) -> None:
    found, expected = network.state_dict(), reference.state_dict()
    for name, tensor in expected.items():
        torch.testing.assert_close(found[name], tensor, msg=f"{name} differs")


def test_dcgan_with_fakes_for_each_player_equals_a_script_by_hand() -> None:
    recipe = tiny.small("dcgan").with_("uniform-latent", dimension=players.LATENT).with_("alternate", reuse_fakes=False)
    state = _stepped(recipe, norm=True)

    g, d = _pair(norm=True)
    g_optimizer = torch.optim.Adam(g.parameters(), lr=2e-4, betas=(0.5, 0.999))
    d_optimizer = torch.optim.Adam(d.parameters(), lr=2e-4, betas=(0.5, 0.999))
    ones, zeros = torch.ones(tiny.BATCH, 1), torch.zeros(tiny.BATCH, 1)
    binary = nn.BCEWithLogitsLoss()
    torch.manual_seed(5)
    for real in _reals(STEPS):
        on_real = d(real)
        fake = g(torch.rand(tiny.BATCH, players.LATENT) * 2 - 1).detach()
        _descend(binary(on_real, ones) + binary(d(fake), zeros), d_optimizer)
        _descend(binary(d(g(torch.rand(tiny.BATCH, players.LATENT) * 2 - 1)), ones), g_optimizer)
    _assert_equal(state.networks[Player.GENERATOR], g)
    _assert_equal(state.networks[Player.DISCRIMINATOR], d)


def _penalty(logits: Tensor, images: Tensor, gamma: float) -> Tensor:
    (gradient,) = torch.autograd.grad(logits.sum(), images, create_graph=True)
    return gamma / 2 * (gradient**2).sum(dim=(1, 2, 3)).mean()


def test_relativistic_with_lazy_penalties_and_an_average_equals_a_script_by_hand() -> None:
    recipe = (
        tiny.small("steady")
        .with_("normal-latent", dimension=players.LATENT)
        .with_("r1", gamma=3.0, every=2)
        .with_("r2", gamma=2.0, every=3)
        .with_("adam", lr=1e-3, betas=(0.0, 0.99))
        .with_("ema", half_life=40, ramp_up=0.5)
        .with_("alternate", reuse_fakes=False, fresh_reals=False)
    )
    state = _stepped(recipe, norm=False)

    g, d = _pair(norm=False)
    average = copy.deepcopy(g)
    g_optimizer = torch.optim.Adam(g.parameters(), lr=1e-3, betas=(0.0, 0.99))
    d_optimizer = torch.optim.Adam(d.parameters(), lr=1e-3, betas=(0.0, 0.99))
    torch.manual_seed(5)
    for count, real in enumerate(_reals(STEPS)):
        x = real.clone().requires_grad_()
        f = g(torch.randn(tiny.BATCH, players.LATENT)).detach().requires_grad_()
        on_real, on_fake = d(x), d(f)
        loss = F.softplus(on_fake - on_real).mean()
        if count % 2 == 0:
            loss = loss + 2 * _penalty(on_real, x, 3.0)
        if count % 3 == 0:
            loss = loss + 3 * _penalty(on_fake, f, 2.0)
        _descend(loss, d_optimizer)
        _descend(F.softplus(d(real) - d(g(torch.randn(tiny.BATCH, players.LATENT)))).mean(), g_optimizer)
        seen = (count + 1) * tiny.BATCH
        decay = 0.5 ** (tiny.BATCH / min(40, 0.5 * seen))
        with torch.no_grad():
            for old, new in zip(average.parameters(), g.parameters(), strict=True):
                old.copy_(decay * old + (1 - decay) * new)
    _assert_equal(state.networks[Player.GENERATOR], g)
    _assert_equal(state.networks[Player.DISCRIMINATOR], d)
    assert state.averaged is not None
    _assert_equal(state.averaged, average)


def test_dcgan_steps_equal_a_script_by_hand() -> None:
    """The order of PyTorch's own DCGAN example: one batch of fakes serves both players."""
    recipe = tiny.small("dcgan").with_("uniform-latent", dimension=players.LATENT)
    state = _stepped(recipe, norm=True)

    g, d = _pair(norm=True)
    g_optimizer = torch.optim.Adam(g.parameters(), lr=2e-4, betas=(0.5, 0.999))
    d_optimizer = torch.optim.Adam(d.parameters(), lr=2e-4, betas=(0.5, 0.999))
    torch.manual_seed(5)
    for real in _reals(STEPS):
        fake = g(torch.rand(tiny.BATCH, players.LATENT) * 2 - 1)
        _descend(F.softplus(-d(real)).mean() + F.softplus(d(fake.detach())).mean(), d_optimizer)
        _descend(F.softplus(-d(fake)).mean(), g_optimizer)
    _assert_equal(state.networks[Player.GENERATOR], g)
    _assert_equal(state.networks[Player.DISCRIMINATOR], d)


def test_a_measured_penalty_is_that_of_finite_differences() -> None:
    """Finite differences of the discriminator's logit, image by image, give the same r1 as the step measures."""
    recipe = tiny.small("steady").with_("normal-latent", dimension=players.LATENT).with_("r1", gamma=2.0, every=1)
    state = players.play(recipe.without("r2"), *_pair(norm=False))
    exact = copy.deepcopy(state.networks[Player.DISCRIMINATOR]).double()
    x = _reals(1)[0].double()
    norms = []
    with torch.no_grad():
        for image in x:
            moved = torch.eye(64, dtype=torch.float64).view(64, 1, 8, 8) * 1e-5
            slope = (exact(image + moved) - exact(image - moved)) / 2e-5
            norms.append(float(slope.square().sum()))
    torch.manual_seed(5)
    step(state)
    assert state.record.row()["r1"] == pytest.approx(2.0 / 2 * np.mean(norms), rel=1e-6)


def test_two_discriminator_moves_see_two_batches_and_their_own_latents() -> None:
    recipe = tiny.small("naive").with_("uniform-latent", dimension=players.LATENT).with_("hinge")
    recipe = recipe.with_("alternate", discriminator_moves=2, generator_moves=2).with_(
        "sgd-discriminator", momentum=0.9
    )
    state = _stepped(recipe, norm=True)

    g, d = _pair(norm=True)
    g_optimizer = torch.optim.Adam(g.parameters())
    d_optimizer = torch.optim.SGD(d.parameters(), lr=0.01, momentum=0.9)
    reals = iter(_reals(2 * STEPS))
    torch.manual_seed(5)
    for _ in range(STEPS):
        for _ in range(2):
            on_real = d(next(reals))
            on_fake = d(g(torch.rand(tiny.BATCH, players.LATENT) * 2 - 1).detach())
            _descend(F.relu(1 - on_real).mean() + F.relu(1 + on_fake).mean(), d_optimizer)
        for _ in range(2):
            _descend(-d(g(torch.rand(tiny.BATCH, players.LATENT) * 2 - 1)).mean(), g_optimizer)
    _assert_equal(state.networks[Player.GENERATOR], g)
    _assert_equal(state.networks[Player.DISCRIMINATOR], d)
    assert state.images_seen == 2 * STEPS * tiny.BATCH
