"""From a folder of images, an array or a name to prepared data, and the order in which it is seen."""

from steadygan.data.prepare import prepare
from steadygan.data.prepared import Prepared, Skipped
from steadygan.data.sampler import Sampler
from steadygan.data.settings import DataSettings

__all__ = ["DataSettings", "Prepared", "Sampler", "Skipped", "prepare"]
