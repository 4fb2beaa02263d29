"""What is claimed of networks before their first step."""

from collections.abc import Callable

from benchmarks.claims.claim import Arms, Claim, Theory
from benchmarks.claims.initial import (
    DCGAN,
    NAIVE,
    company,
    dots,
    kernels,
    own_noise,
    spread,
    uneven_gradients,
    uneven_steps,
    without_gradient,
)
from benchmarks.claims.parts import both
from steadygan.recipe import Recipe

SEEDS = tuple(range(10))
ODENA = "Odena et al. 2016"


def _arms(figure: Callable[[Recipe, int], float], without: Recipe, with_: Recipe) -> Callable[[int], Arms]:
    return lambda seed: both(figure, without, with_, seed)


def _dots(name: str, says: str, source: str, setting: str, without: Recipe, with_: Recipe) -> Claim:
    return Claim(
        name=f"{name}/first-images",
        says=says,
        source=source,
        setting=f"{setting}; 32 first images of 32 pixels, width 8, before any training",
        figure="checkerboard ratio (1 is none)",
        better="lower",
        measure=_arms(dots, without, with_),
        scale="ratio",
        least=1.5,
        seeds=SEEDS,
    )


def _sparse(name: str, says: str, source: str, without: Recipe, with_: Recipe, setting: str) -> Claim:
    return Claim(
        name=f"{name}/sparse",
        says=says,
        source=source,
        setting=f"{setting}; at the first images, before any training",
        figure="share of the first convolution's outputs that get no gradient",
        better="lower",
        measure=_arms(without_gradient, without, with_),
        least=0.2,
        seeds=SEEDS,
    )


def _company(name: str, says: str, source: str, with_: Recipe) -> Claim:
    return Claim(
        name=f"{name}/batch-of-4",
        says=says,
        source=source,
        setting="Generator of dcgan in training mode, batches of 4, 16 pixels, width 8; without: batch norm",
        figure="dependence of an image on its neighbours, over that on its own latent",
        better="lower",
        measure=_arms(company, DCGAN, with_),
        scale="ratio",
        least=10.0,
        theory=Theory(0.0, 1e-5),
        seeds=SEEDS,
    )


def _noise(name: str, says: str, source: str) -> Claim:
    quiet = DCGAN.change(add=["instance-norm"], remove=["batch-norm"])
    return Claim(
        name=f"{name}/first-images",
        says=says,
        source=source,
        setting="Generator of dcgan with instance norm, 16 pixels, width 8, before any training",
        figure="how far images of one latent are apart, over how far images are apart",
        better="higher",
        measure=_arms(own_noise, quiet, quiet.with_(name)),
        least=0.1,
        seeds=SEEDS,
    )


SHUFFLED = DCGAN.change(add=["pixel-shuffle"], remove=["transposed-convolutions"])
RESIZED = DCGAN.change(add=["resize-convolutions"], remove=["transposed-convolutions"])
FIVE = DCGAN.without("kernel-divisible-by-stride")

CLAIMS = (
    Claim(
        name="kernel-divisible-by-stride/overlap",
        says="A kernel that the stride divides writes every pixel equally often.",
        source=ODENA,
        setting="Transposed convolution of stride 2 and equal weights on an even map; without: kernel 5, with: 4",
        figure="deviation of the result over its mean",
        better="lower",
        measure=kernels,
        theory=Theory(0.0, 1e-6),
    ),
    _dots(
        "kernel-divisible-by-stride",
        "Kernels that the stride divides lessen checkerboards.",
        ODENA,
        "dcgan; without: kernel 5, with: kernel 4",
        FIVE,
        DCGAN,
    ),
    _dots(
        "resize-convolutions",
        "Repeating pixels before a convolution avoids checkerboards by itself.",
        ODENA,
        "dcgan; without: transposed convolutions of kernel 4",
        DCGAN,
        RESIZED,
    ),
    _dots(
        "pixel-shuffle",
        "Sub-pixel convolutions have fewer checkerboards than transposed convolutions of kernel 5.",
        "Shi et al. 2016 (note on transposed convolutions)",
        "dcgan; without: transposed convolutions of kernel 5",
        FIVE,
        SHUFFLED,
    ),
    _dots(
        "filtered-resampling",
        "A low-pass filter after each doubling removes checkerboards.",
        "Zhang 2019; Karras et al. 2019, appendix B",
        "dcgan",
        DCGAN,
        DCGAN.with_("filtered-resampling"),
    ),
    _dots(
        "icnr-init",
        "Sub-pixel layers that begin as resize-convolutions begin without checkerboards.",
        "Aitken et al. 2017",
        "dcgan with pixel-shuffle",
        SHUFFLED,
        SHUFFLED.with_("icnr-init"),
    ),
    _sparse(
        "strided-convolutions",
        "Strides in the place of max pooling avoid sparse gradients.",
        "Radford et al. 2015, section 3; ganhacks, item 5",
        NAIVE,
        NAIVE.with_("strided-convolutions"),
        "naive; without: max pooling",
    ),
    _sparse(
        "average-pooling",
        "Averages in the place of maxima avoid sparse gradients.",
        "ganhacks, item 5",
        NAIVE,
        NAIVE.with_("average-pooling"),
        "naive; without: max pooling",
    ),
    _sparse(
        "leaky-relu",
        "Leaky rectifiers avoid sparse gradients.",
        "ganhacks, item 5",
        DCGAN.without("leaky-relu"),
        DCGAN,
        "dcgan; without: rectifiers",
    ),
    _company(
        "virtual-batch-norm",
        "No image depends on its neighbours.",
        "Salimans et al. 2016, section 3.5",
        DCGAN.change(add=["virtual-batch-norm"], remove=["batch-norm"]),
    ),
    _company(
        "reference-batch-norm",
        "No image depends on its neighbours.",
        "Goodfellow 2016, section 4.3",
        DCGAN.change(add=["reference-batch-norm"], remove=["batch-norm"]),
    ),
    _company(
        "instance-norm",
        "Images are made alike in any batch.",
        "ganhacks, item 4",
        DCGAN.change(add=["instance-norm"], remove=["batch-norm"]),
    ),
    _noise("generator-dropout", "Dropout makes several images of one latent.", "ganhacks, item 17; Isola et al. 2016"),
    _noise("generator-noise", "Noise makes several images of one latent.", "ganhacks, item 13; Zhao et al. 2016"),
    Claim(
        name="batch-norm/spread",
        says="It keeps deep generators from making one point of all latents.",
        source="Radford et al. 2015, section 3",
        setting="dcgan, 32 pixels, width 8, N(0, 0.02), before any training",
        figure="deviation of pixels over latents",
        better="higher",
        measure=_arms(spread, DCGAN.without("batch-norm"), DCGAN),
        scale="ratio",
        least=10.0,
        seeds=SEEDS,
    ),
    Claim(
        name="batch-norm/gradients",
        says="Gradients flow through deep models.",
        source="Radford et al. 2015, section 3",
        setting="dcgan, 32 pixels, width 8, N(0, 0.02), before any training",
        figure="powers of 10 between the largest and the smallest gradient of the generator's layers",
        better="lower",
        measure=_arms(uneven_gradients, DCGAN.without("batch-norm"), DCGAN),
        seeds=SEEDS,
    ),
    Claim(
        name="normal-init/gradients",
        says="N(0, 0.02) keeps gradients of a deep network even.",
        source="Radford et al. 2015, section 4, which gives the number and no reason",
        setting="dcgan, 32 pixels, width 8; without: PyTorch's initial weights",
        figure="powers of 10 between the largest and the smallest gradient of the generator's layers",
        better="lower",
        measure=_arms(uneven_gradients, DCGAN.without("normal-init"), DCGAN),
        seeds=SEEDS,
    ),
    Claim(
        name="normal-init/spread",
        says="Without batch norm too it lets a signal through.",
        source="the card: treats stalled",
        setting="dcgan without batch norm, 32 pixels, width 8; without: PyTorch's initial weights",
        figure="deviation of pixels over latents",
        better="higher",
        measure=_arms(spread, DCGAN.without("batch-norm", "normal-init"), DCGAN.without("batch-norm")),
        scale="ratio",
        seeds=SEEDS,
    ),
    Claim(
        name="equalised-lr/steps",
        says="All weights learn at the same speed under Adam.",
        source="Karras et al. 2017, section 4.1",
        setting="dcgan's discriminator without batch norm, 32 pixels, one step of Adam; without: He's initial weights",
        figure="largest over smallest relative change of a layer's weights",
        better="lower",
        measure=lambda seed: {"without": uneven_steps(False, seed), "with": uneven_steps(True, seed)},
        scale="ratio",
        least=2.0,
        theory=Theory(1.0, 0.1),  # the smallest layer has 256 weights, whose drawn size is off by 4 %
        seeds=SEEDS,
    ),
)
