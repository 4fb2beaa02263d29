"""The networks that come with the package, built from a blueprint, and those that anyone declares."""

from steadygan.networks.build import Companion, Networks, build
from steadygan.networks.catalogue import NETWORKS, check_shape, ignored_fields, network_family, network_names
from steadygan.networks.family import NetworkFamily

__all__ = [
    "NETWORKS",
    "Companion",
    "NetworkFamily",
    "Networks",
    "build",
    "check_shape",
    "ignored_fields",
    "network_family",
    "network_names",
]
