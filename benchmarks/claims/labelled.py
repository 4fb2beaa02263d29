"""Do networks that are given classes use them? Points of ring8, whose modes are the classes.

A discriminator is shown true points with their own class, and others with a wrong one, so that one which is not given
the class stays at chance. A generator is asked for the middle of the mode of its class.
"""

from functools import cache

import torch
from torch import Tensor

import steadygan as sg
from benchmarks.claims.claim import Claim, Theory
from benchmarks.claims.parts import area_under_curve
from steadygan.data.toys import TOYS, toy_points
from steadygan.heuristics.architecture import class_cross_entropy
from steadygan.heuristics.objectives import discriminator_cross_entropy, non_saturating_generator_loss
from steadygan.heuristics.updates import adam
from steadygan.networks import Networks, build
from steadygan.recipe import Recipe

BATCH, STEPS, CLASSES, LATENT = 64, 200, 8, 2
TOY = TOYS["ring8"]
CENTRES = torch.from_numpy(TOY.centres).float()
PLAIN = sg.recipe("naive").with_("leaky-relu").with_("normal-latent", dimension=LATENT)
EMBEDDED = PLAIN.with_("label-embedding", in_discriminator=False)


def networks(recipe: Recipe, seed: int) -> Networks:
    """Dense networks of a recipe that know eight classes."""
    torch.manual_seed(seed)
    return build("mlp", recipe.blueprint.changed(classes=CLASSES), (2,), LATENT, 16)


def points(seed: int) -> tuple[Tensor, Tensor]:
    """Points and their classes."""
    found, labels = toy_points(TOY, BATCH, seed)
    return torch.from_numpy(found), torch.from_numpy(labels)


def fitting(recipe: Recipe, seed: int) -> float:
    """Area under the curve of the logits of new points with their own class, against others with a wrong one."""
    discriminator = networks(recipe, seed).discriminator
    moves = adam(discriminator.parameters(), lr=2e-3)
    answers: list[tuple[Tensor, Tensor]] = []
    for step in range(STEPS + 20):
        (x, y), (other, its) = points(10_000 * seed + 2 * step), points(10_000 * seed + 2 * step + 1)
        wrong = (its + torch.randint(1, CLASSES, its.shape)) % CLASSES
        right, false = discriminator(x, y), discriminator(other, wrong)
        answers.append((right.detach(), false.detach()))
        moves.zero_grad()
        discriminator_cross_entropy(right, false, torch.ones_like(right), torch.zeros_like(false)).mean().backward()
        moves.step()
    return area_under_curve(*(torch.cat(side) for side in zip(*answers[-20:], strict=True)))


def obedient(recipe: Recipe, seed: int) -> float:
    """The share of points nearest to their class's mode, of a generator that is fitted to the modes' middles."""
    generator = networks(recipe, seed).generator
    moves = adam(generator.parameters(), lr=2e-3)
    for _ in range(STEPS):
        labels = torch.randint(CLASSES, (BATCH,))
        moves.zero_grad()
        (generator(torch.randn(BATCH, LATENT), labels) - CENTRES[labels]).square().mean().backward()
        moves.step()
    return _share(generator, seed)


@cache
def taught(by_class: bool, seed: int) -> float:
    """The same, of a generator that a discriminator teaches: by its class logits, or by real and fake alone."""
    made = networks(EMBEDDED.with_("auxiliary-classifier"), seed)
    moves, answers = (adam(each.parameters(), lr=2e-3) for each in (made.discriminator, made.generator))
    exact = torch.eye(CLASSES)
    for step in range(2 * STEPS):
        x, y = points(10_000 * seed + step)
        labels = torch.randint(CLASSES, (BATCH,))
        fake = made.generator(torch.randn(BATCH, LATENT), labels)
        real, false = made.discriminator.discriminate(x), made.discriminator.discriminate(fake.detach())
        targets = torch.ones(BATCH), torch.zeros(BATCH)
        loss = discriminator_cross_entropy(real.logits, false.logits, *targets).mean()
        moves.zero_grad()
        (loss + class_cross_entropy(real.class_logits, exact[y])).backward()
        moves.step()
        answer = made.discriminator.discriminate(fake)
        loss = non_saturating_generator_loss(answer.logits).mean()
        answers.zero_grad()
        (loss + class_cross_entropy(answer.class_logits, exact[labels]) if by_class else loss).backward()
        answers.step()
    return _share(made.generator, seed)


def _share(generator: torch.nn.Module, seed: int) -> float:
    labels = torch.arange(CLASSES).repeat(100)
    with torch.no_grad():
        made = generator(torch.randn(len(labels), LATENT), labels)
    return float((torch.cdist(made, CENTRES).argmin(1) == labels).float().mean())


def _fits(name: str, says: str, source: str, with_: Recipe) -> Claim:
    return Claim(
        name=f"{name}/fits",
        says=says,
        source=source,
        setting=f"Discriminator alone, {STEPS} steps: points of ring8 with their class, and others with a wrong one",
        figure="area under the curve of new points (0.5 is chance)",
        better="higher",
        measure=lambda seed: {"without": fitting(PLAIN, seed), "with": fitting(with_, seed)},
        least=0.3,
    )


OBEYS = "share of points nearest to the mode of their class (0.125 is chance)"
CLAIMS = (
    _fits(
        "label-embedding",
        "A discriminator that is given the class sees whether a point fits it.",
        "Mirza and Osindero 2014, section 3.2",
        PLAIN.with_("label-embedding"),
    ),
    _fits(
        "projection",
        "The product of features and a vector of the class says whether a point fits it.",
        "Miyato and Koyama 2018, section 3",
        EMBEDDED.with_("projection"),
    ),
    Claim(
        name="conditional-batch-norm/obeys",
        says="Scales and shifts of each class are enough to tell a generator its class.",
        source="Dumoulin et al. 2016, section 2.2",
        setting=f"Generator fitted to the middles of ring8's modes, {STEPS} steps; without: batch norm, no label",
        figure=OBEYS,
        better="higher",
        measure=lambda seed: {
            "without": obedient(PLAIN.with_("batch-norm"), seed),
            "with": obedient(PLAIN.change(add=["batch-norm", "conditional-batch-norm", "projection"]), seed),
        },
        least=0.5,
        theory=Theory(1.0, 0.02),
    ),
    Claim(
        name="auxiliary-classifier/obeys",
        says="A discriminator that names classes makes the generator obey.",
        source="Odena et al. 2016, section 3",
        setting=f"ring8, both players, {2 * STEPS} steps, labels in the generator; without: no such loss for it",
        figure=OBEYS,
        better="higher",
        measure=lambda seed: {"without": taught(False, seed), "with": taught(True, seed)},
        least=0.5,
    ),
)
