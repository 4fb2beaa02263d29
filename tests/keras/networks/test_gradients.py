"""First and second derivatives are those of the package's networks."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

keras = pytest.importorskip("keras")

from keras import ops

from steadygan.keras.gradients import BACKEND, gradients, input_gradients
from steadygan.keras.weights import to_torch
from steadygan.networks import build as build_torch
from tests.keras.networks.pairs import LATENT, WIDTH, Pair, blueprint_of, channels_first, classes, pair

COUNT = 6
CASES: dict[str, tuple[str, dict[str, object]]] = {
    "strided, batch norm": ("dcgan", {}),
    "everything between convolutions": (
        "dcgan",
        {"downsampling": "average-pooling", "upsampling": "nearest", "discriminator_filtered": True, "attention": 3},
    ),
    "pixel shuffle, classes": (
        "dcgan",
        {"upsampling": "pixel-shuffle", "generator_embedding": 4, "discriminator_embedding": 4, "projection": True},
    ),
    "spectral norm": (
        "dcgan",
        {"discriminator_spectral": 1, "generator_spectral": 2, "packing": 2, "minibatch_stddev": 3},
    ),
    "residual blocks": ("resnet", {"discriminator_spectral": 0}),
    "grouped convolutions": ("r3gan", {}),
    "vectors": ("mlp", {"minibatch_kernels": 3, "minibatch_dimension": 2}),
}


def _penalised(logits: Any, slopes: Any, is_torch: bool) -> Any:
    """A loss in which the slopes of the discriminator count as much as its logits."""
    if is_torch:
        return nn.functional.softplus(-logits).mean() + slopes.square().sum() / COUNT
    return ops.mean(ops.softplus(-logits)) + ops.sum(ops.square(slopes)) / COUNT


def _of_torch(compared: Pair) -> dict[str, Tensor]:
    """The gradients of both networks by PyTorch."""
    labels, blueprint = torch.tensor(classes(COUNT)), compared.blueprint
    generator, discriminator = compared.torch.generator.train(), compared.torch.discriminator.train()
    x = channels_first(torch.tensor(compared.items(COUNT))).requires_grad_()
    logits = discriminator(x, *([labels] if blueprint.discriminator_takes_labels else []))
    (slopes,) = torch.autograd.grad(logits.sum(), x, create_graph=True)
    of_discriminator = torch.autograd.grad(
        _penalised(logits, slopes, True), list(discriminator.parameters()), allow_unused=True, materialize_grads=True
    )
    made = generator(torch.tensor(compared.latents(COUNT)), *([labels] if blueprint.generator_takes_labels else []))
    of_generator = torch.autograd.grad(made.square().mean(), list(generator.parameters()))
    names = [f"discriminator.{name}" for name, _ in discriminator.named_parameters()]
    names += [f"generator.{name}" for name, _ in generator.named_parameters()]
    return dict(zip(names, [*of_discriminator, *of_generator], strict=True))


def _of_keras(compared: Pair) -> tuple[list[Any], list[Any]]:
    """The gradients of both networks by Keras, compiled where the backend compiles."""
    labels, blueprint = ops.convert_to_tensor(classes(COUNT)), compared.blueprint
    generator, discriminator = compared.keras.generator, compared.keras.discriminator
    x, z = ops.convert_to_tensor(compared.items(COUNT)), ops.convert_to_tensor(compared.latents(COUNT))
    state = [*discriminator.variables, *generator.variables]

    def judged(images: list[Any]) -> Any:
        given = [images[0], labels] if blueprint.discriminator_takes_labels else images[0]
        logits = discriminator(given, training=True)
        return ops.sum(logits), logits

    def loss_of_discriminator(_: Any) -> Any:
        _, logits, slopes = input_gradients(judged, [x], state)
        return _penalised(logits, slopes[0], False), ()

    def loss_of_generator(_: Any) -> Any:
        made = generator([z, labels] if blueprint.generator_takes_labels else z, training=True)
        return ops.mean(ops.square(made)), ()

    def both() -> Any:
        _, _, first, _ = gradients(loss_of_discriminator, discriminator.trainable_variables, [], state)
        _, _, second, _ = gradients(loss_of_generator, generator.trainable_variables, [], state)
        return first, second

    if BACKEND == "tensorflow":
        import tensorflow as tf

        both = tf.function(both)
    if BACKEND == "jax":
        import jax

        def pure(values: Any) -> Any:
            with keras.StatelessScope(state_mapping=list(zip(state, values, strict=True))):
                return both()

        return jax.jit(pure)([each.value for each in state])  # type: ignore[no-any-return]
    return both()  # type: ignore[no-any-return]


@pytest.mark.parametrize("case", CASES)
def test_derivatives_are_the_packages(case: str) -> None:
    network, fields = CASES[case]
    compared = pair(network, blueprint_of(network).changed(**fields))
    first, second = _of_keras(compared)
    expected = _of_torch(compared)
    # Gradients go back to PyTorch as if they were weights, so that each stands beside its own.
    holder = build_torch(network, compared.blueprint, compared.shape, LATENT, WIDTH)
    for name, found in (("discriminator", first), ("generator", second)):
        model, module = getattr(compared.keras, name), getattr(holder, name)
        for variable, gradient in zip(model.trainable_variables, found, strict=True):
            variable.assign(gradient)
        to_torch(model, module)
        largest = max(float(expected[f"{name}.{key}"].abs().max()) for key, _ in module.named_parameters())
        for key, held in module.named_parameters():
            known = expected[f"{name}.{key}"]
            np.testing.assert_allclose(held.detach(), known, atol=2e-4 * largest, rtol=2e-3, err_msg=f"{name}.{key}")
