"""What becomes of heuristics that change how networks are built where a network is the user's own.

Some can be put on any network: rescaled and redrawn weights, and packing. The others are for the user to build in: one
that was added to the recipe by name is refused, because an experiment without it would tell nothing about it, and one
that the recipe brings along is named in a note.
"""

from collections.abc import Iterator

from torch import nn
from torch.nn.utils import parametrize

from steadygan.amounts import things
from steadygan.blueprint import Blueprint
from steadygan.errors import SteadyganError
from steadygan.heuristics.base import Heuristic
from steadygan.layers.initialise import icnr_init, normal_init
from steadygan.layers.minibatch import Packing
from steadygan.layers.resample import Upsample
from steadygan.layers.weights import equalised_lr, plain_layers, spectral_norm
from steadygan.networks.discriminator import Discriminator
from steadygan.recipe import Recipe, changed_fields
from steadygan.vocabulary import Labels, Player

_ELSEWHERE = frozenset({"output", "classes", "encoder"})
"""Fields that hold whoever built the networks: images lie in [-1, 1], and an encoder is built beside them."""
_PUT_ON = frozenset({"equalised", "generator_spectral", "discriminator_spectral", "packing"})
"""Fields that are put on a network of the user's own."""
_DRAWN = frozenset({"init_std", "icnr_init"})
"""Fields that draw weights, which may be trained ones: only where the user asks by name."""
_GENERATORS = frozenset({"upsampling", "icnr_init"})
_DISCRIMINATORS = frozenset(
    {"downsampling", "minibatch_kernels", "minibatch_dimension", "minibatch_stddev", "packing"}
    | {"projection", "class_answer"}
)
_ALTERED = Blueprint(downsampling="strided", upsampling="transposed")
"""A blueprint in which even those heuristics that ask for the naive network change something."""


def pack_inputs(recipe: Recipe, discriminator: nn.Module, takes_labels: bool) -> nn.Module:
    """A discriminator of the user's own that is given packs of images, if the recipe has packing.

    Args:
        recipe: the recipe of the run.
        discriminator: packs [N / m, m·C, H, W] to logits; one that holds a :class:`steadygan.layers.Packing`, or is of
            the package, packs images itself.
        takes_labels: whether it is given labels too.

    Returns:
        A network of images [N, C, H, W] to logits of packs.

    Raises:
        SteadyganError: when it takes labels or has features, for which it must pack images itself.
    """
    packing = recipe.blueprint.packing
    if packing == 1 or packs_images(discriminator):
        return discriminator
    if takes_labels or hasattr(discriminator, "discriminate"):
        raise SteadyganError(
            "'packing' can be put before a discriminator that takes images and answers logits, and yours has labels or "
            "features besides; begin it with steadygan.layers.Packing, or leave packing out of the recipe"
        )
    return nn.Sequential(Packing(packing), discriminator)


def packs_images(discriminator: nn.Module) -> bool:
    """Whether a discriminator packs the images that it is given."""
    return any(isinstance(module, Packing | Discriminator) for module in discriminator.modules())


def refuse_unreached(recipe: Recipe, networks: dict[Player, nn.Module]) -> None:
    """Refuse heuristics that the user added by name and that change no network of this run.

    Args:
        recipe: the recipe of the run.
        networks: those of the user's own.

    Raises:
        SteadyganError: for the first of them.
    """
    for heuristic in recipe.heuristics:
        if heuristic.name not in recipe.added or heuristic.labels is not Labels.NONE:
            continue
        places = _places(heuristic)
        if places and all(_is_left_out(heuristic, recipe, field, player, networks) for field, player in places):
            where = next((each.building for each in networks.values() if hasattr(each, "building")), "docs/layers.md")
            theirs = " and ".join(player for player in Player if player in {each for _, each in places})
            raise SteadyganError(
                f"'{heuristic.name}' is built into networks, and the {theirs} that you gave cannot be changed so; "
                f'leave it out with without("{heuristic.name}") and build it into yours (see {where})'
            )


def put_on(recipe: Recipe, networks: dict[Player, nn.Module]) -> None:
    """Change networks of the user's own as the recipe asks, as far as that is possible with any network.

    Args:
        recipe: the recipe of the run.
        networks: those of the user's own, changed in place; layers whose weights are rescaled already stay.
    """
    blueprint = recipe.blueprint
    drawn = {field for each in recipe.heuristics if each.name in recipe.added for field, _ in _places(each)}
    for player, network in networks.items():
        if blueprint.init_std is not None and "init_std" in drawn:
            normal_init(network, blueprint.init_std)
        if blueprint.icnr_init and "icnr_init" in drawn and player is Player.GENERATOR:
            icnr_init(network)
        if blueprint.equalised:
            equalised_lr(network)
        iterations = _spectral(blueprint, player)
        if iterations:
            spectral_norm(network, iterations)


def notes_on(recipe: Recipe, networks: dict[Player, nn.Module]) -> Iterator[str]:
    """Sentences about which heuristics were put on networks of the user's own, and which these decide themselves.

    Args:
        recipe: the recipe of the run.
        networks: those of the user's own, after :func:`put_on`.
    """
    for player, network in networks.items():
        left = [
            each.name
            for each in recipe.heuristics
            if any(_is_left_out(each, recipe, field, at, networks) for field, at in _places(each) if at is player)
        ]
        if left:
            yield f"Your {player} decides itself what {', '.join(left)} would change"
        layers = sum(parametrize.is_parametrized(module, "weight") for module in network.modules())
        if _spectral(recipe.blueprint, player):
            yield f"spectral-norm holds in {things(layers, 'layer')} of your {player}"
        if recipe.blueprint.equalised:
            scaled = things(layers, "layer")
            yield f"equalised-lr has drawn the weights of your {player} anew and scales those of {scaled}"
    if Player.DISCRIMINATOR in networks and recipe.blueprint.packing > 1:
        yield f"packing stacks {recipe.blueprint.packing} images along the channels that your discriminator sees"


def _places(heuristic: Heuristic) -> list[tuple[str, Player]]:
    """Which fields of the blueprint a heuristic changes, each with every player whose network reads it."""
    fields = (changed_fields(heuristic) | changed_fields(heuristic, _ALTERED)) - _ELSEWHERE
    return [(field, player) for field in sorted(fields) for player in _readers(field)]


def _readers(field: str) -> tuple[Player, ...]:
    if field.startswith("generator_") or field in _GENERATORS:
        return (Player.GENERATOR,)
    if field.startswith("discriminator_") or field in _DISCRIMINATORS:
        return (Player.DISCRIMINATOR,)
    return tuple(Player)


def _is_left_out(
    heuristic: Heuristic, recipe: Recipe, field: str, player: Player, networks: dict[Player, nn.Module]
) -> bool:
    """Whether a field of a heuristic changes nothing in a player's network, because that is the user's own."""
    network = networks.get(player)
    if network is None:
        return False
    if field in _DRAWN:
        kinds = Upsample if field == "icnr_init" else nn.Module
        return heuristic.name not in recipe.added or not _holds(network, kinds)
    if field == "packing":
        return False
    if field in _PUT_ON:
        return not _holds(network, nn.Module)
    norm = getattr(recipe.blueprint, field) if field.endswith("_norm") else None
    return not (norm is not None and norm.has_reference and getattr(network, "reference", None) is not None)


def _holds(network: nn.Module, kind: type[nn.Module]) -> bool:
    """Whether a network has a layer of some kind, or for any kind one whose weight can be rescaled or is already."""
    if kind is not nn.Module:
        return any(isinstance(module, kind) for module in network.modules())
    rescaled = any(parametrize.is_parametrized(module, "weight") for module in network.modules())
    return rescaled or any(True for _ in plain_layers(network))


def _spectral(blueprint: Blueprint, player: Player) -> int:
    return blueprint.generator_spectral if player is Player.GENERATOR else blueprint.discriminator_spectral
