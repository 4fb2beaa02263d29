"""The networks that come with the package, built from a blueprint."""

from steadygan.networks.build import NETWORKS, Networks, build, ignored_fields

__all__ = ["NETWORKS", "Networks", "build", "ignored_fields"]
