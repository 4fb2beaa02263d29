"""The data, the settings, the networks and the environment as lists of names and values."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from steadygan.amounts import things
from steadygan.report.read import RunRecord, Table, newest
from steadygan.report.words import count, duration, figure, moment, percent, sentence_case, spaced, value_in_words
from steadygan.runs.budget import Budget
from steadygan.runs.manifest import DataRecord, RunManifest
from steadygan.settings import TrainingSettings

Facts = list[tuple[str, str]]
_CLASSES = 100
_NAMED = 16
"""The most classes whose names stand among the facts."""
_OF_LABELS = {"labels", "label_share", "labels_per_class"}
"""Settings of which the facts on the data say what came of them."""
_OF_KERAS = {"images", "seed", "precision"}
"""Settings that a run with Keras has; the others are those of :func:`steadygan.train`."""
_NAMES = {
    "steadygan": "steadygan",
    "torch": "PyTorch",
    "numpy": "NumPy",
    "jax": "JAX",
    "tensorflow": "TensorFlow",
    "images": "Images planned",
    "minutes": "Minutes planned",
    "keep": "Checkpoints kept",
    "tensorboard": "TensorBoard",
    "max_pixels": "Largest image, pixels",
}


def data_facts(manifest: RunManifest) -> Facts:
    """What the run was trained on, how it was prepared, and what the run made of it."""
    data = manifest.data
    noun = "Vectors" if data.kind == "vectors" else "Images"
    facts = [
        ("Source", data.source),
        (noun, count(data.count) if data.count else ""),  # Keras does not say how many it is given
        ("Shape", shape(data.shape)),
        ("Labels", f"yes, but {count(data.unlabelled)} without" if data.unlabelled else value_in_words(data.labelled)),
        *_labels_used(manifest, noun.lower()),
    ]
    if manifest.keras_backend is None:
        facts += [
            ("Files skipped", count(data.skipped)),
            ("Prepared in", duration(data.seconds)),
            ("Fingerprint", data.fingerprint),
            *flat(manifest.data_settings.model_dump(mode="json")),
        ]
    return [(name, value) for name, value in facts if value]


def _labels_used(manifest: RunManifest, noun: str) -> Facts:
    """Which classes a run uses, how many of their labels training knows, and how many items are held out."""
    names = manifest.data.class_names
    facts = []
    if manifest.classes:
        named = ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
        facts.append(("Classes used", f"{count(manifest.classes)}: {named}" if names else count(manifest.classes)))
        facts.append(("Labels known", _labels_known(manifest.training, manifest.data)))
    elif manifest.classes == 0 and manifest.data.labelled:
        facts.append(("Classes used", "none: this run does not look at the labels"))
    if manifest.held_out:
        held_out = things(manifest.held_out, noun.removesuffix("s"))
        facts.append(("Held out", f"{held_out} that no move is trained on"))
    return facts


def _labels_known(training: TrainingSettings, data: DataRecord) -> str:
    """How many labels training knows, by the settings of the run."""
    if training.labels_per_class:
        return f"{count(training.labels_per_class)} of each class"
    if training.label_share < 1:
        return f"{percent(training.label_share)} of each class"
    return f"all {count(data.count - data.unlabelled)} that there are" if data.count and data.unlabelled else "all"


def shape(sizes: Sequence[int]) -> str:
    """A shape in words: ``28 × 28, grey``."""
    if len(sizes) != 3:
        return things(sizes[0], "value") if len(sizes) == 1 else " × ".join(str(size) for size in sizes)
    colour = {1: "grey", 3: "colour"}.get(sizes[2], things(sizes[2], "channel"))
    return f"{sizes[1]} × {sizes[0]}, {colour}"


def is_flattened(data: DataRecord) -> bool:
    """Whether a picture of these vectors shows only the first two of their numbers."""
    return data.kind == "vectors" and data.shape not in ((1,), (2,))


def class_names(data: DataRecord) -> tuple[tuple[str, ...], int]:
    """The first class names, and how many more there are."""
    return data.class_names[:_CLASSES], max(0, len(data.class_names) - _CLASSES)


def setting_facts(manifest: RunManifest) -> Facts:
    """How the run was started."""
    made_with = f"steadygan {manifest.version}" if manifest.version else ""
    if manifest.keras_backend is None:
        settings = manifest.training.model_dump(mode="json", exclude=_OF_LABELS)
    else:
        made_with += f", Keras on {_NAMES.get(manifest.keras_backend, manifest.keras_backend)}"
        settings = manifest.training.model_dump(mode="json", include=_OF_KERAS)
    facts = [("Started", moment(manifest.started)), ("Made with", made_with), *flat(settings)]
    return [(name, value) for name, value in facts if value]


def network_facts(manifest: RunManifest) -> Facts:
    """The names and sizes of the two networks."""
    return [
        (titled(player), f"{network.name}, {things(network.parameters, 'parameter')}")
        for player, network in manifest.networks.items()
    ]


def flat(values: Table) -> Facts:
    """A flat table as names and values; what is not set is left out."""
    return [(titled(name), value_in_words(value)) for name, value in values.items() if value is not None]


def titled(name: str) -> str:
    """A key as the name of a fact."""
    return _NAMES.get(name, sentence_case(spaced(name)))


def shown_path(folder: Path) -> str:
    """The run folder for use in commands: relative, so that the page tells nothing of the machine it came from."""
    if not folder.is_absolute():
        return folder.as_posix() if folder.name else folder.resolve().name
    return f"runs/{folder.name}" if folder.parent.name == "runs" else folder.name


def own_commands(record: RunRecord, commands: Sequence[str]) -> list[str]:
    """Commands that name the run folder or a file in it, with the folder as in the other commands of the page."""
    own, shown = str(record.folder.path), shown_path(record.folder.path)
    return [command.replace(own, shown) if record.folder.path.is_absolute() else command for command in commands]


def _short(images: int) -> str:
    """A number of images as the command line takes it, such as ``1200k``."""
    for size, letter in ((1_000_000, "M"), (1000, "k")):
        if images % size == 0:
            return f"{images // size}{letter}"
    return str(images)


def _larger_budget(record: RunRecord) -> str:
    """Options of twice the budget, where the run has used it: without them it would be refused to go on."""
    budget = Budget.of(record.training)
    seen, seconds = (newest(record.rows, key) or 0.0 for key in ("images", "seconds"))
    if budget.fraction(int(seen), seconds) < 1:
        return ""
    images = f" --images {_short(round(budget.images * 2))}" if budget.images else ""
    minutes = f" --minutes {figure(budget.minutes * 2)}" if budget.minutes else ""
    return images + minutes


def commands(record: RunRecord) -> list[tuple[str, str]]:
    """What to do next with this run, as lines for a shell, each with what it does."""
    folder = shlex.quote(shown_path(record.folder.path))
    path = shlex.quote(shown_path(record.folder.path) + "/recipe.toml")
    train_on = [("Train on", f"steadygan train --resume {folder}{_larger_budget(record)}")]
    samples = [
        ("Draw samples", f"steadygan sample {folder} -n 64 --out grid.png"),
        ("Walk between samples", f"steadygan interpolate {folder} --out walk.gif"),
    ]
    if record.manifest is not None and record.manifest.keras_backend is not None:
        train_on, samples = [], samples if record.folder.generator.is_file() else []
    return [
        *train_on,
        *samples,
        ("Use this recipe again", f"steadygan train DATA --recipe {path}"),
        ("Rebuild this page", f"steadygan report {folder}"),
    ]
