"""The networks that come with the package, built from a blueprint."""

from steadygan.networks.build import NETWORKS, Networks, build, check_shape, ignored_fields

__all__ = ["NETWORKS", "Networks", "build", "check_shape", "ignored_fields"]
