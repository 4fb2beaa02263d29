"""What other loops call the figures that the rules read."""

import re

DISCRIMINATOR_LOSS, GENERATOR_LOSS = "discriminator/loss", "generator/loss"
_DISCRIMINATOR = {"d", "dis", "disc", "discriminator", "critic", "errd", "lossd", "dloss", "discloss"}
_GENERATOR = {"g", "gen", "generator", "errg", "lossg", "gloss", "genloss"}
_IGNORED = {"loss", "train", "total", "epoch", "step", "err", "error"}
_EXACT = {"lossd", "dloss", "errd", "lossg", "gloss", "errg", "discloss", "genloss"}


def canonical(name: str) -> str:
    """The name of a loss in rows.

    Args:
        name: such as ``d_loss``, ``errD``, ``loss/discriminator``, ``D``.

    Returns:
        ``discriminator/loss`` or ``generator/loss``; the name as it is where it is neither.
    """
    if name in (DISCRIMINATOR_LOSS, GENERATOR_LOSS):
        return name
    words = [word for word in re.split(r"[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z])", name) if word]
    said = {word.lower() for word in words} - _IGNORED
    joined = "".join(words).lower()
    if said and (said <= _DISCRIMINATOR or joined in _EXACT & _DISCRIMINATOR):
        return DISCRIMINATOR_LOSS
    if said and (said <= _GENERATOR or joined in _EXACT & _GENERATOR):
        return GENERATOR_LOSS
    return name
