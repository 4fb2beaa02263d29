"""Dense networks for vectors, built from a blueprint."""

from itertools import pairwise

from torch import Tensor, nn

from steadygan.blueprint import Blueprint
from steadygan.layers.minibatch import MinibatchStddev
from steadygan.layers.reference_batch import with_reference
from steadygan.layers.sequential import ConditionalSequential
from steadygan.networks.discriminator import Discriminator
from steadygan.networks.head import Head
from steadygan.networks.hidden import NormActivation, reference_batch
from steadygan.networks.inputs import DiscriminatorInput, GeneratorInput, unconditional

HIDDEN_LAYERS = 3
HIDDEN = 2
"""Hidden layers have this many times the recipe's width."""
IGNORED = frozenset(
    {
        "downsampling",
        "upsampling",
        "generator_filtered",
        "discriminator_filtered",
        "strided_kernel",
        "hidden_dense",
        "icnr_init",
        "output",
        "attention",
    }
)
"""Fields of the blueprint that change nothing here: vectors have no maps and no bounds."""


class MlpGenerator(nn.Module):
    """From a latent [N, D] to vectors [N, F] of any range.

    Args:
        blueprint: how it is built.
        features: length of a vector.
        latent: length of a latent.
        width: half the width of hidden layers.
    """

    def __init__(self, blueprint: Blueprint, features: int, latent: int, width: int) -> None:
        super().__init__()
        self.entrance = GeneratorInput(blueprint, latent)
        norm, slope = blueprint.generator_norm, blueprint.generator_slope
        dropout, noise, classes = blueprint.generator_dropout, blueprint.generator_noise, blueprint.classes
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise([self.entrance.length] + [HIDDEN * width] * HIDDEN_LAYERS):
            layers.append(nn.Linear(inputs, outputs, bias=norm is None))
            layers.append(NormActivation(outputs, norm, slope, dropout, noise, False, classes))
        self.blocks = ConditionalSequential(*layers)
        self.output = nn.Linear(HIDDEN * width, features)
        self.reference = reference_batch(norm, (latent,), blueprint.generator_takes_labels)

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Vectors from latents, of the classes that labels name, int64 [N], -1 where unknown."""
        return with_reference(self, self.reference, self._vectors, z, labels)

    def _vectors(self, z: Tensor, labels: Tensor | None) -> Tensor:
        vectors: Tensor = self.output(self.blocks(self.entrance(z, labels), labels))
        return vectors


class MlpTrunk(nn.Module):
    """From vectors [N, F] to the last hidden layer; the minibatch standard deviation is one more input to it.

    Args:
        blueprint: how the discriminator is built.
        inputs: length of a vector.
        width: half the width of hidden layers.

    Attributes:
        features: length of the last hidden layer.
    """

    def __init__(self, blueprint: Blueprint, inputs: int, width: int) -> None:
        super().__init__()
        self.features = HIDDEN * width
        layers: list[nn.Module] = []
        for level in range(HIDDEN_LAYERS):
            norm = None if level == 0 else blueprint.discriminator_norm
            if level == HIDDEN_LAYERS - 1 and blueprint.minibatch_stddev:
                layers.append(MinibatchStddev(blueprint.minibatch_stddev))
                inputs += 1
            layers.append(nn.Linear(inputs, self.features, bias=norm is None))
            layers.append(
                NormActivation(self.features, norm, blueprint.discriminator_slope, 0.0, 0.0, False, blueprint.classes)
            )
            inputs = self.features
        self.blocks = ConditionalSequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Features of vectors."""
        features: Tensor = self.blocks(x)
        return features


class MlpDiscriminator(Discriminator):
    """From vectors [N, F] to logits [N / packing].

    Args:
        blueprint: how it is built; its normalisation is never conditional.
        features: length of a vector.
        width: half the width of hidden layers, before the blueprint's factor.
    """

    def __init__(self, blueprint: Blueprint, features: int, width: int) -> None:
        blueprint = unconditional(blueprint)
        entrance = DiscriminatorInput(blueprint, features)
        trunk = MlpTrunk(blueprint, entrance.channels, max(1, round(width * blueprint.discriminator_width)))
        norm, labelled = blueprint.discriminator_norm, blueprint.discriminator_takes_labels
        super().__init__(entrance, trunk, Head(blueprint, trunk.features), reference_batch(norm, (features,), labelled))
