import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.distributions import Normal, kl_divergence

from steadygan.blueprint import Blueprint
from steadygan.heuristics.base import Company, Heuristic
from steadygan.heuristics.composition import refusals
from steadygan.heuristics.latents import NormalLatent, SphereLatent, UniformLatent
from steadygan.heuristics.objectives import (
    Hinge,
    VaeHybrid,
    kl_to_standard_normal,
    reconstruction_error,
    reparameterise,
)
from steadygan.heuristics.turn import DiscriminatorOutput
from steadygan.vocabulary import Player, Side
from tests.heuristics.truth import FakeState, FakeTurn, follows, normal_cdf, seeded

LATENT, PIXELS, FEATURES = 3, 5, 4


def test_the_divergence_is_that_of_torch() -> None:
    mean, log_variance = (torch.randn(6, LATENT, generator=seeded(seed), dtype=torch.float64) for seed in (0, 1))
    expected = kl_divergence(Normal(mean, torch.exp(log_variance / 2)), Normal(0.0, 1.0)).sum(1)
    torch.testing.assert_close(kl_to_standard_normal(mean, log_variance), expected)


@given(mean=st.floats(-10, 10), log_variance=st.floats(-10, 10))
def test_the_divergence_is_never_negative(mean: float, log_variance: float) -> None:
    ours = kl_to_standard_normal(torch.tensor([[mean]]), torch.tensor([[log_variance]]))
    assert ours.item() >= 0
    assert math.isfinite(ours.item())


def test_the_divergence_is_zero_at_the_prior_alone() -> None:
    zero = torch.zeros(1, LATENT)
    assert kl_to_standard_normal(zero, zero).item() == 0
    assert kl_to_standard_normal(zero, zero + 0.01).item() > 0
    assert kl_to_standard_normal(zero + 0.01, zero).item() > 0


def test_the_divergence_agrees_with_finite_differences() -> None:
    given_ = [torch.randn(2, LATENT, generator=seeded(s), dtype=torch.float64).requires_grad_() for s in (0, 1)]
    assert torch.autograd.gradcheck(kl_to_standard_normal, given_)


def test_latents_are_drawn_from_what_the_encoder_says() -> None:
    mean, log_variance = torch.full((20_000, 1), 3.0), torch.full((20_000, 1), math.log(0.25))
    drawn = reparameterise(mean, log_variance, seeded())
    assert follows(drawn, lambda x: normal_cdf((x - 3) / 0.5))


def test_the_draw_carries_gradients_to_mean_and_variance() -> None:
    mean = torch.zeros(4, LATENT, dtype=torch.float64, requires_grad=True)
    log_variance = torch.full((4, LATENT), 0.6, dtype=torch.float64, requires_grad=True)
    drawn = reparameterise(mean, log_variance, seeded(3))
    slopes = torch.autograd.grad(drawn.sum(), (mean, log_variance))
    assert torch.equal(slopes[0], torch.ones_like(mean))
    torch.testing.assert_close(slopes[1], drawn.detach() / 2)  # d/dv exp(v / 2) ε
    assert torch.autograd.gradcheck(lambda m, v: reparameterise(m, v, seeded(3)), (mean, log_variance))


def test_the_error_is_the_mean_squared_difference_of_each_image() -> None:
    features, again = torch.tensor([[1.0, 2.0], [0.0, 4.0]]), torch.tensor([[1.0, 0.0], [3.0, 4.0]])
    assert reconstruction_error(features, again).tolist() == [2.0, 4.5]


def test_the_error_teaches_the_reconstruction_only() -> None:
    features, again = (torch.randn(3, 4, generator=seeded(seed)).requires_grad_() for seed in (0, 1))
    torch.autograd.backward(reconstruction_error(features, again).sum())
    assert features.grad is None
    torch.testing.assert_close(again.grad, (again - features).detach() / 2)  # 2 / F with F = 4


class Setting:
    """A linear encoder, generator and discriminator around one batch."""

    def __init__(self, player: Player = Player.GENERATOR) -> None:
        torch.manual_seed(0)
        self.encoder, self.generator = nn.Linear(PIXELS, 2 * LATENT), nn.Linear(LATENT, PIXELS)
        self.layer = nn.Linear(PIXELS, FEATURES).requires_grad_(False)
        self.real = torch.randn(6, PIXELS)
        state = FakeState(companions={"encoder": self.encoder}, latent=LATENT)
        self.turn = FakeTurn(player, images={Side.REAL: self.real}, judge=self.judge, make=self.generator, state=state)

    def judge(self, images: Tensor) -> DiscriminatorOutput:
        return DiscriminatorOutput(images.sum(1), torch.tanh(self.layer(images)))

    def by_hand(self, weight: float, kl_weight: float) -> Tensor:
        """The term with the noise that the seed gives, written out image by image."""
        torch.manual_seed(1)
        noise = torch.randn(6, LATENT)
        total = torch.zeros(())
        for image, epsilon in zip(self.real, noise, strict=True):
            code = self.encoder(image)
            mean, log_variance = code[:LATENT], code[LATENT:]
            again = self.generator(mean + torch.exp(log_variance / 2) * epsilon)
            error = ((torch.tanh(self.layer(image)) - torch.tanh(self.layer(again))) ** 2).sum() / FEATURES
            divergence = sum((m**2 + torch.exp(v) - 1 - v) / 2 for m, v in zip(mean, log_variance, strict=True))
            total = total + (error + kl_weight * 2 / FEATURES * divergence) / 6
        return weight * total


def test_the_term_is_the_formula_of_the_card() -> None:
    setting = Setting()
    expected = setting.by_hand(0.3, 0.7)
    torch.manual_seed(1)
    term = VaeHybrid(weight=0.3, kl_weight=0.7).loss_term(setting.turn)
    assert term is not None
    torch.testing.assert_close(term, expected)
    parts = {name: value.item() for name, value in setting.turn.logged.items()}
    noted = 0.3 * (parts["vae-hybrid/reconstruction"] + 0.7 * 2 / FEATURES * parts["vae-hybrid/kl"])
    assert noted == pytest.approx(term.item())


def test_gradients_reach_encoder_and_generator_and_not_the_discriminators_view_of_the_data() -> None:
    setting = Setting()
    setting.real.requires_grad_()
    features: list[Tensor] = []

    def judge(images: Tensor) -> DiscriminatorOutput:
        features.append(setting.judge(images).features)
        return DiscriminatorOutput(images.sum(1), features[-1])

    state = FakeState(companions={"encoder": setting.encoder})
    raw = {Side.REAL: setting.real}
    term = VaeHybrid().loss_term(
        FakeTurn(Player.GENERATOR, images=raw, judge=judge, make=setting.generator, state=state)
    )
    assert term is not None
    assert [each.requires_grad for each in features] == [False, True]
    torch.autograd.backward(term)
    for moved in (*setting.encoder.parameters(), *setting.generator.parameters()):
        assert moved.grad is not None
        assert moved.grad.abs().sum() > 0
    assert setting.layer.weight.grad is None


def test_the_weight_does_not_turn_the_encoders_gradient() -> None:
    directions = []
    for weight in (0.1, 10.0):
        setting = Setting()
        torch.manual_seed(1)
        term = VaeHybrid(weight=weight).loss_term(setting.turn)
        assert term is not None
        (gradient,) = torch.autograd.grad(term, setting.encoder.weight)
        directions.append(gradient / gradient.norm())
    torch.testing.assert_close(directions[0], directions[1])


def test_an_autoencoder_that_is_trained_so_reconstructs() -> None:
    setting = Setting()
    optimizer = torch.optim.Adam([*setting.encoder.parameters(), *setting.generator.parameters()], lr=0.02)
    for step in range(300):
        term = VaeHybrid(weight=1.0, kl_weight=1e-3).loss_term(setting.turn)
        assert term is not None
        if step == 0:
            first = setting.turn.logged["vae-hybrid/reconstruction"].item()
        optimizer.zero_grad()
        torch.autograd.backward(term)
        optimizer.step()
    assert setting.turn.logged["vae-hybrid/reconstruction"].item() < first / 5


def test_the_discriminators_move_and_the_losses_are_left_alone() -> None:
    losses = torch.ones(3)
    assert VaeHybrid().loss_term(Setting(Player.DISCRIMINATOR).turn) is None
    assert torch.equal(VaeHybrid().apply(losses, Setting().turn), losses)


class Telling(FakeTurn):
    """A turn that remembers with which labels it was asked."""

    def generate(self, latents: Tensor, labels: Tensor | None) -> Tensor:
        self.made_with = labels
        return super().generate(latents, labels)

    def discriminate(self, images: Tensor, labels: Tensor | None) -> DiscriminatorOutput:
        self.judged_with = labels
        return super().discriminate(images, labels)


KNOWN, DRAWN = torch.tensor([0, -1, 2, 1, -1, 0]), torch.tensor([3, 4, 2, 1, 3, 4])
FILLED = torch.tensor([0, 4, 2, 1, 3, 0])


@pytest.mark.parametrize(
    ("labels", "made", "judged"),
    [
        ({}, None, None),
        ({Side.REAL: KNOWN, Side.FAKE: DRAWN}, FILLED, FILLED),
        ({Side.REAL: KNOWN}, None, KNOWN),
        ({Side.FAKE: DRAWN}, DRAWN, DRAWN),
    ],
)
def test_reconstructions_have_the_classes_of_their_images(
    labels: dict[Side, Tensor], made: Tensor | None, judged: Tensor | None
) -> None:
    setting = Setting()
    state = FakeState(companions={"encoder": setting.encoder})
    raw = {Side.REAL: setting.real}
    turn = Telling(
        Player.GENERATOR, images=raw, judge=setting.judge, make=setting.generator, labels=labels, state=state
    )
    VaeHybrid().loss_term(turn)
    for told, expected in ((turn.made_with, made), (turn.judged_with, judged)):
        assert (told is None) if expected is None else (told is not None and torch.equal(told, expected))


def test_an_encoder_is_built() -> None:
    assert VaeHybrid().design(Blueprint()) == Blueprint(encoder=True)
    assert VaeHybrid.uses_features


@pytest.mark.parametrize(
    ("others", "named"),
    [([UniformLatent(), Hinge()], "'uniform-latent'"), ([SphereLatent()], "'sphere-latent'")],
)
def test_it_is_refused_where_latents_are_not_normal(others: list[Heuristic], named: str) -> None:
    refusal = VaeHybrid().objection(Company(others))
    assert refusal is not None
    assert named in refusal
    assert "--with normal-latent" in refusal


def test_it_goes_with_normal_latents_which_must_be_chosen() -> None:
    assert VaeHybrid().objection(Company([Hinge(), NormalLatent()])) is None
    assert list(refusals([VaeHybrid(), Hinge(), NormalLatent()])) == []
    assert list(refusals([VaeHybrid(), Hinge()])) == ["'vae-hybrid' makes no sense alone; add --with normal-latent"]
