"""Three recipes written out as a loop of plain PyTorch, from their papers' formulas, beside the package's steps.

The loop shares with the package the networks' layers (in the slow way of :mod:`tests.eager`), their first weights and
the order of the real images, and nothing of how a step is made. Losses and weights are compared after every step, in
float64; for the tolerances see :mod:`tests.training.test_eager`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from steadygan.recipe import Recipe
from steadygan.training.state import TrainingState
from steadygan.vocabulary import Player
from tests import tiny
from tests.eager import STEPS, State, doubled, farthest, new_training_state, played, slow_

BATCH, LATENT = 6, 100
GAMMA, EVERY = 0.02, 2
"""Of r1 and r2; the recipe ``steady`` has them in every fourth move, which three steps would not show."""
RAMP_UP = 0.05
LOSS = 1e-10
STEP = 1e-6
"""How far a weight may be off, beside the learning rate."""
EPS = 1e-8
RATES = {"naive": 1e-3, "dcgan": 2e-4, "steady": 5e-4}
BETAS = {"naive": (0.9, 0.999), "dcgan": (0.5, 0.999), "steady": (0.0, 0.99)}


@dataclass
class Hand:
    """What the loop holds.

    Attributes:
        generator: its network.
        discriminator: the other one.
        average: weights and buffers of the generator's average.
        optimizers: the discriminator's, and the generator's.
        reals: gives the next real images.
        moves: that the discriminator has made.
    """

    generator: nn.Module
    discriminator: nn.Module
    average: dict[str, Tensor]
    optimizers: tuple[torch.optim.Optimizer, torch.optim.Optimizer]
    reals: Callable[[], Tensor]
    moves: int = 0

    def minimise(self, loss: Tensor, player: int) -> None:
        """Move the discriminator (0) or the generator (1)."""
        self.generator.zero_grad()
        self.discriminator.zero_grad()
        torch.autograd.backward(loss)
        self.optimizers[player].step()


def _hand(state: TrainingState, name: str) -> Hand:
    slow_(state)
    networks = [state.networks[player] for player in (Player.DISCRIMINATOR, Player.GENERATOR)]
    rate, betas, eps = RATES[name], BETAS[name], EPS
    one, other = (
        torch.optim.Adam(network.parameters(), lr=rate, betas=betas, eps=eps, foreach=False, fused=False)
        for network in networks
    )
    average = {key: each.clone() for key, each in networks[1].state_dict().items()}
    return Hand(networks[1], networks[0], average, (one, other), lambda: state.next_real().images)


def _log(probability_of: Tensor) -> Tensor:
    """log σ of logits, and so log (1 - σ) of their negatives."""
    return F.logsigmoid(probability_of)


def _naive(hand: Hand) -> tuple[float, float]:
    """min over G, max over D of E log D(x) + E log(1 - D(G(z))): Goodfellow et al. 2014, equation 1; z from a cube."""
    real = hand.reals()
    fake = hand.generator(2 * torch.rand(BATCH, LATENT) - 1).detach()
    loss = -(_log(hand.discriminator(real)).mean() + _log(-hand.discriminator(fake)).mean())
    hand.minimise(loss, 0)
    fooled = _log(-hand.discriminator(hand.generator(2 * torch.rand(BATCH, LATENT) - 1))).mean()
    hand.minimise(fooled, 1)
    return loss.item(), fooled.item()


def _dcgan(hand: Hand) -> tuple[float, float]:
    """The same for D; G maximises log D(G(z)). Goodfellow et al. 2014, section 3; Radford et al. 2015, section 4.

    Both players answer for the same fakes, as in the authors' code for Torch.
    """
    real = hand.reals()
    made = hand.generator(2 * torch.rand(BATCH, LATENT) - 1)
    loss = -(_log(hand.discriminator(real)).mean() + _log(-hand.discriminator(made.detach())).mean())
    hand.minimise(loss, 0)
    fooled = -_log(hand.discriminator(made)).mean()
    hand.minimise(fooled, 1)
    return loss.item(), fooled.item()


def _steady(hand: Hand) -> tuple[float, float]:
    """E softplus(D(G(z)) - D(x)), for G with the sides exchanged, and for D γ/2 E ‖∇D‖² at both.

    Huang et al. 2025, section 2. The penalties come in every second move, twice as heavy; both players answer for the
    same fakes.
    """
    real = hand.reals().requires_grad_()
    made = hand.generator(torch.randn(BATCH, LATENT))
    fake = made.detach().requires_grad_()
    of_real, of_fake = hand.discriminator(real), hand.discriminator(fake)
    loss = F.softplus(of_fake - of_real).mean()
    total = loss
    if hand.moves % EVERY == 0:
        for logits, images in ((of_real, real), (of_fake, fake)):
            (slope,) = torch.autograd.grad(logits.sum(), images, create_graph=True)
            total = total + EVERY * GAMMA / 2 * slope.pow(2).sum((1, 2, 3)).mean()
    hand.minimise(total, 0)
    hand.moves += 1
    fooled = F.softplus(hand.discriminator(hand.reals()) - hand.discriminator(made)).mean()
    hand.minimise(fooled, 1)
    # The half-life is at most this share of the images seen; it grows to its 10,000 only later.
    decay = 0.5 ** (BATCH / (RAMP_UP * BATCH * hand.moves))
    for name, now in hand.generator.state_dict().items():
        old = hand.average[name]
        old.copy_(decay * old + (1 - decay) * now if now.is_floating_point() else now)
    return loss.item(), fooled.item()


STEP_OF = {"naive": _naive, "dcgan": _dcgan, "steady": _steady}


def _recipe(name: str) -> Recipe:
    chosen = tiny.small(name, batch=BATCH)
    return chosen.change(values={"r1.every": EVERY, "r2.every": EVERY}) if name == "steady" else chosen


def _ours(name: str) -> list[State]:
    return played(_recipe(name), torch.float64)


def _by_hand(name: str) -> list[dict[str, Any]]:
    found = []
    with doubled():
        hand = _hand(new_training_state(_recipe(name)), name)
        for _ in range(STEPS):
            losses = STEP_OF[name](hand)
            networks = {"generator": hand.generator, "discriminator": hand.discriminator}
            weights = {
                f"{of} {key}": each.clone() for of, net in networks.items() for key, each in net.state_dict().items()
            }
            if name == "steady":
                weights |= {f"averaged {key}": each.clone() for key, each in hand.average.items()}
            found.append({"losses": losses, "weights": weights})
    return found


@pytest.mark.parametrize("name", STEP_OF)
def test_steps_are_those_of_a_loop_written_by_hand(name: str) -> None:
    for ours, truth in zip(_ours(name), _by_hand(name), strict=True):
        measured = [ours.row[f"{player.value}/loss"] for player in (Player.DISCRIMINATOR, Player.GENERATOR)]
        assert measured == pytest.approx(list(truth["losses"]), rel=LOSS)
        assert farthest(ours.weights, truth["weights"]) < STEP * RATES[name]


@pytest.mark.parametrize(("key", "wrong"), [("GAMMA", 0.0201), ("EVERY", 1), ("RAMP_UP", 0.051)])
def test_a_loop_with_another_number_ends_elsewhere(key: str, wrong: float, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = _ours("steady")[0]
    monkeypatch.setitem(globals(), key, wrong)
    truth = _by_hand("steady")[0]
    assert farthest(ours.weights, truth["weights"]) > STEP * RATES["steady"]
