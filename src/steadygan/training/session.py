"""Beginning a run, and going on with one."""

import datetime
import json
import shutil
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch import nn

from steadygan.data import DataSettings, Prepared
from steadygan.distributed import any_process, broadcast_string, is_main_process
from steadygan.errors import SteadyganError
from steadygan.feeding.labels import DataView
from steadygan.feeding.scaling import scaling_for
from steadygan.heuristics.blueprint import Blueprint
from steadygan.networks import Networks, build
from steadygan.networks.check import check_networks
from steadygan.recipe import Recipe
from steadygan.recipes import parse
from steadygan.training.agreement import refuse_different_runs, refuse_uneven_batches
from steadygan.training.checkpoint import load_newest
from steadygan.training.compiled import compile_, decompile_, refuse_uncompilable
from steadygan.training.environment import environment
from steadygan.training.export import CUSTOM, GeneratorConfig
from steadygan.training.folder import RunFolder, said_clearly, write_atomically
from steadygan.training.follower import Follower
from steadygan.training.labels import data_view, labelled_players, refuse_without_features
from steadygan.training.loop import Loop
from steadygan.training.observe import Observer, TensorBoard
from steadygan.training.settings import Budget, TrainingSettings, own_device, resolved
from steadygan.training.state import TrainingState, new_training_state
from steadygan.vocabulary import Player

FORMAT = 1
_BEFORE = "amx"
"""What convolutions were tuned for in runs that do not say it: there was one set of numbers."""


@dataclass(frozen=True)
class Own:
    """Networks that the user brings; what is None is built from the recipe."""

    generator: nn.Module | None = None
    discriminator: nn.Module | None = None

    def __bool__(self) -> bool:
        """Whether there is any."""
        return self.generator is not None or self.discriminator is not None


@dataclass(frozen=True)
class Stored:
    """What a run folder says of its run.

    Attributes:
        recipe: the complete recipe.
        training: settings of the run.
        data: settings of its data.
        source: what the user named as data.
        fingerprint: of the data.
        custom: whether a network was the user's own.
    """

    recipe: Recipe
    training: TrainingSettings
    data: DataSettings
    source: str
    fingerprint: str
    custom: bool


def read_run(folder: RunFolder) -> Stored:
    """Read what a run folder says.

    Raises:
        SteadyganError: when it is no run folder or is damaged.
    """
    run = folder.require().read_json(folder.run)
    try:
        return Stored(
            recipe=parse(folder.recipe.read_text("utf-8"), str(folder.recipe)),
            training=TrainingSettings.model_validate({"tuned_for": _BEFORE, **run["training"]}),
            data=DataSettings.model_validate(run["data_settings"]),
            source=run["data"]["source"],
            fingerprint=run["data"]["fingerprint"],
            custom=CUSTOM in (run["networks"]["generator"]["name"], run["networks"]["discriminator"]["name"]),
        )
    except (KeyError, TypeError, ValueError, OSError, tomllib.TOMLDecodeError):
        raise SteadyganError(f"'{folder.path}' is not complete or not of this version; start a new run") from None


def begin(
    data: Prepared,
    recipe: Recipe,
    training: TrainingSettings,
    data_settings: DataSettings,
    folder: RunFolder,
    own: Own,
    overwrite: bool,
    notes: Sequence[str],
    observers: Sequence[Observer],
) -> Loop | Follower:
    """Build everything for a new run and write down what it is.

    Of several processes one writes; the others get what follows its steps.

    Args:
        data: prepared data.
        recipe: fitting the kind of data.
        training: how long, on what.
        data_settings: how the data were prepared.
        folder: where the run is saved.
        own: networks that the user brings.
        overwrite: whether a run that is there may be replaced.
        notes: sentences for the record.
        observers: who watches.

    Raises:
        SteadyganError: when networks do not fit, or the folder cannot be used.
    """
    training = _agreed(resolved(training, data.kind))
    torch.manual_seed(training.seed)
    state, names = new_players(recipe, data, own, own_device(training.device), training)
    if not is_main_process():
        return Follower(state, training)
    _make_room(folder, overwrite)  # only now: what does not fit must not cost the run that is there
    _write_run(folder, state, training, data_settings, names, notes)
    return _loop(state, folder, training, own, names, observers)


def _agreed(training: TrainingSettings) -> TrainingSettings:
    """The settings with what the first process's machine is best at: weights stay alike only if all compute alike."""
    return training.model_copy(
        update={"tuned_for": broadcast_string("what convolutions are tuned for", lambda: training.tuned_for)}
    )


def resume(
    folder: RunFolder,
    stored: Stored,
    training: TrainingSettings,
    data: Prepared,
    own: Own,
    observers: Sequence[Observer],
) -> Loop | Follower:
    """Rebuild a run from its newest whole checkpoint, ready to go on bit for bit.

    Args:
        folder: the run's folder.
        stored: what it says.
        training: its settings, with a new budget perhaps.
        data: the data, prepared again.
        own: the user's networks, if the run had any.
        observers: who watches.

    Raises:
        SteadyganError: when the data changed, a network is missing, or no checkpoint is whole.
    """
    if data.fingerprint != stored.fingerprint:
        raise SteadyganError(
            f"The data '{data.source}' are not those that '{folder.path}' was trained on: images or settings changed; "
            "bring the old ones back, or start a new run with --out"
        )
    if stored.custom and not own:
        raise SteadyganError(
            f"'{folder.path}' was trained with networks of your own; resume it from Python and pass them to resume()"
        )
    device = own_device(training.device)
    torch.manual_seed(training.seed)
    saved, damaged = load_newest(folder)
    state, names = new_players(stored.recipe, data, own, device, training)
    _restore(state, saved, folder)
    any_process(False)  # all have read what the first one is about to tidy up
    if not is_main_process():
        return Follower(state, training)
    loop = _loop(state, folder, training, own, names, observers)
    folder.sweep()
    loop.rows.cut(saved["files"]["metrics"])
    loop.findings.cut(saved["files"]["findings"])
    for images, grid in folder.sample_grids():
        if images > state.images_seen:
            grid.unlink()
    for sentence in damaged:
        loop.report_finding("damaged-checkpoint", sentence)
    if loop.fraction < 1:  # a budget that is used already is refused, and must not replace the one that was kept
        _update_run(folder, training)
    return loop


def _restore(state: TrainingState, saved: dict[str, Any], folder: RunFolder) -> None:
    try:
        state.load_state_dict(saved)
    except (RuntimeError, KeyError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise SteadyganError(f"The checkpoint of '{folder.path}' does not fit these networks: {reason}") from None


def new_players(
    recipe: Recipe, data: Prepared, own: Own, device: torch.device, training: TrainingSettings
) -> tuple[TrainingState, dict[str, str]]:
    """Networks for these data, and the game between them before its first move.

    Args:
        recipe: fitting the kind of data.
        data: prepared data.
        own: networks that the user brings.
        device: where to train.
        training: precision, seed, which labels are known, and whether networks are compiled.

    Returns:
        The game, and the names of the players' networks.

    Raises:
        SteadyganError: when networks do not fit, labels are missing, or nothing can be compiled here.
    """
    if training.compile:
        refuse_uncompilable(device)
    refuse_uneven_batches(recipe)
    refuse_different_runs(recipe, data, training)
    view = data_view(recipe, data, training)
    blueprint = _blueprint(recipe, own, view)
    takes_labels = labelled_players(
        blueprint, own.generator is not None, own.discriminator is not None, training.labels
    )
    networks, names = _networks(recipe, blueprint, data, own, device, view, takes_labels)
    scaling = scaling_for(data, blueprint.image_range)
    state = new_training_state(
        recipe, data, networks, scaling, device, training.precision, training.seed, view, takes_labels
    )
    for network in state.networks.values():
        if training.compile:
            compile_(network, device)
        else:
            decompile_(network)  # a user's own may have been in another run before
    return state, names


def _networks(
    recipe: Recipe,
    blueprint: Blueprint,
    data: Prepared,
    own: Own,
    device: torch.device,
    view: DataView,
    takes_labels: frozenset[Player],
) -> tuple[Networks, dict[str, str]]:
    names = {"generator": recipe.network, "discriminator": recipe.network}
    generator, discriminator = own.generator, own.discriminator
    companions: dict[str, nn.Module] = {}
    if generator is None or discriminator is None or blueprint.encoder:
        settings, latent = recipe.settings, recipe.latent.dimension
        built = build(recipe.network, blueprint, data.shape, latent, settings.width, settings.blocks)
        generator, discriminator = generator or built.generator, discriminator or built.discriminator
        companions = built.companions
    if own:
        check_networks(
            generator, discriminator, recipe.latent.dimension, data.shape, device, view.classes, takes_labels
        )
    if own.generator is not None:
        names["generator"] = CUSTOM
    if own.discriminator is not None:
        names["discriminator"] = CUSTOM
        refuse_without_features(recipe, discriminator)
    return Networks(generator, discriminator, companions), names


def _blueprint(recipe: Recipe, own: Own, view: DataView) -> Blueprint:
    """The recipe's blueprint for these classes; beside a network of the user's own images lie in [-1, 1]."""
    blueprint = recipe.blueprint.changed(classes=view.classes)
    return blueprint.changed(output="tanh") if own else blueprint


def _loop(
    state: TrainingState,
    folder: RunFolder,
    training: TrainingSettings,
    own: Own,
    names: dict[str, str],
    observers: Sequence[Observer],
) -> Loop:
    latent = state.recipe.latent
    config = GeneratorConfig(
        network=names["generator"],
        blueprint=_blueprint(state.recipe, own, state.loader.view),
        width=state.recipe.settings.width,
        blocks=state.recipe.settings.blocks,
        shape=state.data.shape,
        latent=latent.name,
        latent_parameters=latent.parameters(),
        scaling=state.scaling,
        class_names=state.data.class_names,
        class_shares=state.class_shares,
    )
    watching = list(observers)
    if training.tensorboard:
        watching.append(TensorBoard(folder.path / "tensorboard", state.images_seen))
    return Loop(state, folder, Budget.of(training), config, training.keep, training.tuned_for, watching)


def refuse_occupied(folder: RunFolder, overwrite: bool) -> None:
    """Refuse a folder in which a new run would mix with something else; nothing is written.

    Args:
        folder: where the run shall be saved.
        overwrite: whether a run that is there may be replaced.

    Raises:
        SteadyganError: when a run is there that may not be replaced, or something that is no run.
    """
    path = folder.path
    if folder.exists() and not overwrite:
        raise SteadyganError(
            f"'{path}' holds a run already; go on with --resume {path}, "
            "choose another folder with --out, or replace it with --overwrite"
        )
    if path.is_dir() and not folder.exists() and any(each.is_file() for each in path.rglob("*")):
        raise SteadyganError(f"'{path}' is not empty and holds no run; choose another folder with --out")
    if path.exists() and not path.is_dir():
        raise SteadyganError(f"'{path}' is a file, not a folder; choose another name with --out")


def _make_room(folder: RunFolder, overwrite: bool) -> None:
    refuse_occupied(folder, overwrite)
    if folder.exists():
        for path in (folder.samples, folder.checkpoints, folder.path / "tensorboard"):
            shutil.rmtree(path, ignore_errors=True)
        for path in (
            folder.run,
            folder.metrics,
            folder.findings,
            folder.report,
            folder.generator,
            folder.generator_config,
        ):
            path.unlink(missing_ok=True)
    with said_clearly(folder.path):
        for path in (folder.path, folder.samples, folder.checkpoints):
            path.mkdir(parents=True, exist_ok=True)


def _write_run(
    folder: RunFolder,
    state: TrainingState,
    training: TrainingSettings,
    data_settings: DataSettings,
    names: dict[str, str],
    notes: Sequence[str],
) -> None:
    data = state.data
    run = {
        "format": FORMAT,
        "version": version("steadygan"),
        "name": folder.path.name,
        "started": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "data": {
            "source": data.source,
            "kind": data.kind,
            "shape": list(data.shape),
            "count": len(data),
            "class_names": list(data.class_names),
            "labelled": data.labels is not None,
            "unlabelled": data.unlabelled,
            "fingerprint": data.fingerprint,
            "skipped": len(data.skipped),
            "seconds": round(data.seconds, 3),
        },
        "data_settings": data_settings.model_dump(mode="json"),
        "training": training.model_dump(mode="json"),
        "networks": {
            player.value: {"name": names[player.value], "parameters": sum(p.numel() for p in network.parameters())}
            for player, network in state.networks.items()
        },
        "classes": state.classes,
        "held_out": state.loader.held_out_count,
        "notes": list(notes),
    }
    write_atomically(folder.recipe, state.recipe.to_toml())
    write_json(folder.environment, {**environment(state.device), "precision": state.precision})
    write_json(folder.skipped, [{"path": each.path, "reason": each.reason} for each in data.skipped])
    write_json(folder.run, run)  # last: a folder with run.json is a run


def _update_run(folder: RunFolder, training: TrainingSettings) -> None:
    run = folder.read_json(folder.run)
    write_json(folder.run, {**run, "training": training.model_dump(mode="json")})


def write_json(path: Path, content: Any) -> None:
    """Write readable JSON, whole or not at all."""
    write_atomically(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
