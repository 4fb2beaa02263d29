"""The labels of a run: which of them it uses, which players take them, and which combinations are refused."""

from torch import nn

from steadygan.blueprint import Blueprint
from steadygan.data import Prepared
from steadygan.errors import SteadyganError
from steadygan.feeding.labels import DataView
from steadygan.recipe import Recipe
from steadygan.settings import TrainingSettings
from steadygan.vocabulary import Labels, Player


def data_view(recipe: Recipe, data: Prepared, training: TrainingSettings) -> DataView:
    """The part of the data and labels that a run uses.

    Args:
        recipe: the recipe, whose heuristics may ask for labels.
        data: the prepared data.
        training: the settings that the user gave.

    Raises:
        SteadyganError: when the run needs labels and the data have none, or needs all labels and only some are known.
    """
    uses = recipe.asks_for_labels or training.labels
    if (uses or recipe.settings.class_balanced) and not _any_labels(data):
        raise SteadyganError(
            f"{_who_asks(recipe)} and '{data.source}' has none; name a folder whose sub-folders are the classes, "
            "or an .npz with labels"
        )
    if training.some_labels:
        _refuse_some(recipe, training, uses)
    if uses and data.unlabelled:
        _refuse_unlabelled(recipe, data)
    return DataView(
        classes=len(data.class_names) if uses else 0,
        label_share=training.label_share,
        labels_per_class=training.labels_per_class,
        held_out_share=recipe.held_out_share,
        balanced=recipe.settings.class_balanced,
    )


def _any_labels(data: Prepared) -> bool:
    return data.labels is not None and data.unlabelled < len(data)


def _who_asks(recipe: Recipe) -> str:
    asking = next((each.name for each in recipe.heuristics if each.labels is not Labels.NONE), None)
    if asking is not None:
        return f"The heuristic '{asking}' needs labels"
    return "The setting class_balanced needs labels" if recipe.settings.class_balanced else "--labels needs labels"


def _refuse_some(recipe: Recipe, training: TrainingSettings, uses: bool) -> None:
    all_ = _who_needs_all(recipe)
    if all_ is not None:
        raise SteadyganError(
            f"The heuristic '{all_}' needs the label of every image; leave --label-share and --labels-per-class out, "
            "or use --recipe semi-supervised"
        )
    if training.label_share < 1 and training.labels_per_class is not None:
        raise SteadyganError("--label-share and --labels-per-class both say which labels are known; give one of them")
    if not uses:
        raise SteadyganError(
            f"The recipe '{recipe.name}' uses no labels, so there is nothing to keep a share of; "
            "leave --label-share and --labels-per-class out, or use --recipe semi-supervised"
        )


def _who_needs_all(recipe: Recipe) -> str | None:
    return next((each.name for each in recipe.heuristics if each.labels is Labels.ALL), None)


def _refuse_unlabelled(recipe: Recipe, data: Prepared) -> None:
    all_ = _who_needs_all(recipe)
    if all_ is not None or not recipe.asks_for_labels:
        # where no heuristic asks, --labels gives them to the user's own networks, which may know no -1
        who = "--labels" if all_ is None else f"The heuristic '{all_}'"
        raise SteadyganError(
            f"{who} needs the label of every item, but {data.unlabelled:,} of the {len(data):,} in '{data.source}' "
            "have none; use --recipe semi-supervised, or give them classes"
        )


def labelled_players(
    blueprint: Blueprint, own_generator: bool, own_discriminator: bool, labels: bool
) -> frozenset[Player]:
    """The players whose networks take labels.

    Args:
        blueprint: the blueprint of the networks that are built.
        own_generator: whether the generator is the user's own.
        own_discriminator: whether the discriminator is the user's own.
        labels: whether the user's own networks take labels.

    Raises:
        SteadyganError: when the discriminator alone would take labels.
    """
    takes = {
        Player.GENERATOR: labels if own_generator else blueprint.generator_takes_labels,
        Player.DISCRIMINATOR: labels if own_discriminator else blueprint.discriminator_takes_labels,
    }
    if takes[Player.DISCRIMINATOR] and not takes[Player.GENERATOR]:
        raise SteadyganError(
            "The discriminator is given classes and the generator is not, so it cannot make images of them; "
            "give labels=True and a generator that takes them, or a recipe without labels"
        )
    return frozenset(player for player, takes_labels in takes.items() if takes_labels)


def refuse_without_features(recipe: Recipe, discriminator: nn.Module) -> None:
    """Refuse heuristics that need the discriminator's features when it only returns logits.

    Raises:
        SteadyganError: when the recipe has such a heuristic.
    """
    if hasattr(discriminator, "discriminate"):
        return
    curious = next((each.name for each in recipe.heuristics if each.uses_features), None)
    if curious is not None:
        raise SteadyganError(
            f"The heuristic '{curious}' looks at the discriminator's features and yours gives logits alone; give it a "
            "method discriminate(images) that returns a steadygan.heuristics.turn.DiscriminatorOutput, or leave it out"
        )
