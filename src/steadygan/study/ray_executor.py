"""Runs trials on Ray: on this machine by itself, or on a cluster that is there."""

import os
import socket
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from steadygan.amounts import things
from steadygan.cores import SPINS
from steadygan.errors import SteadyganError
from steadygan.study.executor import Ended
from steadygan.study.folder import StudyFolder
from steadygan.study.libraries import library
from steadygan.study.nodes import refuse_unlike_nodes
from steadygan.study.plan import Plan
from steadygan.study.ray_worker import look_around, work
from steadygan.study.training import InterruptedTrialError
from steadygan.study.trial import Trial

TRIES = 5
"""How often a trial is begun or gone on with whose process was killed."""
STOP_SECONDS, LOOK_SECONDS, LISTEN_SECONDS = 60.0, 120.0, 10.0
LOCAL_STARTS = 3
"""How often Ray is started on this machine, on which it gives up after half a minute if that is very busy."""
_MEMORY = 128 * 2**20
"""Of Ray's store of objects on this machine, which holds hardly any."""


class RayExecutor:
    """Runs trials in worker processes of Ray, which stay warm from trial to trial.

    Args:
        plan: of the study.
        folder: of the study.
        address: of a cluster; None for this machine alone.
        parallel: most trials at the same time; as many as there are cores, or GPUs, for when None.
        per_gpu: trials that share a GPU, where trials are trained on GPUs.

    Raises:
        SteadyganError: when Ray is not installed, there is no such cluster, or one of its machines does not see what
            it needs.
    """

    def __init__(
        self, plan: Plan, folder: StudyFolder, address: str | None, parallel: int | None, per_gpu: int = 1
    ) -> None:
        self._ray = ray = library("ray")
        self._plan, self._folder, self._parallel = plan.to_toml(), str(folder.path.absolute()), parallel
        self._threads = plan.threads
        self._gpu = 1 / per_gpu if plan.training.device.startswith("cuda") else 0.0
        self._running: dict[Any, tuple[Trial, float, int]] = {}
        _connect(ray, address, self._threads, parallel)
        share = {"num_cpus": self._threads, "num_gpus": self._gpu}
        # a worker ends after a task on a GPU unless max_calls is given
        self._work = ray.remote(**share, max_retries=0, max_calls=0)(work)
        try:
            if address is not None:
                refuse_unlike_nodes(self._looks(ray, folder.path, plan.data), folder.path, plan.data)
            if self.capacity() == 0:
                raise SteadyganError(
                    f"No machine has {things(self._threads, 'core')} "
                    + (f"and {self._gpu:g} of a GPU " if self._gpu else "")
                    + "for a trial; lower --threads, or choose another --device"
                )
        except BaseException:
            ray.shutdown()
            raise

    def capacity(self) -> int:
        """See :meth:`steadygan.study.executor.Executor.capacity`."""
        there = self._ray.cluster_resources()
        room = int(there.get("CPU", 0) // self._threads)
        if self._gpu:
            room = min(room, int(there.get("GPU", 0) / self._gpu + 1e-6))
        return room if self._parallel is None else min(room, self._parallel)

    def start(self, trial: Trial, share: float) -> None:
        """See :meth:`steadygan.study.executor.Executor.start`."""
        self._submit(trial, share, 1)

    def ended(self, seconds: float) -> list[Ended]:
        """See :meth:`steadygan.study.executor.Executor.ended`; a trial whose process was killed goes on elsewhere."""
        if not self._running:
            time.sleep(seconds)  # no machine is there now; one may come
            return []
        self._ray.wait(list(self._running), timeout=seconds)
        ready, _ = self._ray.wait(list(self._running), num_returns=len(self._running), timeout=0)
        return [found for reference in ready for found in self._settled(reference)]

    def stop(self) -> None:
        """See :meth:`steadygan.study.executor.Executor.stop`."""
        running = list(self._running)
        for reference in running:
            self._ray.cancel(reference, force=False)
        if running:
            self._ray.wait(running, num_returns=len(running), timeout=STOP_SECONDS)
        self._running.clear()
        self._ray.shutdown()

    def _submit(self, trial: Trial, share: float, attempt: int) -> None:
        reference = self._work.remote(self._folder, self._plan, trial.model_dump_json(), share)
        self._running[reference] = (trial, share, attempt)

    def _settled(self, reference: Any) -> list[Ended]:
        trial, share, attempt = self._running.pop(reference)
        lost = ""
        try:
            self._ray.get(reference)
        except self._ray.exceptions.RayTaskError as error:
            lost = "" if isinstance(error.cause, InterruptedTrialError) else _last_line(error)
            if not lost:  # whoever stopped the process wanted its machine, not the end of the trial
                return self._again(trial, share, attempt, "its process was stopped")
        except self._ray.exceptions.RayError as error:
            return self._again(trial, share, attempt, _first_line(error))
        return [Ended(trial.name, lost)]

    def _again(self, trial: Trial, share: float, attempt: int, why: str) -> list[Ended]:
        if attempt >= TRIES:
            return [Ended(trial.name, f"It was broken off {attempt} times, the last time because {why}")]
        self._submit(trial, share, attempt + 1)
        return []

    def _looks(self, ray: Any, folder: Path, data: str) -> list[dict[str, str]]:
        """What each machine of the cluster sees."""
        on_node = library("ray.util.scheduling_strategies").NodeAffinitySchedulingStrategy
        token = folder.absolute() / f".seen-{uuid.uuid4().hex[:8]}"
        token.touch()
        try:
            nodes = [node["NodeID"] for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]
            looks = [
                ray.remote(num_cpus=0, max_retries=0)(look_around)
                .options(scheduling_strategy=on_node(node, soft=False))
                .remote(str(token), data)
                for node in nodes
            ]
            found: list[dict[str, str]] = ray.get(looks, timeout=LOOK_SECONDS)
        except (ray.exceptions.RayError, TimeoutError) as error:
            raise SteadyganError(
                f"A machine of the cluster does not answer ({_first_line(error)}); install steadygan of this version "
                "on each, in the Python with which 'ray start' was called"
            ) from None
        finally:
            token.unlink(missing_ok=True)
        return found


def _connect(ray: Any, address: str | None, threads: int, parallel: int | None) -> None:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # a study calls nobody
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    os.environ.setdefault("RAY_worker_niceness", "0")  # trials get as much of the machine as any training
    variables = {"OMP_NUM_THREADS": str(threads), "GOMP_SPINCOUNT": os.environ.get("GOMP_SPINCOUNT", str(SPINS))}
    if "STEADYGAN_CACHE" in os.environ:
        variables["STEADYGAN_CACHE"] = os.environ["STEADYGAN_CACHE"]
    here = {}
    if address is None:
        cores = _cores() if parallel is None else max(_cores(), parallel * threads)
        here = {"num_cpus": cores, "object_store_memory": _MEMORY, "include_dashboard": False}
    if address is not None and "://" not in address and ":" in address:
        _refuse_deaf(address)
    given = {"log_to_driver": False, "logging_level": "ERROR", "runtime_env": {"env_vars": variables}, **here}
    starts = 1 if address else LOCAL_STARTS
    for start in range(starts):
        try:
            ray.init(address=address or "local", **given)
        except Exception as error:  # because Ray has no class of its own for what goes wrong here
            ray.shutdown()
            said = _first_line(error)
            refusal = _no_cluster(address, said) if address else SteadyganError(f"Ray does not start here: {said}")
            if start + 1 == starts:
                raise refusal from None
        else:
            return


def _refuse_deaf(address: str) -> None:
    """Say at once that nobody listens there, for which Ray would wait a minute."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), LISTEN_SECONDS).close()
    except (OSError, ValueError) as error:
        raise _no_cluster(address, _first_line(error)) from None


def _no_cluster(address: str, why: str) -> SteadyganError:
    return SteadyganError(
        f"There is no Ray cluster to join at '{address}' ({why}); start one with 'ray start --head', set "
        "RAY_AUTH_MODE=token if it asks for a token, or leave --address out"
    )


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _lines(error: BaseException) -> Sequence[str]:
    return [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]


def _first_line(error: BaseException) -> str:
    return _lines(error)[0].rstrip(".")


def _last_line(error: BaseException) -> str:
    return _lines(error)[-1].rstrip(".")
