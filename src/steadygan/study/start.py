"""Runs a study from its plan to its report."""

from collections.abc import Callable
from pathlib import Path

from steadygan.amounts import things
from steadygan.api import recipe_of
from steadygan.data import Prepared
from steadygan.errors import SteadyganError
from steadygan.runs.folder import RunFolder
from steadygan.runs.lock import locked
from steadygan.study.executor import Executor
from steadygan.study.folder import StudyFolder
from steadygan.study.judge import Judge
from steadygan.study.libraries import require_libraries
from steadygan.study.plan import Plan
from steadygan.study.planning import DEFAULT_RECIPE, Request, make_plan, refuse_another_plan
from steadygan.study.running import run_missing
from steadygan.study.study import Study
from steadygan.study.watching import Watcher

FOLDER = "studies"
"""Where studies lie whose folder nobody names."""
ENCODER = "training an encoder on the data, once for all trials"
MakeExecutor = Callable[[Plan, StudyFolder], Executor]


def on_ray(address: str | None, parallel: int | None, per_gpu: int = 1) -> MakeExecutor:
    """Run trials on Ray; for arguments see :class:`steadygan.study.ray_executor.RayExecutor`."""

    def make(plan: Plan, folder: StudyFolder) -> Executor:
        from steadygan.study.ray_executor import RayExecutor

        return RayExecutor(plan, folder, address, parallel, per_gpu)

    return make


def run_study(request: Request, out: Path | None, resume: bool, make_executor: MakeExecutor, watcher: Watcher) -> Study:
    """Run a study, or what is missing of it.

    Args:
        request: what the user asks for.
        out: the folder; None for the next free one.
        resume: whether a study that is there goes on.
        make_executor: makes who runs the trials.
        watcher: is told how it goes.

    Raises:
        SteadyganError: when something is wrong with the request, the folder or the machines.
    """
    require_libraries()
    folder = StudyFolder(out or _next_folder(request))
    before = _before(folder, out, resume)
    with locked(RunFolder(folder.path)):
        plan, data = make_plan(request, before, lambda done, total: watcher.step("preparing the data", done, total))
        watcher.step("preparing the judge")
        judge = Judge(data, folder.judge, plan.samples, lambda done, total: watcher.step(ENCODER, done, total))
        plan = plan.model_copy(update={"features": judge.name})
        if before is None:
            folder.write_plan(plan)
        else:
            refuse_another_plan(before, plan)
        watcher.step("starting workers")
        return _with_workers(plan, data, folder, make_executor(plan, folder), watcher)


def _with_workers(plan: Plan, data: Prepared, folder: StudyFolder, executor: Executor, watcher: Watcher) -> Study:
    watcher.says(
        f"{things(executor.capacity(), 'trial')} at a time, {things(plan.threads, 'thread')} each; "
        f"study folder {folder.path}"
    )
    interrupted = False
    try:
        if plan.search is None:
            run_missing(folder, plan.trials, executor, watcher)
        else:
            from steadygan.study.search import run_search

            run_search(folder, plan, data, executor, watcher)
    except KeyboardInterrupt:
        interrupted = True
        watcher.says("stopping: trials that run are saved")
    finally:
        watcher.close()
        executor.stop()
    if folder.table.is_file():
        from steadygan.study.report import write_report

        write_report(folder.path)
    return Study(folder.path, interrupted)


def _before(folder: StudyFolder, out: Path | None, resume: bool) -> Plan | None:
    """The plan with which the study began; None for a new one."""
    if resume:
        if out is None:
            raise SteadyganError("Say which study goes on: --resume --out FOLDER")
        return folder.read_plan()
    if folder.exists():
        raise SteadyganError(
            f"'{folder.path}' holds a study already; go on with --resume, or choose another folder with --out"
        )
    own = {folder.judge, folder.lock}  # of a study that was broken off before it had a plan
    if folder.path.exists() and (not folder.path.is_dir() or {*folder.path.iterdir()} - own):
        raise SteadyganError(f"'{folder.path}' is not an empty folder; choose another one with --out")
    return None


def _next_folder(request: Request) -> Path:
    name = recipe_of(request.recipe or DEFAULT_RECIPE).name
    number = 1
    while (path := Path(FOLDER) / f"{name}-{number}").exists():
        number += 1
    return path
