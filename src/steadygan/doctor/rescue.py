"""Which treatment a rescue tries next: those that need no other networks, in an order for each failure.

First come numbers of the recipe that are known to be bad, such as a momentum of 0.9: the treatment that applies is then
likely to be the right one. Next come the rates that the players' own weights show to be out of proportion. What follows
is tried in the dark: what the literature, and the package's own tables, say helps most often.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from steadygan.doctor import options
from steadygan.doctor.history import History
from steadygan.doctor.options import Seen
from steadygan.errors import SteadyganError
from steadygan.recipe import Recipe
from steadygan.runs.rescues import Change
from steadygan.variation import Variation
from steadygan.vocabulary import Failure, Player


@dataclass(frozen=True)
class Option:
    """A treatment that a rescue may try.

    Attributes:
        change: from a recipe and what was seen to what it changes; None where there is nothing to change.
        reason: why it may help, in a sentence.
        stays: see :class:`steadygan.runs.rescues.Change`.
        again: whether it may be tried again, because what it changes depends on what was measured since.
    """

    change: Callable[[Recipe, Seen], Variation | None]
    reason: str
    stays: bool = False
    again: bool = False


OPTIONS: Mapping[str, Option] = {
    # Numbers that are known to be bad.
    "non-saturating": Option(
        options.non_saturating,
        "minimax gives the generator no gradient while the discriminator is sure (Goodfellow et al. 2014, section 3)",
        stays=True,
    ),
    "gradient-penalty-for-clipping": Option(
        options.gradient_penalty_for_clipping,
        "clipped weights make gradients vanish or explode (Gulrajani et al. 2017, section 3)",
        stays=True,
    ),
    "less-momentum": Option(
        options.less_momentum,
        "a momentum of 0.9 lets the players oscillate (Radford et al. 2015, section 4)",
        stays=True,
    ),
    "larger-batch": Option(
        options.larger_batch,
        "a batch of a few images shows the discriminator too few modes (Brock et al. 2018, section 3.1)",
        stays=True,
    ),
    "fewer-moves": Option(
        options.fewer_moves,
        "a discriminator that moves many times for each move of the generator runs away from it",
        stays=True,
    ),
    "balanced-rates": Option(
        options.balanced_rates,
        "one player's weights move out of proportion to the other's",
        stays=True,
        again=True,
    ),
    # In the dark.
    "lower-rates": Option(options.lower_rates, "steps that are too long are the commonest cause"),
    "much-lower-rates": Option(options.much_lower_rates, "steps that are far too long do the same"),
    "calmer": Option(options.calmer, "shorter steps and shortened gradients keep numbers finite", stays=True),
    "much-calmer": Option(options.much_calmer, "steps may have been far too long"),
    "r1": Option(
        options.stronger("r1"), "a discriminator that is flat at real images can converge (Mescheder et al. 2018)"
    ),
    "gradient-penalty": Option(
        options.stronger("gradient-penalty", "weight"),
        "a bounded slope keeps the critic useful (Gulrajani et al. 2017)",
    ),
    "flat-relativistic": Option(
        options.flat_relativistic,
        "each fake is compared with a real image, and the discriminator kept flat at both (Huang et al. 2025)",
    ),
    "instance-noise": Option(
        options.put_in("instance-noise"), "noise lets the two distributions overlap (Sønderby et al. 2016)"
    ),
    "diff-augment": Option(
        options.put_in("diff-augment"), "few images are not learned by heart so soon (Zhao et al. 2020)"
    ),
    "adaptive-augment": Option(
        options.put_in("adaptive-augment"), "augmentation as strong as overfitting asks for (Karras et al. 2020)"
    ),
    "ema": Option(options.put_in("ema"), "an average cancels circling (Yazıcı et al. 2018)", stays=True),
    "experience-replay": Option(
        options.put_in("experience-replay"), "the discriminator does not forget earlier fakes (Shrivastava et al. 2017)"
    ),
    "lr-decay": Option(options.lr_decay, "rates that fall let the players come to rest (Gulrajani et al. 2017)"),
}
"""All treatments by name."""

_KNOWN = (
    "non-saturating",
    "gradient-penalty-for-clipping",
    "larger-batch",
    "less-momentum",
    "fewer-moves",
    "balanced-rates",
)
ORDER: Mapping[Failure, tuple[str, ...]] = {
    # Too high a rate, or a loss without a bound, is what makes numbers overflow: the same twice, then a penalty.
    Failure.NOT_FINITE: ("calmer", "much-calmer", "r1"),
    Failure.EXPLODING_GRADIENTS: ("less-momentum", "balanced-rates", "calmer", "r1", "much-calmer"),
    # In docs/modes.md R1 with R2 and the relativistic game find the most modes of what needs no other networks.
    Failure.MODE_COLLAPSE: (
        *_KNOWN,
        "flat-relativistic",
        "lower-rates",
        "r1",
        "experience-replay",
        "much-lower-rates",
        "instance-noise",
    ),
    Failure.MODE_DROPPING: (*_KNOWN, "flat-relativistic", "r1", "lower-rates", "experience-replay"),
    # What makes it too strong first; then what makes it smooth, which is also what its cards name first.
    Failure.DISCRIMINATOR_WINS: (
        *_KNOWN,
        "r1",
        "flat-relativistic",
        "lower-rates",
        "instance-noise",
        "gradient-penalty",
    ),
    Failure.STALLED: (*_KNOWN, "r1", "flat-relativistic", "lower-rates", "instance-noise"),
    Failure.OSCILLATION: (
        "less-momentum",
        "larger-batch",
        "balanced-rates",
        "ema",
        "r1",
        "lower-rates",
        "experience-replay",
        "lr-decay",
    ),
    Failure.GARBAGE_FOOLING: (*_KNOWN, "flat-relativistic", "r1", "lower-rates"),
    Failure.SATURATED_OUTPUT: (*_KNOWN, "lower-rates", "r1", "instance-noise"),
    # Points have no augmentations, so for them only what blurs the discriminator's view is left.
    Failure.DISCRIMINATOR_OVERFITS: ("diff-augment", "adaptive-augment", "r1", "instance-noise", "lower-rates"),
    Failure.MEMORISATION: ("diff-augment", "adaptive-augment", "r1"),
    # A grid comes from the layers, and data that were prepared in another way stay so.
    Failure.CHECKERBOARD: (),
    Failure.PREPROCESSING_MISMATCH: (),
}
"""The names of the treatments of each failure, the likeliest first."""


FIRST_LOOKS = 6
"""Looks that tell how far a rate moves weights: later, weights that have grown hide that steps are far too long."""


def seen_in(history: History, kind: str, budget: int | None) -> Seen:
    """What the rows of a line say that treatments depend on.

    Args:
        history: of the line.
        kind: of the data.
        budget: images that the run will see; None if that is not known.
    """
    first = {player: history.all(f"doctor/update/{player.value}")[:FIRST_LOOKS] for player in Player}
    updates = {player: _median(values.tolist()) for player, values in first.items()}
    return Seen(kind, budget, {player: value for player, value in updates.items() if value is not None})


def next_treatment(kind: Failure, recipe: Recipe, tried: Sequence[str], seen: Seen) -> Change | None:
    """The treatment of a failure to try next.

    Args:
        kind: the failure.
        recipe: what it is put into.
        tried: the names of those that were tried for this failure.
        seen: what is known of the training.

    Returns:
        None where there is nothing left that changes the recipe, composes with it, and leaves the networks as they are.
    """
    for name in ORDER.get(kind, ()):
        option = OPTIONS[name]
        if name in tried and not option.again:
            continue
        variation = option.change(recipe, seen)
        if variation is None:
            continue
        change = Change(name=name, reason=option.reason, variation=variation, stays=option.stays)
        try:
            changed = change.applied(recipe)
        except SteadyganError:
            continue  # it clashes with what is on
        if _differs(recipe, changed) and _same_networks(recipe, changed, seen):
            return change
    return None


def without_what_did_not_help(in_force: Sequence[Change], recurred: bool) -> tuple[Change, ...]:
    """The changes from which the next try begins.

    Args:
        in_force: all changes of the line that failed; the last one is what was tried.
        recurred: whether what was found now is what that treatment was for.
    """
    if not recurred or not in_force or in_force[-1].stays:
        return tuple(in_force)
    return tuple(in_force[:-1])


def _median(values: list[float]) -> float | None:
    known = sorted(value for value in values if value == value)
    return known[len(known) // 2] if known else None


def _differs(one: Recipe, other: Recipe) -> bool:
    return (one.heuristics, one.settings) != (other.heuristics, other.settings)


def _same_networks(one: Recipe, other: Recipe, seen: Seen) -> bool:
    """Whether networks, latents and the split of the data of one recipe can go on with another."""
    put_in = [each for each in other.heuristics if not one.has(each.name)]
    if any(each.uses_features or (each.images_only and seen.kind != "images") for each in put_in):
        return False
    return _shape(one) == _shape(other)


def _shape(recipe: Recipe) -> tuple[object, ...]:
    settings = recipe.settings
    labels = tuple(each.name for each in recipe.heuristics if each.labels.value != "none")
    built = recipe.blueprint, recipe.network, settings.width, settings.blocks, settings.class_balanced
    return (*built, recipe.latent, recipe.held_out_share, labels)
