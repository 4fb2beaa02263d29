"""The Python interface of studies."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from steadygan.errors import SteadyganError
from steadygan.recipe import Recipe
from steadygan.settings import DataSettings, Device, Precision, StopOn
from steadygan.study.planning import OFFERED, Request
from steadygan.study.progress import StudyProgress
from steadygan.study.start import on_ray, run_study
from steadygan.study.study import Study
from steadygan.study.watching import Watcher
from steadygan.vocabulary import ProcessorChoice

Names = str | Sequence[str] | None
"""One name or several; None where nobody says so."""


def study(
    data: str | Path | None = None,
    recipe: str | Recipe | None = None,
    *,
    take_out: Names = None,
    try_in: Names = None,
    pairs: Names = None,
    factorial: Names = None,
    search: float | None = None,
    seeds: int | None = None,
    images: int | None = None,
    minutes: float | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    address: str | None = None,
    parallel: int | None = None,
    per_gpu: int = 1,
    threads: int | None = None,
    samples: int | None = None,
    resolution: int | None = None,
    channels: int | None = None,
    background: str | None = None,
    max_pixels: int | None = None,
    seed: int | None = None,
    device: Device | None = None,
    precision: Precision | None = None,
    tuned_for: ProcessorChoice | None = None,
    compile: bool | None = None,  # noqa: A002  # as in train()
    labels: bool | None = None,
    label_share: float | None = None,
    labels_per_class: int | None = None,
    stop_on: StopOn | None = None,
    rescue: bool | None = None,
    rescue_tries: int | None = None,
    watcher: Watcher | None = None,
) -> Study:
    """Measure which heuristics a data set needs, or search for the best recipe.

    Every trial is a variant of the recipe with a seed. It is trained in a process of its own and judged by one encoder
    that is trained on the data. Whatever is None is as in the plan of a study that goes on, or else by default.

    Args:
        data: a folder of images, an ``.npz`` or ``.npy`` file, or a name, as :func:`steadygan.train` takes them. All
            machines must see it.
        recipe: the recipe that is edited: its name, the path of a TOML file, or a :class:`Recipe`; ``steady`` by
            default. A search that names none chooses from all that suit the data.
        take_out: heuristics to take out one by one; ``all`` for those of the recipe.
        try_in: heuristics to put in one by one, or ``KEY=VALUE``; ``all`` for those that the recipe lacks.
        pairs: what is changed one by one and two by two: taken out where the recipe has it, else put in.
        factorial: what is changed in all combinations, likewise.
        search: minutes in all of a search for the best recipe, which chooses from the recipes and from what is named
            above, or from all heuristics.
        seeds: trials of each variant; 5 by default.
        images: real images that each trial sees; the same trial then gives the same figures wherever it runs.
        minutes: time of each trial; without either 5 minutes, and in a search a quarter of its time.
        out: the folder of the study; ``studies/<recipe>-<number>`` when None.
        resume: go on with the study in ``out``: run what is missing.
        address: of a Ray cluster, such as ``auto`` or ``ray://HOST:10001``; this machine alone when None.
        parallel: most trials at the same time; as many as there are cores or GPUs for when None.
        per_gpu: trials that share a GPU.
        threads: of each trial; one by default where there are as many trials as cores.
        samples: how many are judged of each trial; 10,000 by default.
        resolution: as for :func:`steadygan.train`, and so are all that follow.
        channels: likewise.
        background: likewise.
        max_pixels: likewise.
        seed: of the first trial of each variant; the others count on from it.
        device: likewise.
        precision: likewise.
        tuned_for: likewise.
        compile: likewise.
        labels: likewise.
        label_share: likewise.
        labels_per_class: likewise.
        stop_on: likewise; ``critical`` by default, so that hopeless trials end early.
        rescue: likewise.
        rescue_tries: likewise.
        watcher: is told how it goes; when None, a table on a terminal, and lines elsewhere.

    Returns:
        The study; ``study.rows`` is its table, ``study.report`` a page with what it shows. The first Ctrl-C saves the
        trials that run and lets this function return, with ``interrupted`` set.

    Raises:
        SteadyganError: for anything that you can mend, in one sentence.
    """
    given = dict(locals())
    if data is not None and not isinstance(data, str | Path):
        raise SteadyganError("A study needs data that other processes can open: a folder, a file or a name")
    request = Request(
        data=None if data is None else str(data),
        recipe=recipe,
        take_out=_names(take_out),
        try_in=_names(try_in),
        pairs=_names(pairs),
        factorial=_names(factorial),
        search=search,
        seeds=seeds,
        samples=samples,
        threads=threads,
        data_settings={name: given[name] for name in DataSettings.model_fields if given[name] is not None},
        training={name: given[name] for name in OFFERED if given[name] is not None},
    )
    watching = StudyProgress(Console()) if watcher is None else watcher
    return run_study(request, None if out is None else Path(out), resume, on_ray(address, parallel, per_gpu), watching)


def _names(given: Names) -> tuple[str, ...] | None:
    if given is None:
        return None
    return (given,) if isinstance(given, str) else tuple(given)
