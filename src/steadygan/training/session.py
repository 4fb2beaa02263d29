"""Begins new runs, and resumes stored ones."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch import nn

from steadygan.amounts import things
from steadygan.blueprint import Blueprint
from steadygan.data import DataSettings, Prepared
from steadygan.data.store import cache_folder
from steadygan.devices import process_device
from steadygan.distributed import any_process, broadcast_string, is_main_process, world_size
from steadygan.doctor.checkup import Checkup, setting_of
from steadygan.doctor.finding import Severity
from steadygan.doctor.treatments import Patient, to_repeat
from steadygan.errors import SteadyganError, warn
from steadygan.feeding.labels import DataView
from steadygan.feeding.scaling import scaling_for
from steadygan.heuristics.catalogue import reference
from steadygan.metrics import all_metrics
from steadygan.networks import Companion, Networks, build
from steadygan.networks.check import check_modules, check_networks
from steadygan.recipe import Recipe
from steadygan.recipes import is_packaged
from steadygan.runs.budget import Budget
from steadygan.runs.environment import environment
from steadygan.runs.export import GeneratorConfig
from steadygan.runs.folder import RunFolder, write_atomically, write_json
from steadygan.runs.manifest import CUSTOM, DataRecord, NetworkRecord, RunManifest, read_manifest, write_manifest
from steadygan.runs.rescues import keep_line, lines_begun, read_rescues
from steadygan.runs.stored import StoredRun
from steadygan.settings import TrainingSettings
from steadygan.training.agreement import refuse_different_runs, refuse_uneven_batches
from steadygan.training.compiled import compile_, decompile_, may_compile, refuse_uncompilable
from steadygan.training.device import resolve_settings
from steadygan.training.judge import judge_for
from steadygan.training.labels import data_view, labelled_players, refuse_without_features
from steadygan.training.lines import (
    describe_line,
    first_recipe,
    forget_what_came_after,
    on_new_line,
    state_to_go_on_from,
)
from steadygan.training.loop import Loop
from steadygan.training.observe import Audience, TensorBoard, check_observers
from steadygan.training.own_networks import notes_on, pack_inputs, put_on, refuse_unreached
from steadygan.training.rescue import Rescuer, load_snapshot
from steadygan.training.state import TrainingState, new_training_state
from steadygan.training.watch import Watch
from steadygan.training.worker_loop import WorkerLoop
from steadygan.vocabulary import Player


@dataclass(frozen=True)
class CustomNetworks:
    """The user's own networks; a network that is None is built from the recipe."""

    generator: nn.Module | None = None
    discriminator: nn.Module | None = None

    @property
    def by_player(self) -> dict[Player, nn.Module]:
        """Those that are there, by player."""
        both = {Player.GENERATOR: self.generator, Player.DISCRIMINATOR: self.discriminator}
        return {player: network for player, network in both.items() if network is not None}

    def __bool__(self) -> bool:
        """Whether any network is the user's own."""
        return self.generator is not None or self.discriminator is not None


def begin(
    data: Prepared,
    recipe: Recipe,
    training: TrainingSettings,
    data_settings: DataSettings,
    folder: RunFolder,
    custom: CustomNetworks,
    overwrite: bool,
    notes: Sequence[str],
    observers: Sequence[object],
    cache: Path | None = None,
) -> Loop | WorkerLoop:
    """Build everything for a new run, and write its description into the run folder.

    Of several processes only the main one writes.

    Args:
        data: prepared data.
        recipe: a recipe that fits the kind of data.
        training: the settings of the run.
        data_settings: the settings with which the data were prepared.
        folder: the run folder.
        custom: the user's own networks.
        overwrite: whether an existing run in the folder may be replaced.
        notes: sentences about changes of the recipe, for the manifest.
        observers: objects that are told how the run proceeds.
        cache: where prepared data and features are kept; the usual folder when None.

    Returns:
        The loop: of the main process a :class:`Loop`, of the others a :class:`WorkerLoop`.

    Raises:
        SteadyganError: when networks do not fit, an observer watches nothing, or the folder cannot be used.
    """
    check_observers(observers)
    _refuse_rescue_of_several(training)
    asked, training = training.precision, _tuned_alike(resolve_settings(training, data.kind))
    if custom and asked == "auto" and training.precision == "bf16":
        notes = (*notes, "Your own networks run in bf16, in which this device is quickest; precision='fp32' is exact")
    torch.manual_seed(training.seed)
    state, names = new_players(recipe, data, custom, process_device(training.device), training)
    if not is_main_process():
        return WorkerLoop(state, training)
    folder.create(overwrite)  # only now, because networks that do not fit must not destroy an existing run
    _write_run(folder, state, training, data_settings, names, (*notes, *state.notes))
    return _loop(state, folder, training, custom, names, observers, cache, recipe)


def _refuse_rescue_of_several(training: TrainingSettings) -> None:
    if training.rescue and world_size() > 1:
        raise SteadyganError(
            f"A run of {world_size()} processes cannot be rescued yet; use one process, or --stop-on critical in the "
            "place of --rescue"
        )


def _tuned_alike(training: TrainingSettings) -> TrainingSettings:
    """The settings with the processor of the first process: weights stay equal only if all compute in the same way."""
    return training.model_copy(
        update={"tuned_for": broadcast_string("what convolutions are tuned for", lambda: training.tuned_for)}
    )


def resume(
    folder: RunFolder,
    stored: StoredRun,
    training: TrainingSettings,
    data: Prepared,
    custom: CustomNetworks,
    observers: Sequence[object],
    cache: Path | None = None,
) -> Loop | WorkerLoop:
    """Rebuild a run from its newest undamaged checkpoint, so that it can go on bit for bit.

    Args:
        folder: the run folder.
        stored: the recipe and the manifest in that folder.
        training: the settings of the run, possibly with a new budget.
        data: the data, prepared again.
        custom: the user's own networks, if the run had any.
        observers: objects that are told how the run proceeds.
        cache: where prepared data and features are kept; the usual folder when None.

    Returns:
        The loop: of the main process a :class:`Loop`, of the others a :class:`WorkerLoop`.

    Raises:
        SteadyganError: when the data changed, a network is missing, an observer watches nothing, or no checkpoint is
            undamaged.
    """
    check_observers(observers)
    _refuse_rescue_of_several(training)
    if data.fingerprint != stored.manifest.data.fingerprint:
        raise SteadyganError(
            f"The data '{data.source}' are not those that '{folder.path}' was trained on, which were "
            f"'{stored.manifest.data.source}': images or settings changed; bring the old ones back, or start a new run "
            "with --out"
        )
    _refuse_other_networks(stored, custom, folder)
    device = process_device(training.device)
    torch.manual_seed(training.seed)
    begun = lines_begun(read_rescues(folder))
    first = first_recipe(folder, stored.recipe)
    recipe = begun[-1].recipe(first) if begun else stored.recipe
    saved, damaged = state_to_go_on_from(folder, begun)
    state, names = new_players(recipe, data, custom, device, training)
    begins_line = saved.get("line", 0) < len(begun)  # the process was killed just after it had decided on a rescue
    state = on_new_line(state, recipe, saved, begun[-1], training) if begins_line else _restored(state, saved, folder)
    _refuse_used_budget(training, state, folder)  # before anything in the folder is changed
    any_process(False)  # waits until all processes have read the files that the main one is about to remove
    if not is_main_process():
        return WorkerLoop(state, training)
    loop = _loop(state, folder, training, custom, names, observers, cache, first)
    folder.remove_unfinished_files()
    if not folder.single_colour.is_file():  # as in runs from before there was such a list
        _write_single_colour(folder, data)
    forget_what_came_after(loop, saved)
    for sentence in damaged:
        loop.report_finding("damaged-checkpoint", sentence)
    moved = stored.manifest.data.moved_to(data)
    write_manifest(folder, stored.manifest.model_copy(update={"training": training, "data": moved}))
    if begins_line:
        describe_line(loop, first, begun[-1])
    return loop


def rescued(
    loop: Loop,
    training: TrainingSettings,
    custom: CustomNetworks,
    observers: Sequence[object],
    cache: Path | None = None,
) -> Loop:
    """Begin a new line of a run: from an earlier state, with the change that was decided on.

    Args:
        loop: of the line that is given up, which has ended with a decision.
        training: the settings of the run.
        custom: the user's own networks, if the run has any.
        observers: objects that are told how the run proceeds.
        cache: where prepared data and features are kept; the usual folder when None.
    """
    folder, rescue, rescuer = loop.folder, loop.rescue, loop.rescuer
    assert rescue is not None  # otherwise there is nothing to do
    assert rescuer is not None  # who has decided
    saved = load_snapshot(folder, rescue.back_to)
    keep_line(folder, rescue.line, saved["files"], rescue.back_to)
    rescuer.write(rescue)  # from here on the new line is in force
    state = on_new_line(loop.state, rescue.recipe(rescuer.first), saved, rescue, training)
    names = dict.fromkeys(Player, state.recipe.network) | dict.fromkeys(custom.by_player, CUSTOM)
    new = _loop(state, folder, training, custom, names, observers, cache, rescuer.first)
    forget_what_came_after(new, saved)
    describe_line(new, rescuer.first, rescue)
    return new


def _refuse_other_networks(stored: StoredRun, custom: CustomNetworks, folder: RunFolder) -> None:
    names = {player: record.name for player, record in stored.manifest.networks.items()}
    own = [player for player in Player if names[player] == CUSTOM]
    if own and not set(own) <= set(custom.by_player):
        what = "networks of your own" if len(own) > 1 else f"a {own[0]} of your own"
        how = ", ".join(f"{player}=..." for player in own)
        raise SteadyganError(
            f"'{folder.path}' was trained with {what}; go on from Python with steadygan.resume('{folder.path}', {how})"
        )
    for player in custom.by_player:
        if player not in own:
            raise SteadyganError(
                f"'{folder.path}' was trained with the network '{names[player]}' as its {player}, not with one of your "
                f"own; leave {player}= out"
            )


def _refuse_used_budget(training: TrainingSettings, state: TrainingState, folder: RunFolder) -> None:
    if Budget.of(training).fraction(state.images_seen, state.seconds) >= 1:
        raise SteadyganError(
            f"'{folder.path}' has used its budget ({things(state.images_seen, 'image')}); "
            "to go on give a larger images= or minutes= (on the command line --images or --minutes)"
        )


def _restored(state: TrainingState, saved: dict[str, Any], folder: RunFolder) -> TrainingState:
    try:
        state.load_state_dict(saved)
        saved["files"]["metrics"], saved["files"]["findings"]  # which are needed soon
    except (RuntimeError, KeyError, TypeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise SteadyganError(f"The checkpoint of '{folder.path}' does not fit these networks: {reason}") from None
    return state


def new_players(
    recipe: Recipe, data: Prepared, custom: CustomNetworks, device: torch.device, training: TrainingSettings
) -> tuple[TrainingState, dict[Player, str]]:
    """Build the networks for some data, and the training state before the first move.

    Args:
        recipe: a recipe that fits the kind of data.
        data: prepared data.
        custom: the user's own networks.
        device: where to train.
        training: the settings of the run.

    Returns:
        The training state, and the names of the players' networks.

    Raises:
        SteadyganError: when networks do not fit, labels are missing, or nothing can be compiled here.
    """
    if training.compile:
        refuse_uncompilable(device)
    refuse_uneven_batches(recipe)
    refuse_different_runs(recipe, data, training)
    view = data_view(recipe, data, training)
    blueprint = _blueprint(recipe, custom, view)
    takes_labels = labelled_players(
        blueprint, custom.generator is not None, custom.discriminator is not None, training.labels
    )
    networks, names, doubts = _networks(recipe, blueprint, data, custom, device, view, takes_labels)
    scaling = scaling_for(data, blueprint.image_range)
    state = new_training_state(
        recipe, data, networks, scaling, device, training.precision, training.seed, view, takes_labels
    )
    state.notes = (*doubts, *notes_on(recipe, custom.by_player))
    for doubt in doubts:
        warn(doubt)
    for player, network in state.networks.items():
        if training.compile and may_compile(network):
            compile_(network, device)
        elif training.compile:
            state.notes = (
                *state.notes,
                f"Your {player} is not compiled, because PyTorch's compiler cannot follow Keras",
            )
        else:
            decompile_(network)  # a network of the user's own may have been compiled in an earlier run
    return state, names


def _networks(
    recipe: Recipe,
    blueprint: Blueprint,
    data: Prepared,
    custom: CustomNetworks,
    device: torch.device,
    view: DataView,
    takes_labels: frozenset[Player],
) -> tuple[Networks, dict[Player, str], tuple[str, ...]]:
    names = dict.fromkeys(Player, recipe.network) | dict.fromkeys(custom.by_player, CUSTOM)
    check_modules(custom.by_player)
    refuse_unreached(recipe, custom.by_player)
    generator, discriminator = custom.generator, custom.discriminator
    companions: dict[str, Companion] = {}
    doubts: tuple[str, ...] = ()
    if generator is None or discriminator is None or blueprint.encoder:
        settings, latent = recipe.settings, recipe.latent.dimension
        built = build(recipe.network, blueprint, data.shape, latent, settings.width, settings.blocks)
        generator, discriminator = generator or built.generator, discriminator or built.discriminator
        companions = built.companions
    if custom.discriminator is not None:
        refuse_without_features(recipe, discriminator)
        discriminator = pack_inputs(recipe, discriminator, Player.DISCRIMINATOR in takes_labels)
    if custom:
        latent, packing = recipe.latent.dimension, blueprint.packing
        fit = generator, discriminator, latent, data.shape, device, view.classes, takes_labels, packing
        doubts = check_networks(*fit)
        put_on(recipe, custom.by_player)
    return Networks(generator, discriminator, companions), names, doubts


def _blueprint(recipe: Recipe, custom: CustomNetworks, view: DataView) -> Blueprint:
    """The recipe's blueprint for these classes; if a network is the user's own, images lie in [-1, 1]."""
    blueprint = recipe.blueprint.changed(classes=view.classes)
    return blueprint.changed(output="tanh") if custom else blueprint


def _loop(
    state: TrainingState,
    folder: RunFolder,
    training: TrainingSettings,
    custom: CustomNetworks,
    names: dict[Player, str],
    observers: Sequence[object],
    cache: Path | None,
    first: Recipe,
) -> Loop:
    latent = state.recipe.latent
    config = GeneratorConfig(
        network=names[Player.GENERATOR],
        blueprint=_blueprint(state.recipe, custom, state.loader.view),
        width=state.recipe.settings.width,
        blocks=state.recipe.settings.blocks,
        shape=state.data.shape,
        latent=reference(type(latent)),
        latent_parameters=latent.parameters(),
        scaling=state.scaling,
        class_names=state.data.class_names,
        class_shares=state.class_shares,
    )
    watching = list(observers)
    if training.tensorboard:
        watching.append(TensorBoard(folder.tensorboard, state.images_seen))
    metrics = all_metrics(training.metrics)
    with torch.random.fork_rng(devices=[]):  # an encoder's training moves the random state
        judge = judge_for(state, training, cache_folder(cache), Audience(watching).note)
    watch, checkup = (Watch(state), _checkup(state, folder, training)) if training.doctor else (None, None)
    return Loop(
        state,
        folder,
        Budget.of(training),
        config,
        training.keep,
        training.tuned_for,
        watching,
        metrics,
        judge,
        watch,
        checkup,
        None if training.stop_on == "never" else Severity(training.stop_on),
        Rescuer(folder, first, training, checkup.wanted) if training.rescue and checkup is not None else None,
    )


def _checkup(state: TrainingState, folder: RunFolder, training: TrainingSettings) -> Checkup:
    """The doctor of a run, who knows its recipe, data and settings."""
    data, recipe, manifest = state.data, state.recipe, read_manifest(folder)
    setting = setting_of(data.kind, data.shape[0], len(data), recipe)
    recipe_file = "" if is_packaged(recipe) else str(folder.recipe)
    settings = to_repeat(manifest.data_settings, training)
    return Checkup(setting, Patient(recipe, data.source, recipe_file, settings, manifest.data.labelled))


def _write_run(
    folder: RunFolder,
    state: TrainingState,
    training: TrainingSettings,
    data_settings: DataSettings,
    names: dict[Player, str],
    notes: Sequence[str],
) -> None:
    manifest = RunManifest(
        version=version("steadygan"),
        name=folder.path.name,
        started=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        data=DataRecord.of(state.data),
        data_settings=data_settings,
        training=training,
        networks={
            player: NetworkRecord(name=names[player], parameters=sum(each.numel() for each in network.parameters()))
            for player, network in state.networks.items()
        },
        classes=state.classes,
        held_out=state.loader.held_out_count,
        notes=tuple(notes),
    )
    write_atomically(folder.recipe, state.recipe.to_toml())
    write_json(folder.environment, {**environment(state.device), "precision": state.precision})
    write_json(folder.skipped, [{"path": each.path, "reason": each.reason} for each in state.data.skipped])
    _write_single_colour(folder, state.data)
    write_manifest(folder, manifest)  # last: a folder with a manifest is a run


def _write_single_colour(folder: RunFolder, data: Prepared) -> None:
    write_json(folder.single_colour, list(data.single_colour))
