"""Slot latent: where do we sample z?"""

from steadygan.heuristics.latents.normal_latent import NormalLatent, normal_latent, truncated_normal
from steadygan.heuristics.latents.slerp import slerp
from steadygan.heuristics.latents.sphere_latent import SphereLatent, sphere_latent
from steadygan.heuristics.latents.uniform_latent import UniformLatent, uniform_latent

__all__ = [
    "NormalLatent",
    "SphereLatent",
    "UniformLatent",
    "normal_latent",
    "slerp",
    "sphere_latent",
    "truncated_normal",
    "uniform_latent",
]
