"""What each treatment of a rescue changes in a recipe, as functions from the recipe to a variation of it."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from steadygan.heuristics.base import Heuristic
from steadygan.heuristics.updates import TwoTimeScales
from steadygan.recipe import Recipe
from steadygan.variation import Variation
from steadygan.vocabulary import Player

CALMER = 4.0
"""What a rate is divided by at once."""
MOST_MOMENTUM = 0.5
FEWEST_IN_A_BATCH, USUAL_BATCH = 16, 64
MOST_MOVES = 2
"""Moves of the discriminator for one of the generator that are usual beside objectives other than Wasserstein's."""
FIRST_GAMMA = 0.1
"""Weight of a zero-centred penalty that is put in, five times the one that ``steady`` has for 28 to 64 pixels."""
STRONGER = 10.0
USUAL_UPDATE = {
    "images": {Player.GENERATOR: 7e-3, Player.DISCRIMINATOR: 4e-3},
    "vectors": {Player.GENERATOR: 1.2e-2, Player.DISCRIMINATOR: 9e-3},
}
"""Share of their length by which a step moves each player's weights at the first looks; with images, healthy runs of
the package's recipes lie between 3e-3 and 1.1e-2, and between 1.9e-3 and 5.4e-3."""
RATIOS = {"images": (0.7, 4.2), "vectors": (0.6, 2.5)}
"""Bounds for the generator's share over the discriminator's, which lies between 1.1 and 3.6 in those runs, and between
0.9 and 1.6 with points."""
LEAST_WASSERSTEIN_RATIO = 0.25
"""The lower bound beside a Wasserstein objective, whose critic moves far in healthy runs as well."""
TOO_FAST = {"images": 1.5e-2, "vectors": 2e-2}
TOO_LOW, TOO_HIGH = 1.5, 2.5
"""A rate that is so many times too low or too high moves the weights by about this root of it too little or too much,
because long steps go to and fro, and long weights hide them: 30 to 300 times too low a rate was seen as 9 to 55, and 10
and 50 times too high as 2 to 4."""
MOST_FACTOR = 256.0


@dataclass(frozen=True)
class Seen:
    """What is known of a training beside its recipe.

    Attributes:
        kind: of the data, ``images`` or ``vectors``.
        budget: images that the run will see; None if that is not known.
        updates: how far a step moves each player's weights at the first looks, as a share of their length; as far as
            it is known.
    """

    kind: str = "images"
    budget: int | None = None
    updates: Mapping[Player, float] = field(default_factory=dict)


def put_in(name: str) -> Callable[[Recipe, Seen], Variation | None]:
    """A heuristic with its own numbers, unless it is on."""
    return lambda recipe, seen: None if recipe.has(name) else Variation(add=(name,))


def stronger(name: str, parameter: str = "gamma") -> Callable[[Recipe, Seen], Variation | None]:
    """A penalty; ten times as much where it is on."""

    def change(recipe: Recipe, seen: Seen) -> Variation | None:
        held = _held(recipe, name)
        if held is None:
            first = {f"{name}.{parameter}": FIRST_GAMMA} if parameter == "gamma" else {}
            return Variation(add=(name,), values=first)
        return Variation(values={f"{name}.{parameter}": getattr(held, parameter) * STRONGER})

    return change


def non_saturating(recipe: Recipe, seen: Seen) -> Variation | None:
    """The non-saturating loss in the place of minimax."""
    return Variation(add=("non-saturating",)) if recipe.objective.name == "minimax" else None


def gradient_penalty_for_clipping(recipe: Recipe, seen: Seen) -> Variation | None:
    """A gradient penalty in the place of clipped weights."""
    return Variation(add=("gradient-penalty",), remove=("weight-clipping",)) if recipe.has("weight-clipping") else None


def less_momentum(recipe: Recipe, seen: Seen) -> Variation | None:
    """DCGAN's momentum in the place of a larger one."""
    moving = [recipe.update(player) for player in Player]
    if not any(getattr(each, "betas", (0.0,))[0] > MOST_MOMENTUM for each in moving):
        return None
    if not recipe.has("adam"):
        return Variation(add=("adam",))
    return Variation(values={"adam.betas": [MOST_MOMENTUM, 0.999]})


def larger_batch(recipe: Recipe, seen: Seen) -> Variation | None:
    """A batch of the usual size in the place of a few images."""
    return Variation(values={"batch": USUAL_BATCH}) if recipe.settings.batch < FEWEST_IN_A_BATCH else None


def fewer_moves(recipe: Recipe, seen: Seen) -> Variation | None:
    """One move of the discriminator for each of the generator, where many have no reason in the objective."""
    moves = getattr(recipe.schedule, "discriminator_moves", 1)
    if moves <= MOST_MOVES or recipe.objective.name == "wasserstein" or not recipe.has("alternate"):
        return None
    return Variation(values={"alternate.discriminator_moves": 1})


def balanced_rates(recipe: Recipe, seen: Seen) -> Variation | None:
    """The usual rate for the player whose weights move further from the usual, if anything is unusual."""
    moved = [seen.updates.get(player, 0.0) for player in (Player.GENERATOR, Player.DISCRIMINATOR)]
    if min(moved) <= 0:  # a network that stands still does not move at any rate
        return None
    generator, discriminator = moved
    critic = recipe.objective.name == "wasserstein"
    least, most = RATIOS[seen.kind]
    in_proportion = (LEAST_WASSERSTEIN_RATIO if critic else least) <= generator / discriminator <= most
    if in_proportion and (critic or max(moved) <= TOO_FAST[seen.kind]):
        return None
    factors = {player: USUAL_UPDATE[seen.kind][player] / seen.updates[player] for player in Player}
    furthest = max(Player, key=lambda player: abs(math.log(factors[player])))
    factor = factors[furthest]
    return _scaled(recipe, furthest, factor ** (TOO_LOW if factor > 1 else TOO_HIGH))


def _scaled(recipe: Recipe, player: Player, factor: float) -> Variation:
    """One player's rate times a power of two near to a factor."""
    factor = 2.0 ** round(math.log2(min(MOST_FACTOR, max(1 / MOST_FACTOR, factor))))
    held = next(iter(recipe.all(TwoTimeScales)), None)
    rates = {each: 1.0 if held is None else getattr(held, each.value) for each in Player}
    rates[player] *= factor
    values = {f"two-time-scales.{each.value}": rate for each, rate in rates.items()}
    return Variation(add=() if held else ("two-time-scales",), values=values)


def lower_rates(recipe: Recipe, seen: Seen) -> Variation | None:
    """A quarter of the rate of both players."""
    return _slower(recipe, CALMER)


def much_lower_rates(recipe: Recipe, seen: Seen) -> Variation | None:
    """A sixteenth of the rate of both players."""
    return _slower(recipe, CALMER**2)


def calmer(recipe: Recipe, seen: Seen) -> Variation | None:
    """A quarter of the rate, and gradients that are cut."""
    return _with_clipping(recipe, _slower(recipe, CALMER))


def much_calmer(recipe: Recipe, seen: Seen) -> Variation | None:
    """A sixteenth of the rate, and gradients that are cut."""
    return _with_clipping(recipe, _slower(recipe, CALMER**2))


def _slower(recipe: Recipe, factor: float) -> Variation | None:
    values = {}
    for player in Player:
        update = recipe.update(player)
        if recipe.has(update.name) and hasattr(update, "lr"):
            values[f"{update.name}.lr"] = update.lr / factor
    if values:
        return Variation(values=values)
    update = recipe.update(Player.GENERATOR)  # the one of the naive GAN, which no recipe names
    rate = getattr(update, "lr", None)
    return None if rate is None else Variation(add=("adam",), values={"adam.lr": rate / factor})


def _with_clipping(recipe: Recipe, variation: Variation | None) -> Variation | None:
    clips = () if recipe.has("gradient-clipping") else ("gradient-clipping",)
    if variation is None:
        return Variation(add=clips) if clips else None
    return variation.model_copy(update={"add": (*variation.add, *clips)})


def flat_relativistic(recipe: Recipe, seen: Seen) -> Variation | None:
    """The relativistic game with R1 and R2."""
    if recipe.objective.name == "relativistic" and recipe.has("r1") and recipe.has("r2"):
        return None
    add = tuple(name for name in ("relativistic", "r1", "r2") if not recipe.has(name))
    remove = tuple(name for name in ("gradient-penalty", "dragan", "weight-clipping") if recipe.has(name))
    gammas = {f"{name}.gamma": FIRST_GAMMA for name in ("r1", "r2") if name in add}
    return Variation(add=add, remove=remove, values=gammas)


def lr_decay(recipe: Recipe, seen: Seen) -> Variation | None:
    """Rates that fall to a tenth at the end of the run."""
    if seen.budget is None or recipe.has("lr-decay"):
        return None
    return Variation(add=("lr-decay",), values={"lr-decay.images": seen.budget, "lr-decay.floor": 0.1})


def _held(recipe: Recipe, name: str) -> Heuristic | None:
    return next((each for each in recipe.heuristics if each.name == name), None)
