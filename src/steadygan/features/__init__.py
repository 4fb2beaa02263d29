"""Features of images, in which measures compare them: of an encoder of one's own data, or of a known network.

The default, ``domain``, needs no download: a small encoder is trained once on the user's own data.
"""

from steadygan.features.extractor import Extractor, Features, extract
from steadygan.features.find import find_extractor
from steadygan.features.split import split_indices

__all__ = ["Extractor", "Features", "extract", "find_extractor", "split_indices"]
