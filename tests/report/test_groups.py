import pytest

from steadygan.heuristics.catalogue import heuristic_class
from steadygan.report.groups import group_of, label_of


@pytest.mark.parametrize(
    ("key", "title", "label"),
    [
        ("discriminator/loss", "Losses", "discriminator"),
        ("semi-supervised/loss", "Losses", "semi-supervised"),
        ("generator/gradient_norm", "Gradient norms", "generator"),
        ("logits/real", "Logits", "real"),
        ("logits/held-out", "Logits", "held-out"),
        ("quality/sliced_wasserstein", "Quality: sliced Wasserstein", "sliced Wasserstein"),
        ("quality/checkerboard", "Quality: checkerboard", "checkerboard"),
        ("quality/checkerboard/data", "Quality: checkerboard", "the data themselves"),
        ("quality/accuracy", "Quality: accuracy", "accuracy"),
        ("images_per_second", "Speed", "images a second"),
        ("time/data", "Time", "data"),
        ("r1", "Penalties", "r1"),
        ("r2/extra", "Penalties", "r2 extra"),
        ("lecam", "Penalties", "lecam"),
        ("consistency/generator", "Penalties", "consistency generator"),
        ("balance/accuracy", "Accuracy", "balance"),
        ("semi-supervised/held-out-accuracy", "Accuracy", "semi-supervised held-out"),
        ("new_thing/top_accuracy", "Accuracy", "new thing top"),
        ("adaptive-augment/probability", "Probability", "adaptive-augment"),
        ("probability", "Probability", "probability"),
        ("adaptive-augment/overfitting", "Adaptive augment", "overfitting"),
        ("auxiliary-classifier/fake", "Auxiliary classifier", "fake"),
        ("feature-matching", "Feature matching", "feature-matching"),
        ("vae-hybrid/kl", "VAE hybrid", "KL"),
        ("mine/first", "Mine", "first"),
        ("something-new", "Other measurements", "something-new"),
    ],
)
def test_a_measurement_finds_its_chart_and_its_label_by_its_name(key: str, title: str, label: str) -> None:
    assert (group_of(key).title, label_of(key)) == (title, label)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("auxiliary-classifier/real", "auxiliary-classifier/fake"),
        ("mine/first", "mine/second"),
        ("balance/accuracy", "semi-supervised/accuracy"),
        ("r1", "consistency/discriminator"),
    ],
)
def test_what_belongs_together_shares_a_chart(one: str, other: str) -> None:
    assert group_of(one) == group_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mine/first", "yours/first"),
        ("quality/accuracy", "mine/accuracy"),
        ("mine/accuracy", "mine/probability"),
        ("quality/one", "quality/other"),
    ],
)
def test_what_cannot_be_compared_does_not(one: str, other: str) -> None:
    assert group_of(one).key != group_of(other).key


def test_a_heuristic_is_explained_by_its_card() -> None:
    assert group_of("adaptive-augment/overfitting").hint == heuristic_class("adaptive-augment").card.summary
    assert group_of("mine/first").hint == ""
