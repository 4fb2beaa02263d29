"""What is claimed of modes, tried in the plane."""

from collections.abc import Callable
from typing import Literal

from benchmarks.claims.claim import Claim
from benchmarks.claims.planes import BASE, Plane, arms, good_modes, high_quality, modes, notebook, of_its_class
from steadygan.recipe import Recipe

LONG = 0.7
"""About how many minutes a seed takes."""
EVEN = "modes found, weighed by how evenly (exponential of the entropy)"
DENSE = "dense networks, non-saturating, Adam of 0.001, 4,000 steps of 256"
GENERATOR_ALONE = BASE.with_("label-embedding", in_discriminator=False)
NOTEBOOK = (
    BASE.with_("normal-latent", dimension=256)
    .with_("adam", lr=1e-4)
    .with_("two-time-scales", discriminator=1, generator=10)
)
WGAN = BASE.with_("wasserstein").with_("adam", lr=1e-3, betas=(0.0, 0.9)).with_("alternate", discriminator_moves=5)


def _plane(
    name: str,
    says: str,
    source: str,
    setting: str,
    without: Plane,
    with_: Plane,
    figure: tuple[Callable[[Plane, int], float], str] = (good_modes, EVEN),
    least: float = 1.0,
    better: Literal["lower", "higher"] = "higher",
    minutes: float = LONG,
) -> Claim:
    return Claim(
        name=name,
        says=says,
        source=source,
        setting=setting,
        figure=figure[1],
        better=better,
        measure=arms(figure[0], without, with_),
        least=least,
        minutes=minutes,
    )


def _added(name: str, says: str, source: str, toy: str = "grid25", **parameters: object) -> Claim:
    return _plane(
        f"{name}/{toy}",
        says,
        source,
        f"{toy}, {DENSE}",
        Plane(BASE, toy),
        Plane(BASE.with_(name, **parameters), toy),
    )


def _labelled(name: str, says: str, source: str, with_: Recipe) -> Claim:
    return _plane(
        f"{name}/ring8-classes",
        says,
        source,
        f"ring8 with its modes as classes, {DENSE}, 2,000 steps; without: labels in the generator alone",
        Plane(GENERATOR_ALONE, "ring8", 2_000, labels=True),
        Plane(with_, "ring8", 2_000, labels=True),
        CLASSES,
        0.5,
    )


CLASSES = (of_its_class, "share of points nearest to the mode of their class")
QUALITY = (high_quality, "share of points within three deviations of a mode")

CLAIMS = (
    _plane(
        "unrolled/ring8",
        "A generator that sees the discriminator's answer coming finds all modes of a ring.",
        "Metz et al. 2016, section 3.1",
        "ring8, the networks and rates of the paper's notebook, batches of 512, 8,000 steps, 5 unrolled steps",
        Plane(NOTEBOOK.set("batch", 512), "ring8", 8_000, notebook),
        Plane(NOTEBOOK.set("batch", 512).with_("unrolled", steps=5), "ring8", 8_000, notebook),
        (modes, "modes with a point of high quality, of 8"),
        1.0,
        minutes=3.0,
    ),
    _added("packing", "Discriminators of pairs find more modes.", "Lin et al. 2017, section 4.1"),
    _added(
        "minibatch-discrimination", "The generator collapses less.", "Salimans et al. 2016, section 3.2", kernels=16
    ),
    _added("minibatch-stddev", "The generator collapses less.", "Karras et al. 2017, section 3"),
    _added("relativistic", "Pairs have no local minima in which modes are dropped.", "Huang et al. 2025, section 2"),
    _added("relativistic-average", "Judged against the average, more modes.", "Jolicoeur-Martineau 2018, section 4"),
    _added("mode-seeking", "Latents that are apart give points that are apart: more modes.", "Mao et al. 2019"),
    _added("dragan", "Fewer modes are dropped.", "Kodali et al. 2017, section 3.2", weight=1.0),
    _added("vae-hybrid", "An encoder makes the generator cover the data.", "Larsen et al. 2015; ganhacks, item 7"),
    _added("larger-discriminator", "A discriminator that is wider sees more.", "Goodfellow 2016, section 4.4"),
    _added("generator-dropout", "Dropout in the generator keeps it from collapse.", "ganhacks, item 17"),
    _added("generator-noise", "Noise in the generator keeps it from collapse.", "ganhacks, item 13"),
    _added("experience-replay", "Past fakes keep modes from being forgotten.", "ganhacks, item 8"),
    _added("past-checkpoints", "Past opponents keep modes from being forgotten.", "ganhacks, item 8"),
    _plane(
        "normal-latent/grid25",
        "Normal latents are better than uniform ones.",
        "ganhacks, item 3",
        f"grid25, {DENSE}; without: uniform latents",
        Plane(BASE.with_("uniform-latent", dimension=2)),
        Plane(BASE),
    ),
    _added("balance", "More moves for the player who is behind: better balance.", "ganhacks, item 11"),
    _plane(
        "gradient-penalty/grid25",
        "The penalty lets a critic learn all modes, where clipped weights learn a blur.",
        "Gulrajani et al. 2017, section 3.1",
        "grid25, dense networks, Wasserstein, five critic moves, 1,500 steps; without: weights clipped to 0.01",
        Plane(WGAN.with_("weight-clipping"), steps=1_500),
        Plane(WGAN.with_("gradient-penalty", weight=0.1), steps=1_500),
    ),
    _plane(
        "top-k/grid25",
        "Learning from the best fakes alone puts more points on modes.",
        "Sinha et al. 2020, section 4.1",
        f"grid25, {DENSE}, packs of 2; k falls to half within a third of the run",
        Plane(BASE.with_("packing")),
        Plane(BASE.with_("packing").with_("top-k", images=350_000)),
        QUALITY,
        0.02,
    ),
    _plane(
        "uniform-latent/grid25",
        "Uniform latents are no worse (the choice of the DCGAN paper).",
        "Radford et al. 2015",
        f"grid25, {DENSE}; without: normal latents",
        Plane(BASE),
        Plane(BASE.with_("uniform-latent", dimension=2)),
        least=-1.0,
    ),
    _plane(
        "sgd-discriminator/grid25",
        "Plain gradient descent for the discriminator, Adam for the generator, works better.",
        "ganhacks, item 9",
        f"grid25, {DENSE}; with: SGD of 0.01 for the discriminator",
        Plane(BASE),
        Plane(BASE.with_("sgd-discriminator")),
    ),
    _labelled(
        "label-embedding",
        "Labels in both networks make points of the class that is asked for.",
        "Mirza and Osindero 2014",
        BASE.with_("label-embedding"),
    ),
    _labelled(
        "projection",
        "A projection in the logit makes points of the class that is asked for.",
        "Miyato and Koyama 2018",
        GENERATOR_ALONE.with_("projection"),
    ),
    _labelled(
        "auxiliary-classifier",
        "A discriminator that names classes makes the generator obey.",
        "Odena et al. 2016",
        GENERATOR_ALONE.with_("auxiliary-classifier"),
    ),
    _plane(
        "conditional-batch-norm/ring8-classes",
        "Scales and shifts of each class tell the generator its class as well as an embedding does.",
        "Dumoulin et al. 2016; Miyato and Koyama 2018",
        f"ring8 with its modes as classes, {DENSE}, 2,000 steps, projection; without: label-embedding",
        Plane(GENERATOR_ALONE.with_("projection"), "ring8", 2_000, labels=True),
        Plane(BASE.change(add=["conditional-batch-norm", "projection"]), "ring8", 2_000, labels=True),
        CLASSES,
        -0.05,
    ),
)
