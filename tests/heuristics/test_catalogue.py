import importlib
import inspect
import pkgutil
from itertools import pairwise

import pytest
from pydantic import ValidationError

from steadygan import heuristics
from steadygan.errors import SteadyganError
from steadygan.heuristics.base import Heuristic
from steadygan.heuristics.catalogue import BUILT_IN, heuristic_class
from steadygan.vocabulary import Slot

# What publications and their authors' code say.
PUBLISHED: list[tuple[str, dict[str, object], str]] = [
    ("uniform-latent", {"dimension": 100}, "Radford et al. 2015, figure 1"),
    ("leaky-relu", {"slope": 0.2}, "Radford et al. 2015, section 4"),
    ("normal-init", {"std": 0.02}, "Radford et al. 2015, section 4"),
    ("adam", {"lr": 2e-4, "betas": [0.5, 0.999]}, "Radford et al. 2015, section 4; Kingma and Ba 2014, algorithm 1"),
    ("one-sided-smoothing", {"low": 0.9, "high": 0.9}, "Salimans et al. 2016, section 3.4"),
    ("minibatch-discrimination", {"kernels": 100, "dimension": 5}, "openai/improved-gan, mnist_svhn_cifar10/nn.py"),
    ("soft-labels", {"real": [0.7, 1.2], "fake": [0.0, 0.3]}, "soumith/ganhacks, item 6"),
    ("soft-classes", {"smoothing": 0.1}, "Szegedy et al. 2015, section 7"),
    ("experience-replay", {"share": 0.5}, "Shrivastava et al. 2016, section 2.3"),
    ("weight-clipping", {"bound": 0.01}, "Arjovsky et al. 2017, algorithm 1"),
    ("gradient-penalty", {"weight": 10.0, "target": 1.0}, "Gulrajani et al. 2017, equation 3 and algorithm 1"),
    ("minibatch-stddev", {"group": 4}, "tkarras/progressive_growing_of_gans, networks.py"),
    ("spectral-norm", {"iterations": 1, "in_generator": False}, "Miyato et al. 2018, algorithm 1"),
    ("orthogonal", {"weight": 1e-4}, "Brock et al. 2018, section 3.1"),
    ("adaptive-augment", {"target": 0.6, "speed": 500_000, "interval": 4}, "NVlabs/stylegan2-ada-pytorch, train.py"),
    ("diff-augment", {"policy": ["color", "translation", "cutout"]}, "Zhao et al. 2020, section 3.2"),
    (
        "consistency",
        {"real": 10.0, "fake": 10.0, "latent_discriminator": 5.0, "latent_generator": 0.5, "sigma": 0.03},
        "Zhao et al. 2020, Improved Consistency Regularization for GANs",
    ),
    ("lecam", {"weight": 0.3}, "google/lecam-gan, biggan_cifar/scripts"),
]

IMPOSSIBLE: list[tuple[str, dict[str, object]]] = [
    ("adam", {"lr": -2e-4}),
    ("adam", {"lr": float("nan")}),
    ("sgd-discriminator", {"lr": float("inf")}),
    ("r1", {"gamma": float("nan")}),
    ("r2", {"gamma": -1.0}),
    ("noisy-labels", {"probability": 2}),
    ("horizontal-flip", {"probability": 2}),
    ("generator-dropout", {"probability": 2}),
    ("soft-labels", {"real": [0.7, float("nan")]}),
    ("instance-noise", {"std": -0.1}),
    ("instance-noise", {"images": 0}),
    ("normal-latent", {"dimension": 0}),
    ("uniform-latent", {"dimension": 2.5}),
    ("sphere-latent", {"dimension": 1}),
    ("diff-augment", {"policy": []}),
    ("diff-augment", {"policy": ["colour"]}),
    ("ema", {"half_life": -1}),
    ("leaky-relu", {"slope": float("nan")}),
    ("normal-init", {"std": "wide"}),
    ("larger-discriminator", {"factor": 100}),
]


def by_name(kind: type[Heuristic]) -> str:
    return kind.name


def test_no_two_heuristics_have_one_name() -> None:
    names = [kind.name for kind in BUILT_IN]
    assert len(names) == len(set(names))


def in_the_files() -> set[type[Heuristic]]:
    """Every class below the package that has a name of its own; those without one are there to be inherited from."""
    found: set[type[Heuristic]] = set()
    for module in pkgutil.walk_packages(heuristics.__path__, f"{heuristics.__name__}."):
        classes = inspect.getmembers(importlib.import_module(module.name), inspect.isclass)
        found |= {kind for _, kind in classes if issubclass(kind, Heuristic) and "name" in vars(kind)}
    return found


@pytest.mark.parametrize("slot", Slot)
def test_every_heuristic_of_a_slot_is_in_the_catalogue(slot: Slot) -> None:
    written = {kind for kind in in_the_files() if kind.slot is slot}
    assert written == {kind for kind in BUILT_IN if kind.slot is slot}
    assert written


@pytest.mark.parametrize("kind", BUILT_IN, ids=by_name)
def test_every_heuristic_has_a_card_of_its_own(kind: type[Heuristic]) -> None:
    assert "card" in vars(kind)
    assert kind.card.sources


@pytest.mark.parametrize("kind", BUILT_IN, ids=by_name)
def test_a_heuristic_is_found_by_its_name(kind: type[Heuristic]) -> None:
    assert heuristic_class(kind.name) is kind


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("noisy-label", "noisy-labels"), ("batchnorm", "batch-norm"), ("relativstic", "relativistic")],
)
def test_an_unknown_name_is_refused_with_the_nearest(wrong: str, right: str) -> None:
    with pytest.raises(SteadyganError, match=f"There is no heuristic '{wrong}'; did you mean '{right}'"):
        heuristic_class(wrong)


def test_a_name_like_no_other_is_refused_with_all_names() -> None:
    with pytest.raises(SteadyganError) as refused:
        heuristic_class("zzzzzz")
    assert all(kind.name in str(refused.value) for kind in BUILT_IN)


@pytest.mark.parametrize(("name", "published", "source"), PUBLISHED, ids=[name for name, _, _ in PUBLISHED])
def test_the_defaults_are_those_of_the_publications(name: str, published: dict[str, object], source: str) -> None:
    parameters = heuristic_class(name)().parameters()
    assert {key: parameters[key] for key in published} == published, source


def test_two_time_scales_and_adam_make_the_rates_of_self_attention() -> None:
    """Zhang et al. 2018, section 4: 0.0004 for the discriminator and 0.0001 for the generator."""
    rate, factors = heuristic_class("adam")().parameters()["lr"], heuristic_class("two-time-scales")().parameters()
    assert isinstance(rate, float)
    assert [rate * factors[player] for player in ("discriminator", "generator")] == pytest.approx([4e-4, 1e-4])


@pytest.mark.parametrize("kind", BUILT_IN, ids=by_name)
def test_a_heuristic_survives_the_way_through_its_plain_parameters(kind: type[Heuristic]) -> None:
    heuristic = kind()
    assert kind.model_validate(heuristic.parameters()) == heuristic


@pytest.mark.parametrize("kind", BUILT_IN, ids=by_name)
def test_every_heuristic_refuses_unknown_parameters(kind: type[Heuristic]) -> None:
    with pytest.raises(ValidationError, match="gama"):
        kind.model_validate({"gama": 1.0})


@pytest.mark.parametrize("kind", [kind for kind in BUILT_IN if kind.model_fields], ids=by_name)
def test_every_heuristic_is_frozen(kind: type[Heuristic]) -> None:
    field = next(iter(kind.model_fields))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(kind(), field, getattr(kind(), field))


@pytest.mark.parametrize(("name", "parameters"), IMPOSSIBLE)
def test_impossible_values_are_refused(name: str, parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        heuristic_class(name).model_validate(parameters)


def numbers() -> list[tuple[type[Heuristic], str]]:
    """Every parameter whose default is a number with a fraction."""
    return [
        (kind, name) for kind in BUILT_IN for name, value in kind().parameters().items() if isinstance(value, float)
    ]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize(("kind", "parameter"), numbers(), ids=str)
def test_no_parameter_takes_what_is_not_a_finite_number(kind: type[Heuristic], parameter: str, value: float) -> None:
    with pytest.raises(ValidationError):
        kind.model_validate({parameter: value})


def test_labels_are_flipped_before_they_are_softened() -> None:
    order = [kind.name for kind in BUILT_IN if kind.slot is Slot.TARGET]
    assert order[0] == "noisy-labels"


def test_heuristics_of_one_slot_stand_together() -> None:
    slots = [kind.slot for kind in BUILT_IN]
    changes = sum(first is not second for first, second in pairwise(slots))
    assert changes == len(Slot) - 1


@pytest.mark.parametrize("slot", Slot)
def test_every_slot_asks_a_question(slot: Slot) -> None:
    assert slot.question.endswith("?")


def test_latent_objective_update_and_schedule_hold_one_heuristic() -> None:
    assert {slot for slot in Slot if slot.holds_one} == {Slot.LATENT, Slot.OBJECTIVE, Slot.UPDATE, Slot.SCHEDULE}
