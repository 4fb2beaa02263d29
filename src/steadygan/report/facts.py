"""The data, the settings, the networks and the environment as lists of names and values."""

import shlex
from pathlib import Path

from steadygan.report.read import RunRecord, Table, number, table, text, texts
from steadygan.report.words import count, duration, moment, percent, plain, sentence_case, spaced, things

Facts = list[tuple[str, str]]
_CLASSES = 100
_NAMED = 16
"""The most classes whose names stand among the facts."""
_OF_LABELS = frozenset({"labels", "label_share", "labels_per_class"})
"""Settings of which the facts on the data say what came of them."""
_NAMES = {
    "steadygan": "steadygan",
    "torch": "PyTorch",
    "numpy": "NumPy",
    "images": "Images planned",
    "minutes": "Minutes planned",
    "keep": "Checkpoints kept",
    "tensorboard": "TensorBoard",
    "max_pixels": "Largest image, pixels",
}


def data_facts(data: Table, prepared: Table, run: Table | None = None) -> Facts:
    """What the run was trained on, how it was prepared, and what the run made of it.

    Args:
        data: source, kind, shape and the like.
        prepared: settings of the preparation.
        run: the rest of ``run.json``, for labels and what is held out.
    """
    kind = text(data.get("kind"))
    noun = "Vectors" if kind == "vectors" else "Images"
    facts = [
        ("Source", text(data.get("source"))),
        (noun, count(number(data.get("count"))) if "count" in data else ""),
        ("Shape", shape(data.get("shape"))),
        ("Labels", _labels(data)),
        *_labels_used(run or {}, noun.lower()),
        ("Files skipped", count(number(data.get("skipped"))) if "skipped" in data else ""),
        ("Prepared in", duration(number(data.get("seconds"))) if "seconds" in data else ""),
        ("Fingerprint", text(data.get("fingerprint"))),
    ]
    return [(name, value) for name, value in facts + flat(prepared) if value]


def _labels(data: Table) -> str:
    """Whether there are labels, and how many items have none."""
    unlabelled = number(data.get("unlabelled"))
    if unlabelled:
        return f"yes, but {count(unlabelled)} without"
    return "" if "labelled" not in data else plain(data["labelled"])


def _labels_used(run: Table, noun: str) -> Facts:
    """Which classes a run uses, how many of their labels training knows, and how many items are held out."""
    classes, held_out = number(run.get("classes")), number(run.get("held_out"))
    facts = []
    if classes:
        names = texts(table(run.get("data")).get("class_names"))
        named = ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
        facts.append(("Classes used", f"{count(classes)}: {named}" if names else count(classes)))
        facts.append(("Labels known", _known(table(run.get("training")), table(run.get("data")))))
    elif classes == 0 and table(run.get("data")).get("labelled") is True:
        facts.append(("Classes used", "none: this run does not look at the labels"))
    if held_out:
        facts.append(("Held out", f"{things(held_out, noun.removesuffix('s'), noun)} that no move is trained on"))
    return facts


def _known(plan: Table, data: Table) -> str:
    """How many labels training knows, by the settings of the run."""
    per_class, share = number(plan.get("labels_per_class")), number(plan.get("label_share"))
    if per_class:
        return f"{count(per_class)} of each class"
    if share is not None and share < 1:
        return f"{percent(share)} of each class"
    items, unlabelled = number(data.get("count")), number(data.get("unlabelled"))
    return f"all {count(items - unlabelled)} that there are" if items and unlabelled else "all"


def shape(value: object) -> str:
    """A shape in words: ``28 × 28, grey``."""
    if not isinstance(value, list) or not all(isinstance(size, int) for size in value):
        return ""
    if len(value) != 3:
        return " × ".join(str(size) for size in value) + (" values" if len(value) == 1 else "")
    colour = {1: "grey", 3: "colour"}.get(value[2], f"{value[2]} channels")
    return f"{value[1]} × {value[0]}, {colour}"


def is_flattened(data: Table) -> bool:
    """Whether a picture of these vectors shows only the first two of their numbers."""
    size = data.get("shape")
    return data.get("kind") == "vectors" and isinstance(size, list) and size not in ([1], [2])


def class_names(data: Table) -> tuple[tuple[str, ...], int]:
    """The first class names, and how many more there are."""
    names = texts(data.get("class_names"))
    return names[:_CLASSES], max(0, len(names) - _CLASSES)


def setting_facts(record: RunRecord) -> Facts:
    """How the run was started."""
    started, version = text(record.run.get("started")), text(record.run.get("version"))
    facts = [("Started", moment(started)), ("Made with", f"steadygan {version}" if version else "")]
    facts += flat({name: value for name, value in record.plan.items() if name not in _OF_LABELS})
    return [(name, value) for name, value in facts if value]


def network_facts(networks: Table) -> Facts:
    """The two players."""
    facts = []
    for player, network in networks.items():
        parameters = number(table(network).get("parameters"))
        size = f"{count(parameters)} parameters" if parameters is not None else ""
        parts = [part for part in (text(table(network).get("name")), size) if part]
        facts.append((titled(player), ", ".join(parts)))
    return facts


def flat(values: Table) -> Facts:
    """A flat table as names and values; what is not set is left out."""
    return [(titled(name), plain(value)) for name, value in values.items() if value is not None]


def titled(name: str) -> str:
    """A key as the name of a fact."""
    return _NAMES.get(name, sentence_case(spaced(name)))


def shown_path(folder: Path) -> str:
    """The run folder for use in commands: relative, so that the page tells nothing of the machine it came from."""
    if not folder.is_absolute():
        return folder.as_posix() if folder.name else folder.resolve().name
    return f"runs/{folder.name}" if folder.parent.name == "runs" else folder.name


def _short(images: int) -> str:
    """A number of images as the command line takes it, such as ``1200k``."""
    for size, letter in ((1_000_000, "M"), (1000, "k")):
        if images % size == 0:
            return f"{images // size}{letter}"
    return str(images)


def commands(record: RunRecord) -> list[tuple[str, str]]:
    """What to do next with this run, as lines for a shell, each with what it does."""
    place = shlex.quote(shown_path(record.folder.path))
    aim, seen = number(record.plan.get("images")), max((row["images"] for row in record.rows), default=0)
    further = f" --images {_short(round(aim * 2))}" if aim and seen >= aim else ""
    return [
        ("Train on", f"steadygan train --resume {place}{further}"),
        ("Draw samples", f"steadygan sample {place} -n 64 --out grid.png"),
        ("Walk between samples", f"steadygan interpolate {place} --out walk.gif"),
        (
            "Use this recipe again",
            f"steadygan train DATA --recipe {shlex.quote(shown_path(record.folder.path) + '/recipe.toml')}",
        ),
        ("Rebuild this page", f"steadygan report {place}"),
    ]
