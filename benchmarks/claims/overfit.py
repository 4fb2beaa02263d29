"""How soon a discriminator knows sixty images by heart, and what keeps it from it.

The discriminator alone is trained, against fakes that stay the same: draws from the Gaussian of scikit-learn's digits.
Two figures say how far it overfits. r_v of Karras et al. 2020 (equation 1) is where held-out digits lie between those
of the training (0) and fakes (1): a share of how well it tells real from fake. The chance that a digit of the training
scores above a held-out one is free of that scale: 0.5 is none.
"""

from collections.abc import Callable
from functools import cache
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

import steadygan as sg
from benchmarks.claims.claim import Arms, Claim
from benchmarks.claims.parts import area_under_curve, digits, networks
from steadygan.heuristics.inputs import diff_augment, horizontal_flip
from steadygan.heuristics.inputs.pipeline import augment
from steadygan.heuristics.objectives import discriminator_cross_entropy
from steadygan.heuristics.overfitting import adjusted_strength, held_out_overfitting, sign_overfitting
from steadygan.heuristics.penalties import answer_gap, flip_and_shift, lecam_anchor, lecam_penalty
from steadygan.heuristics.targets import flip_labels
from steadygan.heuristics.updates import adam

TRAINING, BATCH, STEPS, BEGIN = 60, 32, 300, 50
RECIPE = sg.recipe("dcgan").without("batch-norm", "normal-init")
Images = Callable[[Tensor], Tensor]


@cache
def gaussian() -> tuple[Tensor, Tensor]:
    """The mean of the digits of 8 pixels, and a square root of their covariance."""
    flat = digits(8)[0].flatten(1)
    return flat.mean(0), torch.linalg.cholesky(flat.T.cov() + 1e-3 * torch.eye(64))


def fakes(count: int) -> Tensor:
    """Fakes of 16 pixels, float32 [count, 1, 16, 16]."""
    mean, root = gaussian()
    small = (mean + torch.randn(count, 64) @ root.T).clamp(-1, 1).view(count, 1, 8, 8)
    return small.repeat_interleave(2, 2).repeat_interleave(2, 3)


class Watcher:
    """Adaptive augmentation outside of a run: the package's controller and pipeline, with a quicker pace."""

    def __init__(self) -> None:
        self.strength, self.signs = torch.zeros(()), list[Tensor]()
        self.seen: list[float] = []

    def see(self, images: Tensor) -> Tensor:
        """Augment with the probability of this moment."""
        return augment(images, self.strength)

    def after(self, logits: Tensor) -> None:
        """Measure, and adjust every four moves."""
        self.signs.append(sign_overfitting(logits.detach()))
        self.seen.append(float(self.signs[-1]))
        if len(self.signs) == 4:
            overfitting = torch.stack(self.signs).mean()
            self.strength = adjusted_strength(self.strength, overfitting, 0.6, 4 * BATCH, 4_000)
            self.signs = []


class Anchored:
    """The LeCam penalty outside of a run; it begins after 50 moves."""

    def __init__(self, weight: float) -> None:
        self.weight, self.real, self.fake, self.moves = weight, torch.zeros(()), torch.zeros(()), 0

    def __call__(self, real: Tensor, fake: Tensor) -> Tensor:
        """The penalty; then the anchors follow."""
        begun = self.moves >= BEGIN
        penalty = lecam_penalty(real, fake, self.real, self.fake, self.weight) if begun else real.new_zeros(())
        decay = 0.99 if begun else 0.0
        self.real, self.fake = lecam_anchor(self.real, real, decay), lecam_anchor(self.fake, fake, decay)
        self.moves += 1
        return penalty


def _consistent(network: nn.Module, real: Tensor, fake: Tensor, logits: tuple[Tensor, Tensor]) -> Tensor:
    changed = (network(flip_and_shift(images, flip=False)) for images in (real, fake))
    return sum(answer_gap(old, new).mean() for old, new in zip(logits, changed, strict=True))  # type: ignore[return-value]


class Found(NamedTuple):
    """What a discriminator has become.

    Attributes:
        overfitting: r_v.
        known: the chance that a digit of the training scores above a held-out one.
        signs: mean sign of the logits of real images in the last 50 moves.
    """

    overfitting: float
    known: float
    signs: float


@cache
def overfitted(kind: str, seed: int) -> Found:
    """Train a discriminator with one of the heuristics, or ``plain``."""
    torch.manual_seed(seed)
    images = digits()[0]
    if kind.startswith("mirrored"):
        images = horizontal_flip(images)
    order = torch.randperm(len(images))
    training, held_out = images[order[:TRAINING]], images[order[-1_000:]]
    network = networks(RECIPE, seed).discriminator
    moves = adam(network.parameters(), lr=1e-3)
    watcher, anchored = Watcher(), Anchored(0.3)
    sees: dict[str, Images] = {
        "diff-augment": diff_augment,
        "mirrored horizontal-flip": horizontal_flip,
        "adaptive-augment": watcher.see,
    }
    see = sees.get(kind, lambda images: images)
    for _ in range(STEPS):
        real = see(training[torch.randint(TRAINING, (BATCH,))])
        fake = fakes(BATCH) if kind.startswith("mirrored") else see(fakes(BATCH))
        fake = horizontal_flip(fake) if kind.startswith("mirrored") else fake
        logits = network(real), network(fake)
        targets = torch.ones(BATCH), torch.zeros(BATCH)
        if kind == "noisy-labels":
            targets = flip_labels(targets[0]), flip_labels(targets[1])
        loss = discriminator_cross_entropy(*logits, *targets).mean()
        if kind == "lecam":
            loss = loss + anchored(*logits)
        if kind == "consistency":
            loss = loss + _consistent(network, real, fake, logits)
        moves.zero_grad()
        loss.backward()
        moves.step()
        watcher.after(logits[0])
    with torch.no_grad():
        learnt, unseen, made = (network(each) for each in (training, held_out, fakes(500)))
    overfitting = float(held_out_overfitting(learnt, unseen, made))
    return Found(overfitting, area_under_curve(learnt, unseen), sum(watcher.seen[-50:]) / 50)


def _arms(figure: Literal["overfitting", "known"], without: str, with_: str) -> Callable[[int], Arms]:
    return lambda seed: {
        "without": getattr(overfitted(without, seed), figure),
        "with": getattr(overfitted(with_, seed), figure),
    }


def _off_target(seed: int) -> Arms:
    pair = {"without": "plain", "with": "adaptive-augment"}
    return {name: abs(overfitted(kind, seed).signs - 0.6) for name, kind in pair.items()}


SETTING = f"Discriminator of dcgan without norm, {TRAINING} digits of 16 pixels, {STEPS} steps, fixed fakes"
MIRRORED = "; the data are mirrored at random"
SAID = {
    "diff-augment": (
        "Augmenting both sides keeps a discriminator of few images from overfitting.",
        "Zhao et al. 2020, section 3",
    ),
    "adaptive-augment": ("The same, as strong as overfitting asks for.", "Karras et al. 2020, section 3"),
    "horizontal-flip": ("Mirrored images count as more data.", "Karras et al. 2020, on x-flips"),
    "lecam": ("Answers drawn to those of the other side overfit less.", "Tseng et al. 2021, section 4"),
    "consistency": ("Answers that do not change with the image overfit less.", "Zhang et al. 2019; Zhao et al. 2020"),
    "noisy-labels": ("Flipped labels keep it from overfitting.", "the card: treats discriminator-overfits"),
}


def _claim(name: str, figure: Literal["overfitting", "known"]) -> Claim:
    mirrored = name == "horizontal-flip"
    without, with_ = ("mirrored", f"mirrored {name}") if mirrored else ("plain", name)
    share = figure == "overfitting"
    return Claim(
        name=f"{name}/sixty-images{'' if share else '-known'}",
        says=SAID[name][0],
        source=SAID[name][1],
        setting=SETTING + (MIRRORED if mirrored else ""),
        figure="r_v: 0 where held-out digits are judged as those of the training, 1 as fakes"
        if share
        else "chance that a digit of the training scores above a held-out one",
        better="lower",
        measure=_arms(figure, without, with_),
        least=0.05,
        minutes=0.3,
    )


CLAIMS = (
    *(_claim(name, "overfitting") for name in SAID),
    *(_claim(name, "known") for name in SAID),
    Claim(
        name="adaptive-augment/target",
        says="The controller holds overfitting at its target.",
        source="Karras et al. 2020, section 3 and figure 5",
        setting=SETTING,
        figure="how far the mean sign of real logits is from the target 0.6, over the last 50 moves",
        better="lower",
        measure=_off_target,
        least=0.1,
        minutes=0.3,
    ),
)
