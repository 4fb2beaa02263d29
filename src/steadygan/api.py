"""The Python interface: train, resume, sample, evaluate. Other modules do the work."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import ValidationError
from rich.console import Console
from torch import Tensor, nn

from steadygan import distributed
from steadygan.amounts import things
from steadygan.data import IN_MEMORY, DataInput, DataSettings, Prepared, prepare
from steadygan.errors import SteadyganError, sentence
from steadygan.evaluation import FEATURES, SAMPLES, Evaluated, Evaluation, Generator, Watcher
from steadygan.evaluation import evaluate as evaluate_samples
from steadygan.features import Extractor
from steadygan.feeding.prefetch import TruncatedDataError
from steadygan.generators import is_keras_file, trained_generator
from steadygan.keras_models import generator_for, with_modules
from steadygan.metrics import all_metrics
from steadygan.progress import ProgressLine
from steadygan.recipe import Recipe
from steadygan.recipes import recipe
from steadygan.report import write_report
from steadygan.runs.claim import new_folder
from steadygan.runs.export import TrainedGenerator, load_into
from steadygan.runs.folder import RunFolder
from steadygan.runs.lock import locked_for_all
from steadygan.runs.run import Run
from steadygan.runs.sampling import temporary_seed
from steadygan.runs.stored import StoredRun, read_stored_run
from steadygan.settings import Device, Precision, StopOn, TrainingSettings
from steadygan.training import session
from steadygan.training.alone import alone
from steadygan.training.device import refuse_another_default_type
from steadygan.training.loop import Loop, ask_to_stop
from steadygan.training.observe import require_tensorboard
from steadygan.training.process_settings import fast_kernels
from steadygan.training.session import CustomNetworks
from steadygan.training.worker_loop import WorkerLoop
from steadygan.vocabulary import ProcessorChoice

VERY_FEW_IMAGES = 100
"""Images below which ``steady`` cannot measure how well the discriminator knows them, and mentions another recipe."""


@alone
def train(
    data: DataInput | None = None,
    recipe: str | Recipe = "steady",
    *,
    images: int | None = None,
    minutes: float | None = None,
    out: str | Path | None = None,
    generator: nn.Module | None = None,
    discriminator: nn.Module | None = None,
    resolution: int | None = None,
    channels: int | None = None,
    background: str = "white",
    max_pixels: int = 64_000_000,
    seed: int = 0,
    device: Device = "auto",
    precision: Precision = "auto",
    tuned_for: ProcessorChoice = "auto",
    compile: bool = False,  # noqa: A002  # as PyTorch calls it, and the command line
    keep: int = 1,
    labels: bool | np.ndarray[Any, Any] | Tensor | Sequence[int] = False,
    label_share: float = 1.0,
    labels_per_class: int | None = None,
    metrics: Sequence[str] = (),
    features: str = "auto",
    evaluate_every: int | None = None,
    evaluate_share: float = 0.05,
    doctor: bool = True,
    stop_on: StopOn = "never",
    rescue: bool = False,
    rescue_tries: int = 3,
    tensorboard: bool = False,
    overwrite: bool = False,
    cache: str | Path | None = None,
    observers: Sequence[object] | None = None,
) -> Run:
    """Train a GAN.

    Args:
        data: a folder of images, an ``.npz`` or ``.npy`` file, a name (``glyphs``, ``digits``, or a data set of the
            Hugging Face hub), an array, a tensor, or a torch ``Dataset`` or ``DataLoader`` with a length, which is gone
            through once. Labels of an array are given as ``(x, y)`` with ``labels=True``, or as ``labels=y``.
        recipe: its name, the path of a TOML file, or a :class:`Recipe`.
        images: Real images to see in all, such as 600000; with minutes, whichever ends first.
        minutes: Time to train in all; with images, whichever ends first. Without either: 30 minutes.
        out: the run folder; ``runs/<recipe>-<number>`` when None.
        generator: your own: latents [N, D] to images [N, C, H, W] in [-1, 1]. Trained in place. With ``labels`` it is
            called as ``G(z, y)`` with int64 labels [N]. A Keras model on the torch backend may have channels last.
        discriminator: your own: images to logits [N], [N, 1] or [N, 1, h, w]. Trained in place. With ``labels`` it is
            called as ``D(x, y)`` with int64 labels [N], -1 where training does not know one.
        resolution: Height and width in pixels, 8 to 256. By default the data's own where all images share one square
            size (8 to 64 in a folder); elsewhere 64, or less where that would enlarge more than a tenth of the images.
        channels: 1 for grey, 3 for colour. By default 1 if every image is grey, else 3.
        background: Colour under transparent pixels: a name, or #rrggbb.
        max_pixels: Images with more pixels are skipped before they are decoded.
        seed: Seed of initial weights, latents and the order of data.
        device: Device to train on: auto, cpu, cuda, cuda:1, mps.
        precision: Precision of the networks: fp32, bf16, or auto, which is bf16 for images where the device has
            instructions for it. Losses, penalties and weights stay fp32.
        tuned_for: Kind of processor for which convolutions are tuned: amx, vector, or auto, which is this one's.
        compile: Compile the networks: quicker on a GPU, slower on a CPU. Needs a C++ compiler and one process.
        keep: Number of checkpoints that stay, besides the best.
        labels: Make images of a class, even if the recipe asks for no labels: it then gets label-embedding, and
            networks of your own take labels.
        label_share: Share of the labels that training knows, such as 0.01.
        labels_per_class: Number of labels of each class that training knows, instead of a share.
        metrics: Metrics to measure beside the built-in ones: names, or module:NAME.
        features: What the best checkpoint is judged by: domain (an encoder that is trained once on the data), none
            (distances of pixels), or other features as steadygan evaluate takes them; auto is domain where it costs
            little of the budget.
        evaluate_every: Real images between two judgements, as far as evaluate_share allows; by default as many as it
            allows.
        evaluate_share: Largest share of the training time that judging may take; 1 is no limit.
        doctor: Look at the run while it trains, and say what goes wrong, since when, and what treats it.
        stop_on: Stop and save when the doctor finds something this serious: never, warning (or worse), critical.
        rescue: On a critical finding go back to the last healthy state, change the recipe by what treats it, and go on.
        rescue_tries: Most treatments that a run tries with rescue.
        tensorboard: Write rows and grids for TensorBoard too.
        overwrite: whether a run that is at ``out`` may be replaced.
        cache: where prepared data are kept.
        observers: who watches: objects with some of the methods of :class:`steadygan.training.observe.Observer`; ()
            for silence. When None, a progress line on a terminal, and a line now and then elsewhere.

    Returns:
        The run; its ``failure`` says what ``stop_on`` stopped it for, or what of that kind lasted at its end. The first
        Ctrl-C saves it and lets this function return, with ``interrupted`` set, so that a loop over
        trainings ends with ``if run.interrupted: break``; the second one ends the program.

    Raises:
        SteadyganError: for anything that you can mend, in one sentence.
    """
    if not isinstance(labels, bool):
        data, labels = (data, labels), True  # type: ignore[assignment]  # anything is refused that cannot have labels
    given = dict(locals())  # every setting is an argument of the same name
    refuse_another_default_type()
    if data is None:
        raise SteadyganError("train() needs data: a folder of images, an .npz file, an array, or a name such as glyphs")
    data_settings = make_data_settings(**{name: given[name] for name in DataSettings.model_fields})
    training = make_training_settings(**{name: given[name] for name in TrainingSettings.model_fields})
    chosen = recipe_of(recipe)
    distributed.start()
    where = None if cache is None else Path(cache)
    prepared = distributed.local_main_process_first("prepare", lambda: prepare(data, data_settings, cache=where))
    custom = CustomNetworks(generator, discriminator)
    watching = default_observers() if observers is None else observers
    with new_folder(out, chosen.name, overwrite) as folder:
        return run_new(prepared, chosen, training, data_settings, folder, custom, overwrite, watching, where)


@alone
def run_new(
    prepared: Prepared,
    chosen: Recipe,
    training: TrainingSettings,
    data_settings: DataSettings,
    folder: RunFolder,
    custom: CustomNetworks,
    overwrite: bool,
    observers: Sequence[object],
    cache: Path | None = None,
) -> Run:
    """Begin a run on prepared data and train until its budget is used or Ctrl-C; for arguments see :func:`train`."""
    built = custom.generator is None or custom.discriminator is None
    fitted, notes = fit_recipe(chosen, prepared, training.labels and built)
    with locked_for_all(folder), temporary_seed(training.seed, torch.device("cpu")), ask_to_stop() as interrupted:
        custom = with_modules(custom, prepared.shape, fitted, training.labels)
        loop = session.begin(
            prepared, fitted, training, data_settings, folder, custom, overwrite, notes, observers, cache
        )
        return _train(loop, folder, interrupted, Again(training, custom, observers, cache))


@alone
def resume(
    out: str | Path,
    *,
    images: int | None = None,
    minutes: float | None = None,
    compile: bool | None = None,  # noqa: A002  # as in train()
    stop_on: StopOn | None = None,
    generator: nn.Module | None = None,
    discriminator: nn.Module | None = None,
    data: DataInput | None = None,
    cache: str | Path | None = None,
    observers: Sequence[object] | None = None,
) -> Run:
    """Go on with a run as if it had never stopped: on a CPU bit for bit, on a GPU but for rounding.

    Args:
        out: its folder.
        images: a new number of images to see in all; what it was when None.
        minutes: a new time in all; what it was when None.
        compile: whether networks are compiled from now on, which rounds differently; as it was when None.
        stop_on: what the run stops at from now on, as in :func:`train`; as it was when None.
        generator: your own, if the run had one; its weights are replaced by the checkpoint's.
        discriminator: likewise.
        data: the data, if they were given as an array or lie elsewhere now; where they were when None.
        cache: where prepared data are kept.
        observers: who watches; as in :func:`train`.

    Raises:
        SteadyganError: when it cannot go on, with the reason.
    """
    refuse_another_default_type()
    folder = RunFolder(out).require()
    custom = CustomNetworks(generator, discriminator)
    watching = default_observers() if observers is None else observers
    where = None if cache is None else Path(cache)
    distributed.start()
    with locked_for_all(folder, otherwise=""):
        stored = read_stored_run(folder)
        training = changed(stored, images, minutes, compile, stop_on)
        source = _data_of(stored, folder) if data is None else data
        prepared = distributed.local_main_process_first(
            "prepare", lambda: prepare(source, stored.manifest.data_settings, cache=where)
        )
        with temporary_seed(training.seed, torch.device("cpu")), ask_to_stop() as interrupted:
            custom = with_modules(custom, prepared.shape, stored.recipe, training.labels)
            loop = session.resume(folder, stored, training, prepared, custom, watching, where)
            return _train(loop, folder, interrupted, Again(training, custom, watching, where))


def _data_of(stored: StoredRun, folder: RunFolder) -> str:
    """Where the data of a run are, unless only a program has them."""
    source = stored.manifest.data.source
    if source.startswith(IN_MEMORY):
        raise SteadyganError(
            f"'{folder.path}' was trained on data that only your program has ({source}); give them again as data="
        )
    return stored.find_data()


@dataclass(frozen=True)
class Again:
    """What a run that is rescued begins again with, as for :func:`run_new`."""

    training: TrainingSettings
    custom: CustomNetworks
    observers: Sequence[object]
    cache: Path | None


def _train(loop: Loop | WorkerLoop, folder: RunFolder, interrupted: Callable[[], bool], again: Again) -> Run:
    try:
        with fast_kernels(loop.state.device):
            loop.run(interrupted)
            while isinstance(loop, Loop) and loop.rescue is not None:
                loop = session.rescued(loop, again.training, again.custom, again.observers, again.cache)
                loop.run(interrupted)
    except distributed.LostProcessError as error:
        raise distributed.LostProcessError(
            f"One of the {distributed.world_size()} processes has ended, so the others end too; "
            f"go on from the last checkpoint by starting all of them with --resume {folder.path}"
        ) from error
    except TruncatedDataError as error:
        raise TruncatedDataError(
            "The prepared data in the cache were truncated by another program while this run read them; what was saved "
            f"is intact: go on with --resume {folder.path}, and the data are prepared anew"
        ) from error
    if isinstance(loop, WorkerLoop):
        return Run(folder.path, interrupted=distributed.any_process(False))
    write_report(folder.path)
    early = distributed.any_process(loop.fraction < 1 and not loop.failure)
    return Run(
        folder.path,
        TrainedGenerator(loop.sampling_generator(), loop.config_now(), loop.state.device),
        interrupted=early,
        failure=loop.failure,
    )


def default_observers() -> list[object]:
    """A progress line where it can be redrawn, and lines as the command line prints them elsewhere."""
    return [ProgressLine(Console())]


def changed(
    stored: StoredRun,
    images: int | None,
    minutes: float | None,
    compile: bool | None = None,  # noqa: A002  # as in train()
    stop_on: StopOn | None = None,
) -> TrainingSettings:
    """The settings of a stored run with a new budget, if there is one, and what else may be another from now on."""
    settings = stored.manifest.training.model_dump()
    if images is not None or minutes is not None:
        settings |= {"images": images, "minutes": minutes}
    if compile is not None:
        settings["compile"] = compile
    if stop_on is not None:
        settings["stop_on"] = stop_on
    try:
        return TrainingSettings.model_validate(settings)
    except ValidationError as error:
        raise SteadyganError(sentence(error, "", TrainingSettings.model_fields)) from None


def fit_recipe(chosen: Recipe, prepared: Prepared, labels: bool = False) -> tuple[Recipe, list[str]]:
    """The recipe for these data, and sentences about what was changed for them.

    Args:
        chosen: what the user asked for.
        prepared: the data.
        labels: whether networks that are built take labels.
    """
    notes = list(prepared.notes)
    if prepared.kind != "images":
        chosen, out = chosen.for_vectors()
        without = f", without {', '.join(out)}" if out else ""
        notes.append(f"The data are vectors: network mlp{without}")
    else:
        chosen, changes = chosen.for_few_images(len(prepared))
        if changes:
            few = things(len(prepared), "image is", "images are")
            notes.append(f"{few} few, so {chosen.name} trains {' '.join(changes)}")
        elif len(prepared) < VERY_FEW_IMAGES and chosen.name == "steady":
            few = things(len(prepared), "image is", "images are")
            notes.append(f"{few} very few: --recipe small-data augments what the discriminator sees from the start on")
    if labels and prepared.labels is not None and not chosen.blueprint.generator_takes_labels:
        chosen = chosen.with_("label-embedding")
        notes.append("Labels are used: label-embedding is added (other ways: --recipe conditional)")
    if chosen.settings.class_balanced and prepared.unlabelled:
        unlabelled = things(prepared.unlabelled, "unlabelled item is", "unlabelled items are")
        notes.append(f"Classes are drawn equally often: the {unlabelled} never drawn")
    idle = chosen.idle_heuristics
    if idle:
        notes.append(f"The network {chosen.network} decides itself what {', '.join(idle)} would; they change nothing")
    return chosen, notes


def load(out: str | Path, *, generator: nn.Module | None = None) -> Run:
    """A run that is there, to sample from.

    Args:
        out: its folder, or one that holds only a copy of its ``generator.safetensors`` and ``generator.json``.
        generator: your own, if the run trained one: built alike; its weights are replaced by the run's.

    Raises:
        SteadyganError: when there is none, or the generator is not built like the one that was trained.
    """
    folder = RunFolder(out)
    return Run(out, None if generator is None else load_into(generator_for(folder, generator), folder))


def evaluate(
    evaluated: Evaluated,
    /,
    against: DataInput | None = None,
    *,
    features: str | Path | nn.Module | Extractor = FEATURES,
    weights: str | Path | None = None,
    device: str = "auto",
    samples: int = SAMPLES,
    seed: int = 0,
    resolution: int | None = None,
    channels: int | None = None,
    background: str = "white",
    metrics: Sequence[str] = (),
    out: str | Path | None = None,
    cache: str | Path | None = None,
    watcher: Watcher | None = None,
) -> Evaluation:
    """Measure how good samples are, each figure beside that of real items which were held out.

    Several processes that train together must all call this: each makes and looks at a share of the samples, and all
    get the same figures.

    Args:
        evaluated: a :class:`Run`, its generator, the folder of a run, a ``.keras`` file of a generator, or samples that
            are there: a folder of images, an ``.npz`` or ``.npy`` file, an array, a tensor, or a torch data set.
        against: the real data, as :func:`train` takes them; those of the run when None. Samples from files are brought
            to their resolution and channels.
        features: what images are compared by: ``domain``, a small encoder that is trained once on the real data;
            ``inception`` or ``dinov2``, whose weights are downloaded once; the path of an ``.onnx`` file; a module,
            or ``module:NAME``.
        weights: where the weights of ``inception`` (a file) or ``dinov2`` (a folder) are, to use without a network.
        device: where features are taken, and where the generator of a folder runs: ``auto`` takes a GPU where there is
            one. Networks that are given stay where they are; ``domain`` is trained on the CPU.
        samples: how many; of fewer that are there, all.
        seed: of the samples; the same seed gives the same ones, on a device of the same kind.
        resolution: Height and width in pixels at which files are compared, as for :func:`train`.
        channels: 1 for grey, 3 for colour, likewise.
        background: Colour under transparent pixels, likewise.
        metrics: Metrics to measure beside the built-in ones: names, or module:NAME.
        out: a folder for the figures as JSON, and for pictures of the samples that are nearest to training images.
        cache: where prepared data and their features are kept.
        watcher: is told what happens; None for silence.

    Returns:
        The figures: ``print()`` shows them as a table, ``evaluation["frechet_distance"].value`` is one of them.

    Raises:
        SteadyganError: for anything that you can mend, in one sentence.
    """
    refuse_another_default_type()
    distributed.start()
    if isinstance(evaluated, str | Path) and is_keras_file(Path(evaluated)):
        evaluated = Generator(trained_generator(Path(evaluated)), str(evaluated))
    return evaluate_samples(
        evaluated,
        against,
        features=features,
        weights=None if weights is None else Path(weights),
        device=device,
        count=samples,
        seed=seed,
        settings=make_data_settings(resolution=resolution, channels=channels, background=background),
        metrics=metrics,
        out=None if out is None else Path(out),
        cache=None if cache is None else Path(cache),
        watcher=watcher,
    )


def make_data_settings(**given: Any) -> DataSettings:
    """Settings of the data, with one sentence for a bad value."""
    try:
        return DataSettings.model_validate(given)
    except ValidationError as error:
        raise SteadyganError(sentence(error, "", DataSettings.model_fields)) from None


def make_training_settings(**given: Any) -> TrainingSettings:
    """Settings of the run, with one sentence for a bad value."""
    if given.get("tensorboard"):
        require_tensorboard()  # now, not after the data are prepared and the folder is made
    all_metrics(given.get("metrics", ()))  # likewise
    try:
        return TrainingSettings.model_validate(given)
    except ValidationError as error:
        raise SteadyganError(sentence(error, "", TrainingSettings.model_fields)) from None


def recipe_of(chosen: str | Recipe) -> Recipe:
    """A recipe as it is, or by name."""
    return chosen if isinstance(chosen, Recipe) else recipe(chosen)
