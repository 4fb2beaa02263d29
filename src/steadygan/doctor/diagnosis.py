"""Judges a training by what it has written: a run by all its figures, any other by its losses alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from steadygan.doctor.checkup import setting_of
from steadygan.doctor.clock import USUAL_BATCH
from steadygan.doctor.examiner import Examiner
from steadygan.doctor.files import read_rows
from steadygan.doctor.finding import Finding
from steadygan.doctor.history import Setting
from steadygan.doctor.looks import PREFIX
from steadygan.doctor.losses_alone import LESS_SURE, rules_for
from steadygan.doctor.treatments import Patient, to_repeat, treated
from steadygan.doctor.words import is_healthy
from steadygan.errors import SteadyganError
from steadygan.files import LARGEST_RECIPE, read_text
from steadygan.recipe import Recipe
from steadygan.recipes import parse
from steadygan.runs.folder import RunFolder
from steadygan.runs.manifest import read_manifest


@dataclass(frozen=True)
class Diagnosis:
    """What is found in a training afterwards.

    Attributes:
        source: what was read.
        images: real images seen.
        findings: in the order of time, with what treats them.
        note: a sentence about how sure they are; empty where all was there to judge by.
        rows: what was read.
    """

    source: str
    images: int
    findings: tuple[Finding, ...]
    note: str
    rows: tuple[Mapping[str, Any], ...]

    @property
    def is_healthy(self) -> bool:
        """Whether no warning and nothing critical lasts."""
        return is_healthy(self.findings)

    def as_json(self) -> dict[str, Any]:
        """What ``steadygan diagnose --json`` prints."""
        return {
            "source": self.source,
            "images": self.images,
            "healthy": self.is_healthy,
            "note": self.note,
            "findings": [each.model_dump(mode="json") for each in self.findings],
        }


def diagnose(
    path: Path | str,
    mapping: Mapping[str, str] | None = None,
    batch: int = USUAL_BATCH,
    items: int | None = None,
) -> Diagnosis:
    """Judge a training by what it has written.

    Args:
        path: a run folder, or a file of measurements of any trainer; see :func:`steadygan.doctor.files.read_rows`.
        mapping: names in the file by canonical name.
        batch: images in a step, where the file counts steps.
        items: how many the data have, if it is known.

    Raises:
        SteadyganError: when there is nothing to read, or it holds no losses.
    """
    folder = RunFolder(path)
    if folder.exists():
        rows = [row for row in folder.read_rows(folder.metrics) if isinstance(row.get("images"), int)]
        if not rows:
            raise SteadyganError(f"'{path}' has no measurements yet; let it train for a while")
        return _diagnosis(str(path), rows, *_known(folder))
    rows = read_rows(path, mapping, batch, items)
    return _diagnosis(str(path), rows, Setting(items=items), Patient())


def _diagnosis(source: str, rows: Sequence[Mapping[str, Any]], setting: Setting, patient: Patient) -> Diagnosis:
    looked = _are_looks(rows)
    examiner = Examiner(setting, rules_for(looked)).read(rows)
    findings = tuple(treated(finding, patient) for finding in examiner.findings)
    return Diagnosis(source, examiner.history.images, findings, "" if looked else LESS_SURE, tuple(rows))


def _are_looks(rows: Iterable[Mapping[str, Any]]) -> bool:
    return any(name.startswith(PREFIX) for row in rows for name in row)


def _known(folder: RunFolder) -> tuple[Setting, Patient]:
    """What a run folder says of the training beside its rows; what cannot be read is not known."""
    manifest, recipe = read_manifest(folder), _recipe(folder)
    data = manifest.data
    if recipe is None:
        return Setting(kind=data.kind, items=data.count or None), Patient(source=data.source)
    setting = setting_of(data.kind, data.shape[0], data.count, recipe)
    # Keras does not say how many items it is given
    settings = to_repeat(manifest.data_settings, manifest.training)
    patient = Patient(recipe, data.source, str(folder.recipe), settings, data.labelled)
    return replace(setting, items=data.count or None), patient


def _recipe(folder: RunFolder) -> Recipe | None:
    try:
        return parse(read_text(folder.recipe, LARGEST_RECIPE), str(folder.recipe))
    except (SteadyganError, ValueError, OSError):
        return None
