"""The manifest of a run: what ``run.json`` says of its data, its settings and its networks."""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from steadygan.data import DataSettings, Prepared, absolute_name
from steadygan.errors import SteadyganError
from steadygan.runs.folder import RunFolder, write_json
from steadygan.settings import TrainingSettings
from steadygan.vocabulary import Player

FORMAT = 1
"""The newest format that this version reads; a new field with a default needs no new format."""
CUSTOM = "custom"
"""The network name of a network that the user brought."""
_TUNED_FOR_BEFORE = "amx"
"""What convolutions were tuned for in runs whose manifest does not say it: there was one set of numbers."""


class NewerFormatError(SteadyganError):
    """A run was written by a version of steadygan that is newer than this one."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DataRecord(_Section):
    """What a run was trained on.

    Attributes:
        source: what the user named as data.
        location: the same with an absolute path; empty for data that are not on the disk, and in old runs.
        kind: ``images`` or ``vectors``.
        shape: of one item: (H, W, C), or (D,) for vectors.
        count: how many items there are.
        class_names: the name of each class; () without labels.
        labelled: whether the data have labels.
        unlabelled: how many items have no label, although the data have labels.
        fingerprint: text that changes with the prepared data.
        skipped: how many files were not used.
        seconds: how long the preparation took.
    """

    source: str
    location: str = ""
    kind: Literal["images", "vectors"]
    shape: tuple[int, ...]
    count: int = Field(ge=0)
    class_names: tuple[str, ...] = ()
    labelled: bool = False
    unlabelled: int = Field(0, ge=0)
    fingerprint: str
    skipped: int = Field(0, ge=0)
    seconds: float = Field(0.0, ge=0)

    @classmethod
    def of(cls, data: Prepared) -> Self:
        """Describe prepared data."""
        return cls(
            source=data.source,
            location=absolute_name(data.source),
            kind=data.kind,
            shape=data.shape,
            count=len(data),
            class_names=data.class_names,
            labelled=data.labels is not None,
            unlabelled=data.unlabelled,
            fingerprint=data.fingerprint,
            skipped=len(data.skipped),
            seconds=round(data.seconds, 3),
        )

    def moved_to(self, data: Prepared) -> Self:
        """The same data, found where ``data`` come from, if that is on the disk."""
        location = absolute_name(data.source)
        if location in ("", self.location):
            return self
        return self.model_copy(update={"source": data.source, "location": location})


class NetworkRecord(_Section):
    """One of a run's two networks.

    Attributes:
        name: of the network, or :data:`CUSTOM` for a network of the user's own.
        parameters: how many it has.
    """

    name: str
    parameters: int = Field(ge=0)


class RunManifest(_Section):
    """What a run is: its data, its settings and its networks.

    Attributes:
        format: of this file.
        version: of steadygan that began the run.
        name: of the run folder.
        started: when the run began, as ISO 8601 text.
        data: what it is trained on.
        data_settings: how the data were prepared.
        training: how long, on what and with which seed it trains.
        networks: its networks by player.
        classes: how many classes it uses, 0 for none; None where an old run does not say.
        held_out: how many items no move is trained on; None where an old run does not say.
        notes: sentences about what was changed for the data.
        keras_backend: on which Keras trained it, such as ``jax``; None for a run of :func:`steadygan.train`.
    """

    format: int = Field(FORMAT, ge=1, le=FORMAT)
    version: str = ""
    name: str
    started: str = ""
    data: DataRecord
    data_settings: DataSettings
    training: TrainingSettings
    networks: dict[Player, NetworkRecord]
    classes: int | None = Field(None, ge=0)
    held_out: int | None = Field(None, ge=0)
    notes: tuple[str, ...] = ()
    keras_backend: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _fill_in_old_runs(cls, values: Any) -> Any:
        if isinstance(values, dict) and isinstance(values.get("training"), dict):
            return {**values, "training": {"tuned_for": _TUNED_FOR_BEFORE, **values["training"]}}
        return values

    @property
    def is_custom(self) -> bool:
        """Whether a network is the user's own."""
        return any(network.name == CUSTOM for network in self.networks.values())


def read_manifest(folder: RunFolder) -> RunManifest:
    """Read the manifest of a run.

    Raises:
        NewerFormatError: when a newer version of steadygan wrote it.
        SteadyganError: when the folder holds no run, or its manifest is damaged.
    """
    content = folder.require().read_json(folder.manifest)
    format_ = content.get("format", FORMAT) if isinstance(content, dict) else FORMAT
    if isinstance(format_, int) and format_ > FORMAT:
        raise NewerFormatError(
            f"'{folder.path}' was written by a newer version of steadygan: its {folder.manifest.name} has format "
            f"{format_}, and this version reads formats up to {FORMAT}; update steadygan"
        )
    try:
        return RunManifest.model_validate(content)
    except (ValidationError, SteadyganError):
        raise SteadyganError(f"'{folder.path}' is not complete or not of this version; start a new run") from None


def write_manifest(folder: RunFolder, manifest: RunManifest) -> None:
    """Write the manifest of a run; from then on the folder counts as a run."""
    write_json(folder.manifest, manifest.model_dump(mode="json"))
