"""What other loops call the figures that the rules read."""

import re

DISCRIMINATOR_LOSS, GENERATOR_LOSS = "discriminator/loss", "generator/loss"
LOSSES = (DISCRIMINATOR_LOSS, GENERATOR_LOSS)
_DISCRIMINATOR = {"d", "dis", "disc", "discriminator", "critic", "errd", "lossd", "dloss", "discloss", "netd"}
_GENERATOR = {"g", "gen", "generator", "errg", "lossg", "gloss", "genloss", "netg"}
_IGNORED = {"loss", "losses", "train", "training", "total", "epoch", "step", "err", "error", "mean", "net"}
_GRADIENT = {"grad", "grads", "gradient", "gradients", "gradnorm"}


def canonical(name: str) -> str:
    """The name of a figure in rows.

    Args:
        name: such as ``d_loss``, ``errD``, ``loss/discriminator``, ``D``, or ``grad_norm/netG``.

    Returns:
        ``discriminator/loss``, ``generator/loss``, or the same with ``gradient_norm``; the name as it is where it is
        none of these.
    """
    words = {word.lower() for word in re.split(r"[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z])", name) if word}
    figure = "gradient_norm" if words & _GRADIENT else "loss"
    said = words - _IGNORED - (_GRADIENT | {"norm"} if figure == "gradient_norm" else set())
    if said and said <= _DISCRIMINATOR:
        return f"discriminator/{figure}"
    if said and said <= _GENERATOR:
        return f"generator/{figure}"
    return name
