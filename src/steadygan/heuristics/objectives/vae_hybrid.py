"""A variational autoencoder that shares its decoder with the generator."""

from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from steadygan.blueprint import Blueprint
from steadygan.heuristics.base import Company
from steadygan.heuristics.card import Card, Source
from steadygan.heuristics.latents import NormalLatent
from steadygan.heuristics.moments import AddsLoss, Designs
from steadygan.heuristics.roles import LatentHeuristic, ObjectiveModifier
from steadygan.heuristics.turn import Turn
from steadygan.vocabulary import Failure, Player, Side


def kl_to_standard_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Kullback-Leibler divergence of N(mean, diag(exp(log_variance))) from N(0, I).

    Args:
        mean: float32 [N, D].
        log_variance: float32 [N, D].

    Returns:
        float32 [N], at least 0: Σ (mean² + exp(log_variance) - 1 - log_variance) / 2.

    Source: Larsen et al. 2015, section 2.1.
    """
    # expm1, because near the prior the terms almost cancel.
    return 0.5 * (mean.square() + torch.expm1(log_variance) - log_variance).sum(1)


def reparameterise(mean: Tensor, log_variance: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Draw from N(mean, diag(exp(log_variance))) so that gradients reach both.

    Args:
        mean: float32 [N, D].
        log_variance: float32 [N, D].
        generator: source of randomness; the global one when None.

    Returns:
        float32 [N, D]: mean + exp(log_variance / 2) ε, ε ~ N(0, I).

    Source: Larsen et al. 2015, section 2.1.
    """
    noise = torch.randn(mean.shape, generator=generator, dtype=mean.dtype, device=mean.device)
    return mean + torch.exp(0.5 * log_variance) * noise


def reconstruction_error(features: Tensor, reconstructed: Tensor) -> Tensor:
    """Mean squared difference of the features of images and of their reconstructions.

    Args:
        features: float32 [N, F] of the images; no gradients flow into them.
        reconstructed: float32 [N, F] of the reconstructions.

    Returns:
        float32 [N].

    Source: Larsen et al. 2015, section 2.3, up to a factor F / 2.
    """
    return (features.detach() - reconstructed).square().mean(1)


class VaeHybrid(ObjectiveModifier, Designs, AddsLoss):
    """A variational autoencoder whose decoder is the generator."""

    name: ClassVar[str] = "vae-hybrid"
    uses_features: ClassVar[bool] = True
    needs: ClassVar[tuple[str, ...]] = ("normal-latent",)
    card: ClassVar[Card] = Card(
        summary="An encoder maps real images to latents from which the generator must make them again.",
        formula="L_G += weight · (E ‖f(x) - f(G(z))‖² / F + kl_weight · 2 / F · E KL(q(z|x) ‖ N(0, I))), z ~ q(z|x)",
        sources=(
            Source(citation="larsen2015vaegan", where="section 2 and algorithm 1"),
            Source(citation="chintala2016ganhacks", where="item 7"),
        ),
        treats=(Failure.MODE_DROPPING, Failure.MODE_COLLAPSE),
        cost=(
            "an encoder as large as the discriminator, and in the generator's move one more pass of the generator and "
            "two of the discriminator"
        ),
        example=(
            "from steadygan.heuristics.objectives import kl_to_standard_normal, reconstruction_error, reparameterise\n"
            "mean, log_variance = z, torch.zeros_like(z)  # what an encoder says of real images\n"
            "again, features = generator(reparameterise(mean, log_variance)), discriminator[:-2]\n"
            "kl = 2 / features(real).shape[1] * kl_to_standard_normal(mean, log_variance)\n"
            "loss = (reconstruction_error(features(real), features(again)) + kl).mean()"
        ),
        note=(
            "Everything of the paper's is divided by half the number F of features, so that weights do not depend on "
            "the width; kl_weight 1 is its encoder, weight its γ (which only the decoder feels there, and only the "
            "decoder here too where the optimiser does not mind the scale of gradients, as Adam does not). The paper "
            "also shows reconstructions to the discriminator as fakes; here it judges images from the prior alone, "
            "because those are what is sampled. Images and reconstructions are compared as they are: noise and "
            "augmentation would treat the two differently."
        ),
    )
    weight: float = Field(0.1, gt=0)
    kl_weight: float = Field(1.0, gt=0)

    def objection(self, company: Company) -> str | None:
        """Refuses other latents than those of N(0, I), to which the encoder is drawn."""
        latent = company.get(LatentHeuristic)
        if latent is None or isinstance(latent, NormalLatent):
            return None  # that there must be one is among its needs
        return (
            f"'vae-hybrid' pulls its encoder to normal latents, and '{latent.name}' draws from elsewhere; "
            "add --with normal-latent"
        )

    def design(self, blueprint: Blueprint) -> Blueprint:
        """Add an encoder."""
        return blueprint.changed(encoder=True)

    def loss_term(self, turn: Turn) -> Tensor | None:
        """The autoencoder's loss in the generator's move, which also trains the encoder."""
        if turn.player is not Player.GENERATOR:
            return None
        real = turn.images(Side.REAL).float()
        mean, log_variance = turn.state.companion("encoder")(real).float().chunk(2, dim=1)
        labels, takes_labels = _labels(turn)
        again = turn.generate(reparameterise(mean, log_variance), labels if takes_labels else None)
        with torch.no_grad():
            features = turn.discriminate(real, labels).features
        error = reconstruction_error(features, turn.discriminate(again, labels).features).mean()
        divergence = kl_to_standard_normal(mean, log_variance).mean()
        turn.log("vae-hybrid/reconstruction", error)
        turn.log("vae-hybrid/kl", divergence)
        return self.weight * (error + self.kl_weight * 2 / features.shape[1] * divergence)


def _labels(turn: Turn) -> tuple[Tensor | None, bool]:
    """Classes of the real images, those of the fakes where unknown; and whether the generator takes any."""
    real, fake = turn.labels(Side.REAL), turn.labels(Side.FAKE)
    if real is None or fake is None:
        return (real if fake is None else fake), fake is not None
    return torch.where(real >= 0, real, fake), True
