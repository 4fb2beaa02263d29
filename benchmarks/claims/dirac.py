"""The Dirac-GAN: which games converge, by how much in a step, and whether it is what the eigenvalues say."""

from dataclasses import replace
from functools import cache

import numpy as np
from torch import Tensor

from benchmarks.claims.claim import Arms, Claim, Theory
from benchmarks.claims.game import BILINEAR, Rules, distance, factor_per_step, gradient_descent, play, starts
from steadygan.heuristics.inputs import instance_noise
from steadygan.heuristics.objectives import relativistic_loss
from steadygan.heuristics.penalties import gradient_penalty, r1_penalty, r2_penalty
from steadygan.heuristics.updates import adam, linear_decay, two_time_scales
from steadygan.vocabulary import Player

SEEDS = tuple(range(20))
STEPS, LR, GAMMA = 1_000, 0.1, 0.5
MESCHEDER = "Mescheder et al. 2018"
FACTOR = "factor by which the distance to the solution changes in a step, late in the game"


RULES = {
    "plain": Rules(),
    "r1": Rules(penalty=lambda critic, real, fake: r1_penalty(critic(real), real, GAMMA)),
    "r2": Rules(penalty=lambda critic, real, fake: r2_penalty(critic(fake), fake, GAMMA)),
    "gradient-penalty": Rules(
        **BILINEAR, penalty=lambda critic, real, fake: gradient_penalty(critic, real, fake, weight=1.0)
    ),
    "wasserstein and r1": Rules(**BILINEAR, penalty=lambda critic, real, fake: r1_penalty(critic(real), real, GAMMA)),
    "noise": Rules(see=lambda points: instance_noise(points, 1.0), points=256),
    "relativistic": Rules(
        discriminator_loss=relativistic_loss, generator_loss=lambda real, fake: relativistic_loss(fake, real)
    ),
    "adam 0.5": Rules(update=lambda weights: adam(weights, lr=0.01)),
    "adam 0.9": Rules(update=lambda weights: adam(weights, lr=0.01, betas=(0.9, 0.999))),
}


def _paced(rules: Rules) -> Rules:
    """With the rates of two-time-scales; the discriminator's optimiser is the one that is made second."""
    factors = iter((two_time_scales(Player.GENERATOR), two_time_scales(Player.DISCRIMINATOR)))
    return replace(rules, update=lambda weights: gradient_descent(LR * next(factors))(weights))


@cache
def path(name: str, steps: int = STEPS) -> Tensor:
    """The games of all seeds under these rules, [steps + 1, N, 2]."""
    both = "r1 and r2"
    rules = {
        "two-time-scales": lambda: _paced(RULES["plain"]),
        "two-time-scales and r1": lambda: _paced(RULES["r1"]),
        both: lambda: replace(
            RULES["relativistic"],
            penalty=lambda critic, real, fake: (
                r1_penalty(critic(real), real, GAMMA) + r2_penalty(critic(fake), fake, GAMMA)
            ),
        ),
        "noisy r1": lambda: replace(RULES["noise"], penalty=RULES["r1"].penalty),
        "decay": lambda: replace(
            RULES["noise"], factor=lambda step: float(linear_decay(step, start=steps // 2, images=steps))
        ),
        "adam 0.5 and r1": lambda: replace(RULES["adam 0.5"], penalty=RULES["r1"].penalty),
        "adam 0.9 and r1": lambda: replace(RULES["adam 0.9"], penalty=RULES["r1"].penalty),
    }
    return play(rules[name]() if name in rules else RULES[name], starts(len(SEEDS)), steps)


def factors(without: str, with_: str, seed: int) -> Arms:
    """The factors per step."""
    return {
        "without": float(factor_per_step(path(without))[seed]),
        "with": float(factor_per_step(path(with_))[seed]),
    }


def remains(without: str, with_: str, seed: int, steps: int = STEPS) -> Arms:
    """Mean distance in the last tenth."""
    tenth = steps // 10
    return {
        name: float(distance(path(rules, steps))[-tenth:, seed].mean())
        for name, rules in {"without": without, "with": with_}.items()
    }


def eigenvalue(gamma: float, critic: float = LR, generator: float = LR) -> float:
    """The largest modulus of an eigenvalue of one alternating step at the solution, with a penalty of weight gamma.

    There the discriminator's gradient is θ / 2 + γ ψ and the generator's -ψ / 2.
    """
    first = np.array([[1, 0], [-critic / 2, 1 - critic * gamma]])
    second = np.array([[1, generator / 2], [0, 1]])
    return float(np.abs(np.linalg.eigvals(second @ first)).max())


CLAIMS = (
    Claim(
        name="r1/dirac",
        says="With r1 the Dirac-GAN converges, at the rate of its eigenvalues; without, it keeps circling.",
        source=f"{MESCHEDER}, sections 2 and 4.1",
        setting=f"Dirac-GAN, non-saturating, alternating steps of {LR}, gamma {GAMMA}, {STEPS:,} steps",
        figure=FACTOR,
        better="lower",
        measure=lambda seed: factors("plain", "r1", seed),
        least=0.01,
        theory=Theory(eigenvalue(GAMMA), 0.001),
        seeds=SEEDS,
    ),
    Claim(
        name="r2/dirac",
        says="With r2 the Dirac-GAN converges just as with r1.",
        source=f"{MESCHEDER}, section 4.1",
        setting=f"Dirac-GAN, non-saturating, alternating steps of {LR}, gamma {GAMMA}, {STEPS:,} steps",
        figure=FACTOR,
        better="lower",
        measure=lambda seed: factors("plain", "r2", seed),
        least=0.01,
        theory=Theory(eigenvalue(GAMMA), 0.001),
        seeds=SEEDS,
    ),
    Claim(
        name="relativistic/dirac",
        says="Unpenalised it need not converge; with r1 and r2 it does.",
        source="Huang et al. 2025 (R3GAN), propositions I and II",
        setting=f"Dirac-GAN, alternating steps of {LR}; without: unpenalised, with: r1 and r2 of gamma {GAMMA}",
        figure=FACTOR,
        better="lower",
        measure=lambda seed: factors("relativistic", "r1 and r2", seed),
        least=0.01,
        theory=Theory(eigenvalue(2 * GAMMA), 0.001),
        seeds=SEEDS,
    ),
    Claim(
        name="gradient-penalty/dirac",
        says="With a finite number of critic moves it does not converge, where r1 does.",
        source=f"{MESCHEDER}, section 3.2",
        setting=f"Dirac-GAN, Wasserstein losses, one critic move of {LR}, weight 1; without: r1 instead",
        figure="mean distance to the solution in the last tenth (more is as claimed)",
        better="higher",
        measure=lambda seed: remains("wasserstein and r1", "gradient-penalty", seed),
        least=0.05,
        # Twice the weight: beside ψ = 0 the penalty pushes with -2 λ sign ψ, which a point at θ = 2 λ balances.
        theory=Theory(2.0, 0.05),
        seeds=SEEDS,
    ),
    Claim(
        name="instance-noise/dirac",
        says="With noise on both sides the Dirac-GAN converges.",
        source=f"{MESCHEDER}, section 3.3",
        setting=f"Dirac-GAN, non-saturating, steps of {LR}, noise of 1, 256 points a side, {STEPS:,} steps",
        figure="mean distance to the solution in the last tenth",
        better="lower",
        measure=lambda seed: remains("plain", "noise", seed),
        scale="ratio",
        least=5.0,
        seeds=SEEDS,
    ),
    Claim(
        name="two-time-scales/dirac",
        says="Two time-scales by themselves make the game converge to a local Nash equilibrium.",
        source="Heusel et al. 2017, theorem 1 (whose rates fall to 0)",
        setting=f"Dirac-GAN, non-saturating, alternating steps of {LR} times 2 and 0.5, no penalty",
        figure=FACTOR,
        better="lower",
        measure=lambda seed: factors("plain", "two-time-scales", seed),
        least=0.01,
        seeds=SEEDS,
    ),
    Claim(
        name="two-time-scales/dirac-r1",
        says="Beside a penalty a quicker discriminator makes the game converge faster.",
        source="Heusel et al. 2017, section 2",
        setting=f"Dirac-GAN, r1 of gamma {GAMMA}, steps of {LR}; without: one rate, with: times 2 and 0.5",
        figure=FACTOR,
        better="lower",
        measure=lambda seed: factors("r1", "two-time-scales and r1", seed),
        least=0.01,
        theory=Theory(eigenvalue(GAMMA, 2 * LR, LR / 2), 0.001),
        seeds=SEEDS,
    ),
    Claim(
        name="lr-decay/dirac",
        says="With rates that fall to 0 the players come to rest.",
        source="Gulrajani et al. 2017 and Miyato et al. 2018, their code",
        setting=f"Dirac-GAN with instance noise, whose 256 draws keep it moving; steps of {LR} that fall to 0",
        figure="mean distance to the solution in the last tenth",
        better="lower",
        measure=lambda seed: remains("noise", "decay", seed),
        scale="ratio",
        least=1.5,
        seeds=SEEDS,
    ),
    Claim(
        name="adam/dirac",
        says="A beta1 of 0.9 oscillates; 0.5 is steadier.",
        source="Radford et al. 2015, section 4",
        setting="Dirac-GAN, r1 of gamma 0.5, Adam with steps of 0.01, 2,000 steps; without: beta1 0.9",
        figure="mean distance to the solution in the last tenth",
        better="lower",
        measure=lambda seed: remains("adam 0.9 and r1", "adam 0.5 and r1", seed, 2_000),
        scale="ratio",
        least=1.5,
        seeds=SEEDS,
    ),
)


def pictured() -> dict[str, Tensor]:
    """Paths of the first seed for the picture, by what they are, [steps, 2] each."""
    names = {
        "no penalty": "plain",
        "r1": "r1",
        "r2": "r2",
        "gradient-penalty": "gradient-penalty",
        "instance-noise": "noise",
        "relativistic": "relativistic",
        "relativistic, r1, r2": "r1 and r2",
        "r1, two-time-scales": "two-time-scales and r1",
    }
    return {shown: path(rules)[:, 0] for shown, rules in names.items()}
