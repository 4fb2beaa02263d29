"""What is claimed of images, tried on small ones."""

from collections.abc import Callable
from typing import Literal

import steadygan as sg
from benchmarks.claims.claim import Claim
from benchmarks.claims.images import Trained, arms, dots, from_data
from steadygan.recipe import Recipe

LATENT = 32
DCGAN = sg.recipe("dcgan").with_("uniform-latent", dimension=LATENT).set("width", 8).set("batch", 64)
RADFORD = "Radford et al. 2015, section 3"
DISTANCE = (from_data, "sliced Wasserstein distance to the data")
DOTS = (dots, "checkerboard ratio over that of the data")
PLAIN = DCGAN.without("batch-norm")
HOSTILE = PLAIN.with_("adam", lr=1e-3, betas=(0.9, 0.999)).with_("alternate", discriminator_moves=5)
"""The rates of setting B in table 1 of Miyato et al. 2018 (with 0.001), of which plain networks do not survive."""


def _images(
    name: str,
    says: str,
    source: str,
    setting: str,
    without: Recipe,
    with_: Recipe,
    figure: tuple[Callable[[Trained, int], float], str] = DISTANCE,
    better: Literal["lower", "higher"] = "lower",
    images: int = 30_000,
) -> Claim:
    return Claim(
        name=f"{name}/glyphs",
        says=says,
        source=source,
        setting=f"glyphs of 16 pixels, {setting}, width 8, {images:,} images",
        figure=figure[1],
        better=better,
        measure=arms(figure[0], Trained(without, images), Trained(with_, images)),
        scale="ratio",
        least=1.1,
        minutes=0.6,
    )


CLAIMS = (
    _images(
        "transposed-convolutions",
        "A generator that learns its own upsampling is better.",
        RADFORD,
        "dcgan; without: nearest neighbours and a convolution",
        DCGAN.without("transposed-convolutions"),
        DCGAN,
    ),
    _images(
        "no-hidden-dense",
        "Without hidden dense layers training is steadier.",
        RADFORD,
        "dcgan; without: a hidden dense layer in each network",
        DCGAN.without("no-hidden-dense"),
        DCGAN,
    ),
    _images(
        "tanh-output",
        "A bounded output, centred, covers the data's range sooner.",
        RADFORD,
        "dcgan; without: a sigmoid and [0, 1]",
        DCGAN.without("tanh-output"),
        DCGAN,
    ),
    _images(
        "strided-convolutions",
        "A discriminator that learns its own downsampling is better.",
        RADFORD,
        "dcgan; without: max pooling",
        DCGAN.without("strided-convolutions"),
        DCGAN,
    ),
    _images(
        "batch-norm", "It makes deep generators begin to learn.", RADFORD, "dcgan", DCGAN.without("batch-norm"), DCGAN
    ),
    _images(
        "normal-init",
        "Initial weights of N(0, 0.02) make training better.",
        "Radford et al. 2015, section 4",
        "dcgan; without: PyTorch's",
        DCGAN.without("normal-init"),
        DCGAN,
    ),
    _images(
        "adam",
        "A rate of 0.0002 and beta1 of 0.5 are better than 0.001 and 0.9.",
        "Radford et al. 2015, section 4",
        "dcgan; without: Adam's own defaults",
        DCGAN.with_("adam", lr=1e-3, betas=(0.9, 0.999)),
        DCGAN,
    ),
    _images(
        "kernel-divisible-by-stride",
        "After training too, kernels that the stride divides leave fewer checkerboards.",
        "Odena et al. 2016",
        "dcgan; without: kernel 5",
        DCGAN.without("kernel-divisible-by-stride"),
        DCGAN,
        DOTS,
    ),
    _images(
        "mixed-batches",
        "One batch of reals and fakes is worse than one of each (a warning).",
        "ganhacks, item 4",
        "dcgan",
        DCGAN,
        DCGAN.with_("mixed-batches"),
        better="higher",
    ),
    _images(
        "spectral-norm",
        "It survives rates at which plain networks do not.",
        "Miyato et al. 2018, section 4.1",
        "dcgan without batch norm, Adam of 0.001 and betas (0.9, 0.999), five critic moves",
        HOSTILE,
        HOSTILE.with_("spectral-norm"),
        images=60_000,
    ),
    _images(
        "gradient-penalty",
        "It trains architectures with which dcgan fails.",
        "Gulrajani et al. 2017, section 5.1",
        "no normalisation; without: dcgan's objective, with: Wasserstein and the penalty",
        PLAIN,
        PLAIN.with_("wasserstein").with_("gradient-penalty"),
    ),
    _images(
        "ema",
        "Averaged weights make better samples.",
        "Yazıcı et al. 2018, section 5",
        "dcgan, half-life of 2,000 images",
        DCGAN,
        DCGAN.with_("ema", half_life=2_000),
    ),
    _images(
        "two-time-scales",
        "A quicker discriminator makes better samples at equal time.",
        "Heusel et al. 2017, section 3",
        "dcgan; with: rates times 2 and 0.5",
        DCGAN,
        DCGAN.with_("two-time-scales"),
    ),
    _images(
        "resize-convolutions",
        "After training too, repeating pixels leaves fewer checkerboards.",
        "Odena et al. 2016",
        "dcgan; without: transposed convolutions",
        DCGAN,
        DCGAN.change(add=["resize-convolutions"], remove=["transposed-convolutions"]),
        DOTS,
    ),
)
