"""Semi-supervised learning on scikit-learn's digits: accuracy from five labels a class, with and without a GAN."""

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor, nn

from benchmarks.claims.claim import Arms, Claim
from benchmarks.claims.parts import digits
from steadygan.heuristics.architecture import class_cross_entropy, semi_supervised_logit
from steadygan.heuristics.objectives import (
    discriminator_cross_entropy,
    feature_matching_loss,
    non_saturating_generator_loss,
)
from steadygan.heuristics.updates import adam

LABELS, STEPS, BATCH, LATENT = 5, 3_000, 64, 32


class Classifier(nn.Module):
    """Dense, of ten classes; its last hidden layer is what features are."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Sequential(nn.Linear(64, 128), nn.LeakyReLU(0.2), nn.Linear(128, 128), nn.LeakyReLU(0.2))
        self.answer = nn.Linear(128, 10)

    def forward(self, images: Tensor) -> Tensor:
        """Logits of the classes."""
        return self.answer(self.hidden(images + 0.3 * torch.randn_like(images) if self.training else images))


@cache
def error(kind: str, seed: int) -> float:
    """The share of 597 held-out digits that are taken for another, after training of a kind."""
    torch.manual_seed(seed)
    images, labels = digits(8)
    images, order = images.flatten(1), torch.randperm(len(images))
    known = torch.cat([order[:1_200][labels[order[:1_200]] == each][:LABELS] for each in range(10)])
    network = Classifier()
    generator = nn.Sequential(
        nn.Linear(LATENT, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Linear(128, 128), nn.BatchNorm1d(128), nn.ReLU(),
        nn.Linear(128, 64), nn.Tanh(),
    )  # fmt: skip
    moves, answers = adam(network.parameters(), lr=1e-3), adam(generator.parameters(), lr=1e-3)
    targets = torch.eye(10)[labels[known]]
    for _ in range(STEPS):
        loss = class_cross_entropy(network(images[known]), targets)
        if kind != "labels":
            real, fake = images[order[torch.randint(1_200, (BATCH,))]], generator(torch.randn(BATCH, LATENT))
            logits = [semi_supervised_logit(network(each)) for each in (real, fake.detach())]
            loss = loss + discriminator_cross_entropy(*logits, torch.ones(BATCH), torch.zeros(BATCH)).mean()
        moves.zero_grad()
        loss.backward()
        moves.step()
        if kind == "labels":
            continue
        if kind == "feature-matching":
            loss = feature_matching_loss(network.hidden(real), network.hidden(fake)) / 128
        else:
            loss = non_saturating_generator_loss(semi_supervised_logit(network(fake))).mean()
        answers.zero_grad()
        loss.backward()
        answers.step()
    network.eval()
    with torch.no_grad():
        return float((network(images[order[1_200:]]).argmax(1) != labels[order[1_200:]]).float().mean())


def _arms(without: str, with_: str) -> Callable[[int], Arms]:
    return lambda seed: {"without": error(without, seed), "with": error(with_, seed)}


SEEDS = tuple(range(10))
SETTING = f"Scikit-learn's digits, dense networks, {LABELS} labels a class, {STEPS:,} steps"
FIGURE = "error on 597 held-out digits"

CLAIMS = (
    Claim(
        name="semi-supervised/digits",
        says="Images without labels and a generator teach a classifier that has few labels.",
        source="Salimans et al. 2016, section 5",
        setting=f"{SETTING}, feature matching; without: the labelled images alone",
        figure=FIGURE,
        better="lower",
        minutes=0.3,
        measure=_arms("labels", "feature-matching"),
        seeds=SEEDS,
    ),
    Claim(
        name="feature-matching/digits",
        says="For semi-supervised learning the generator does better by matching features.",
        source="Salimans et al. 2016, sections 5 and 6.1",
        setting=f"{SETTING}; without: the non-saturating loss",
        figure=FIGURE,
        better="lower",
        minutes=0.3,
        measure=_arms("non-saturating", "feature-matching"),
        seeds=SEEDS,
    ),
)
