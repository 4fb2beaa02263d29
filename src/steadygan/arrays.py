"""The types of NumPy arrays that the whole package uses."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
"""An array of any shape and dtype."""
Indices = np.ndarray[Any, np.dtype[np.int64]]
"""Indices of items, or labels: int64 [n]."""
