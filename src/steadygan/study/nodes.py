"""Whether all machines of a cluster see what a study needs."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from steadygan.errors import SteadyganError


def refuse_unlike_nodes(looks: Sequence[Mapping[str, str]], folder: Path, data: str) -> None:
    """Refuse a cluster on which a trial could not be run, or would not give the same figures.

    Args:
        looks: what :func:`steadygan.study.ray_worker.look_around` found on each machine.
        folder: of the study.
        data: the name of the data.

    Raises:
        SteadyganError: with the first machine that lacks something.
    """
    for look in looks:
        if not look["folder"]:
            raise SteadyganError(
                f"The machine '{look['machine']}' does not see the folder '{folder}'; put --out on storage that all "
                "machines of the cluster share, under the same path"
            )
        if not look["data"]:
            raise SteadyganError(
                f"The machine '{look['machine']}' does not see the data '{data}'; put them on storage that all "
                "machines of the cluster share, under the same path"
            )
        for name in ("steadygan", "torch"):
            if look[name] != looks[0][name]:
                raise SteadyganError(
                    f"The machine '{look['machine']}' has {name} {look[name]} and '{looks[0]['machine']}' has "
                    f"{looks[0][name]}; trials need the same one everywhere"
                )
