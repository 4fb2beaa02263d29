"""The network from images to latents, for heuristics that need one."""

from torch import Tensor, nn

from steadygan.blueprint import Blueprint
from steadygan.networks.dcgan import DcganTrunk
from steadygan.networks.mlp import MlpTrunk


class Encoder(nn.Module):
    """From images [N, C, H, W] or vectors [N, F] to a normal distribution of latents: means, then log variances.

    Its trunk is that of DCGAN's discriminator for images and of the dense one for vectors, whichever networks the two
    players have. It takes no labels and looks at one image at a time, so packing, minibatch layers, attention and
    conditioning are left out; a normalisation with a reference batch becomes batch normalisation.

    Args:
        blueprint: how the discriminator is built.
        shape: of one item: (H, W, C), H = W, or (F,).
        latent: length of a latent.
        width: channels after the first halving, or half the width of hidden layers.

    Source: Larsen et al. 2015, section 2.1.
    """

    def __init__(self, blueprint: Blueprint, shape: tuple[int, ...], latent: int, width: int) -> None:
        super().__init__()
        plain = _plain(blueprint)
        self.trunk: DcganTrunk | MlpTrunk
        if len(shape) == 1:
            self.trunk = MlpTrunk(plain, shape[0], width)
        else:
            self.trunk = DcganTrunk(plain, shape[0], shape[2], width)
        self.latents = nn.Linear(self.trunk.features, 2 * latent)

    def forward(self, x: Tensor) -> Tensor:
        """Means and log variances of latents, [N, 2 D]."""
        distribution: Tensor = self.latents(self.trunk(x))
        return distribution


def _plain(blueprint: Blueprint) -> Blueprint:
    norm = blueprint.discriminator_norm
    if norm is not None:
        kind = "batch" if norm.has_reference else norm.kind
        norm = norm.model_copy(update={"kind": kind, "conditional": False})
    return blueprint.changed(discriminator_norm=norm, minibatch_stddev=0, attention=0)
