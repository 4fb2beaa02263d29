"""Many tensors as one vector, and back: a handful of operations then does for all of them.

They are PyTorch's functions, which cost nothing beside those of Keras where PyTorch is the backend.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch

from steadygan.keras.torch_view import in_dtype, tensor_of, view


def as_vector(tensors: Sequence[Any]) -> Any:
    """Join tensors of any shapes, at least one, into one of float32 [the sum of their sizes]."""
    return tensor_of(torch.cat([view(in_dtype(each, "float32")).reshape(-1) for each in tensors]))


def in_shapes_of(variables: Sequence[Any], vector: Any) -> list[Any]:
    """Cut a vector [the sum of the variables' sizes] into tensors of the variables' shapes."""
    parts = torch.split(view(vector), [math.prod(each.shape) for each in variables])
    return [tensor_of(part.reshape(tuple(each.shape))) for each, part in zip(variables, parts, strict=True)]
