from pathlib import Path
from typing import Any

import pytest

from steadygan.report.facts import (
    class_names,
    commands,
    data_facts,
    is_flattened,
    network_facts,
    setting_facts,
    shape,
    shown_path,
)
from steadygan.report.read import read_run_record
from steadygan.runs.manifest import DataRecord, RunManifest
from tests.report.example import RUN, build_run


def manifest(data: dict[str, Any] | None = None, **given: Any) -> RunManifest:
    """The manifest of the example with other data, classes or settings."""
    return RunManifest.model_validate(RUN | {"data": RUN["data"] | (data or {})} | given)


def data_of(**given: Any) -> DataRecord:
    return manifest(given).data


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ((28, 28, 1), "28 × 28, grey"),
        ((32, 64, 3), "64 × 32, colour"),
        ((8, 8, 5), "8 × 8, 5 channels"),
        ((2,), "2 values"),
    ],
)
def test_shapes_are_written_width_first(value: tuple[int, ...], words: str) -> None:
    assert shape(value) == words


def test_data_are_listed_with_their_settings() -> None:
    listed = dict(data_facts(manifest()))
    assert listed["Images"] == "60,000"
    assert listed["Resolution"] == "28"
    assert "Channels" not in listed  # it is not set
    assert dict(data_facts(manifest({"kind": "vectors", "shape": [2], "count": 500})))["Vectors"] == "500"


LABELLED: dict[str, Any] = {"classes": 4, "held_out": 180}


def test_classes_labels_and_what_is_held_out_are_listed() -> None:
    listed = dict(data_facts(manifest(**LABELLED)))
    assert listed["Classes used"] == "4: zero, one, two, three"
    assert listed["Labels known"] == "all"
    assert listed["Held out"] == "180 images that no move is trained on"


@pytest.mark.parametrize(
    ("settings", "known"),
    [
        ({"labels_per_class": 10, "label_share": 1.0}, "10 of each class"),
        ({"label_share": 0.015}, "1.5% of each class"),
        ({}, "all"),
    ],
)
def test_how_many_labels_are_known_follows_from_the_settings(settings: dict[str, Any], known: str) -> None:
    assert dict(data_facts(manifest(**LABELLED, training=settings)))["Labels known"] == known


def test_how_many_items_are_unlabelled_is_listed() -> None:
    data = {"count": 100, "unlabelled": 60}
    listed = dict(data_facts(manifest(data, **LABELLED)))
    assert listed["Labels"] == "yes, but 60 without"
    assert listed["Labels known"] == "all 40 that there are"
    some = dict(data_facts(manifest(data, **LABELLED, training={"labels_per_class": 3})))
    assert some["Labels known"] == "3 of each class"
    assert dict(data_facts(manifest(data | {"unlabelled": 0}, **LABELLED)))["Labels known"] == "all"


def test_labels_that_are_not_looked_at_are_said_to_be_so() -> None:
    listed = dict(data_facts(manifest(classes=0, held_out=0)))
    assert listed["Classes used"].startswith("none")
    assert not {"Labels known", "Held out"} & set(listed)
    assert "Classes used" not in dict(data_facts(manifest()))  # a run of the past, which did not say


def test_of_many_classes_the_first_are_named() -> None:
    names = [f"{n:03}" for n in range(1000)]
    listed = dict(data_facts(manifest({"class_names": names}, **LABELLED | {"classes": 1000})))
    assert listed["Classes used"].startswith("1,000: 000, 001,")
    assert listed["Classes used"].endswith("015, …")


@pytest.mark.parametrize(
    ("kind", "size", "flattened"),
    [("vectors", [2], False), ("vectors", [1], False), ("vectors", [5], True), ("images", [8, 8, 1], False)],
)
def test_vectors_of_more_than_two_numbers_are_shown_in_part(kind: str, size: list[int], flattened: bool) -> None:
    assert is_flattened(data_of(kind=kind, shape=size)) == flattened


def test_many_classes_are_cut_short() -> None:
    names, more = class_names(data_of(class_names=[f"class {n}" for n in range(1000)]))
    assert (len(names), more) == (100, 900)


def test_networks_have_name_and_size() -> None:
    assert network_facts(manifest())[0] == ("Generator", "dcgan, 1,243,009 parameters")


def test_no_command_names_a_folder_of_this_machine(run_folder: Path) -> None:
    lines = [line for _, line in commands(read_run_record(run_folder))]
    assert lines[0] == "steadygan train --resume runs/first --images 1200k"
    assert "steadygan sample runs/first -n 64 --out grid.png" in lines
    assert not any(str(run_folder.parent.parent) in line for line in lines)


def test_a_run_that_used_its_minutes_goes_on_with_twice_as_many(tmp_path: Path) -> None:
    for name, settings, further in (("a", {"minutes": 2.5}, "--minutes 5"), ("b", {}, "--minutes 60")):
        build_run(tmp_path / name, run=RUN | {"training": settings}, measured=[{"images": 900, "seconds": 1800.0}])
        assert commands(read_run_record(tmp_path / name))[0][1] == f"steadygan train --resume {name} {further}"


def test_an_unfinished_run_goes_on_to_its_own_aim(tmp_path: Path) -> None:
    build_run(tmp_path / "runs" / "first", measured=[{"images": 599_999}])
    assert commands(read_run_record(tmp_path / "runs" / "first"))[0] == (
        "Train on",
        "steadygan train --resume runs/first",
    )


@pytest.mark.parametrize(
    ("folder", "shown"), [("runs/a", "runs/a"), ("/home/me/runs/a", "runs/a"), ("/home/me/experiment", "experiment")]
)
def test_the_folder_is_named_relative(folder: str, shown: str) -> None:
    assert shown_path(Path(folder)) == shown


def test_a_run_with_keras_says_so_and_offers_no_command_that_would_be_refused(tmp_path: Path) -> None:
    build_run(tmp_path / "runs" / "k", run=RUN | {"keras_backend": "jax", "data": RUN["data"] | {"count": 0}})
    record = read_run_record(tmp_path / "runs" / "k")
    assert record.manifest is not None
    said = dict(setting_facts(record.manifest))
    assert said["Made with"] == "steadygan 0.1.0, Keras on JAX"
    assert {*said} == {"Started", "Made with", "Images planned", "Seed", "Precision"}
    assert {*dict(data_facts(record.manifest))} == {"Source", "Shape", "Labels"}
    assert {what for what, _ in commands(record)} == {"Use this recipe again", "Rebuild this page"}
    record.folder.generator.touch()  # networks of the package's own can be sampled from by it
    assert commands(record)[0] == ("Draw samples", "steadygan sample runs/k -n 64 --out grid.png")
    assert "Train on" not in {what for what, _ in commands(record)}
