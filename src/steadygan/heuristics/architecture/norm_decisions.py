"""What a normalisation of the hidden layers decides."""

from steadygan.vocabulary import Player


def norm_decisions(in_generator: bool, in_discriminator: bool) -> frozenset[str]:
    """What a normalisation decides, in words."""
    players = {Player.GENERATOR: in_generator, Player.DISCRIMINATOR: in_discriminator}
    return frozenset(f"how the {player.value} is normalised" for player, there in players.items() if there)
