"""Networks before their first step: grids of dots, gradients that are 0, signals that vanish, examples that mix."""

import math

import torch
from torch import Tensor, nn

import steadygan as sg
from benchmarks.claims.claim import Arms
from benchmarks.claims.parts import LATENT, networks
from steadygan.heuristics.objectives import non_saturating_generator_loss
from steadygan.heuristics.updates import adam
from steadygan.layers import Downsample, Upsample
from steadygan.layers.weights import fan_in
from steadygan.metrics.spectrum import checkerboard_ratio
from steadygan.recipe import Recipe

IMAGES = 32


def dots(recipe: Recipe, seed: int) -> float:
    """The checkerboard ratio of a generator's first images of 32 pixels."""
    generator = networks(recipe, seed, (32, 32, 1)).generator
    with torch.no_grad():
        return checkerboard_ratio(generator(torch.randn(IMAGES, LATENT)))


def unevenness(kernel: int) -> float:
    """Deviation over mean of what a transposed convolution of equal weights makes of an even map, off its border."""
    layer = Upsample(1, 1, "transposed", kernel, bias=False)
    nn.init.ones_(layer.convolution.weight)
    with torch.no_grad():
        inner = layer(torch.ones(1, 1, 16, 16))[..., 8:-8, 8:-8]
    return float(inner.std() / inner.mean())


def without_gradient(recipe: Recipe, seed: int) -> float:
    """Share of the outputs of the discriminator's first convolution that get no gradient from the logit."""
    discriminator = networks(recipe, seed).discriminator
    first = next(module for module in discriminator.modules() if isinstance(module, Downsample)).convolution
    kept: list[Tensor] = []

    def keep(module: nn.Module, given: tuple[Tensor, ...], made: Tensor) -> Tensor:
        kept.append(made)
        return made.clone()  # what comes next works in place

    first.register_forward_hook(keep)
    logits = discriminator(torch.rand(IMAGES, 1, 16, 16) * 2 - 1)
    gradient = torch.autograd.grad(logits.sum(), kept[0])[0]
    return float((gradient == 0).float().mean())


def uneven_gradients(recipe: Recipe, seed: int) -> float:
    """By how many powers of 10 the gradients of the generator's layers differ in size.

    The size is the root of the mean square of a weight's gradient under the non-saturating loss.
    """
    made = networks(recipe, seed, (32, 32, 1))
    fakes = made.generator(torch.randn(IMAGES, LATENT))
    non_saturating_generator_loss(made.discriminator(fakes)).mean().backward()
    weights = [each for each in made.generator.parameters() if each.ndim > 1 and each.grad is not None]
    sizes = [float(each.grad.square().mean().sqrt()) for each in weights if each.grad is not None]
    return math.log10(max(sizes) / max(min(sizes), 1e-30))


def spread(recipe: Recipe, seed: int) -> float:
    """How far a generator's first images are apart: the deviation over latents, the mean over pixels."""
    generator = networks(recipe, seed, (32, 32, 1)).generator
    with torch.no_grad():
        return float(generator(torch.randn(IMAGES, LATENT)).std(0).mean())


def company(recipe: Recipe, seed: int, batch: int = 4, draws: int = 32) -> float:
    """How much an image depends on who else is in its batch, over how much it depends on its own latent."""
    generator = networks(recipe, seed).generator
    with torch.no_grad():
        own = torch.randn(8, LATENT)
        images = torch.stack(
            [
                torch.stack([generator(torch.cat([z[None], torch.randn(batch - 1, LATENT)]))[0] for _ in range(draws)])
                for z in own
            ]
        )  # [latents, draws, C, H, W]
        by_others = images.var(1).mean().sqrt()
        by_itself = images.mean(1).var(0).mean().sqrt()
    return float(by_others / by_itself)


def own_noise(recipe: Recipe, seed: int) -> float:
    """How far images of one latent are apart, over how far images are apart."""
    generator = networks(recipe, seed).generator
    with torch.no_grad():
        same = generator(torch.randn(1, LATENT).expand(64, -1)).std(0).mean()
        return float(same / generator(torch.randn(64, LATENT)).std(0).mean())


def uneven_steps(equalised: bool, seed: int) -> float:
    """The largest over the smallest relative change of a layer's used weights in one step of Adam."""
    recipe = PLAIN.with_("equalised-lr") if equalised else PLAIN
    made = networks(recipe, seed, (32, 32, 1)).discriminator
    layers = [each for each in made.modules() if isinstance(each, nn.Conv2d | nn.Linear)]
    if not equalised:  # He's initial weights, as the paper's comparison has
        for layer in layers:
            nn.init.normal_(layer.weight, 0.0, math.sqrt(2 / fan_in(layer)))
    optimizer = adam(made.parameters(), lr=1e-3)
    before = [layer.weight.detach().clone() for layer in layers]
    non_saturating_generator_loss(made(torch.rand(IMAGES, 1, 32, 32) * 2 - 1)).mean().backward()
    optimizer.step()
    changes = [
        float((layer.weight.detach() - old).square().mean().sqrt() / old.square().mean().sqrt())
        for layer, old in zip(layers, before, strict=True)
    ]
    return max(changes) / min(changes)


DCGAN = sg.recipe("dcgan").with_("normal-latent", dimension=LATENT)
NAIVE = sg.recipe("naive").with_("normal-latent", dimension=LATENT)
PLAIN = DCGAN.without("batch-norm", "normal-init")


def kernels(seed: int) -> Arms:
    """The unevenness of both kernels, which no seed changes."""
    return {"without": unevenness(5), "with": unevenness(4)}
