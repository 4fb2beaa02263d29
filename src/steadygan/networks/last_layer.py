"""What the last layer of a user's own network tells about its outputs, as autograd has recorded it."""

from torch import Tensor

_SHAPING = frozenset(
    {"View", "UnsafeView", "ReshapeAlias", "Squeeze", "Unsqueeze", "Alias", "Clone", "Permute", "Transpose", "Expand"}
    | {"ToCopy", "Mean", "T", "Slice", "Select"}
)
"""Operations after which bounded values are still bounded."""
_BOUNDS = {
    "Sigmoid": ("a sigmoid", "between 0 and 1"),
    "Hardsigmoid": ("a hard sigmoid", "between 0 and 1"),
    "Softmax": ("a softmax", "between 0 and 1"),
    "Relu": ("a ReLU", "at 0 or above"),
    "Softplus": ("a softplus", "above 0"),
    "LogSigmoid": ("the logarithm of a sigmoid", "below 0"),
    "Tanh": ("tanh", "between -1 and 1"),
    "Hardtanh": ("a hard tanh", "between its two bounds"),
}
_NEVER_NEGATIVE = frozenset({"Sigmoid", "Hardsigmoid", "Softmax", "Relu", "Softplus"})


def last_operation(values: Tensor) -> str:
    """The name of the operation that computed values, as autograd calls it, such as ``Sigmoid``.

    Args:
        values: an output that carries gradients; operations that only change its shape or average it are passed over.

    Returns:
        The name; empty where nothing was recorded.
    """
    node = values.grad_fn
    while node is not None:
        name = node.name().rpartition(".")[2].partition("Backward")[0]
        if name not in _SHAPING or not node.next_functions:
            return name
        node = node.next_functions[0][0]
    return ""


def doubts_about_logits(logits: Tensor) -> tuple[str, ...]:
    """A sentence if the discriminator's answers are bounded: losses here take logits, which may be any number."""
    name = last_operation(logits)
    if name not in _BOUNDS:
        return ()
    layer, range_ = _BOUNDS[name]
    return (
        f"The discriminator ends in {layer}, so its answers lie {range_}, where losses take logits of any size; "
        "take that last layer off",
    )


def doubts_about_images(images: Tensor, are_images: bool) -> tuple[str, ...]:
    """A sentence if the generator can make nothing below 0, which is a middle grey."""
    name = last_operation(images)
    if not are_images or name not in _NEVER_NEGATIVE:
        return ()
    layer, range_ = _BOUNDS[name]
    return (
        f"The generator ends in {layer}, so its values lie {range_}, where images reach from -1 (black) to 1 (white): "
        "nothing will be darker than a middle grey; end it in tanh",
    )
