"""An evaluation by several processes: each takes a share of the samples, and the main one measures for all."""

from collections.abc import Callable, Iterable

from torch import Tensor

from steadygan.arrays import Array
from steadygan.distributed import all_gather, broadcast_string, differs_between_processes, rank, world_size
from steadygan.errors import SteadyganError
from steadygan.evaluation.result import Evaluation
from steadygan.features import Extractor, Features, extract


def share_of(count: int) -> slice:
    """Which items are this process's, one after another.

    Args:
        count: of all items, at least 1.

    Returns:
        At least one item, for a network wants some: processes beyond the number of items take the last one too.
    """
    size = _share(count)
    low = min(rank() * size, count - 1)
    return slice(low, min(low + size, count))


def gathered(rows: Tensor, count: int) -> Tensor:
    """What all processes have found, in the order of the items.

    Args:
        rows: [n, ...], of the items of :func:`share_of`.
        count: of all items.

    Returns:
        [count, ...].
    """
    if world_size() == 1:
        return rows
    padded = rows.new_zeros(_share(count), *rows.shape[1:])
    padded[: len(rows)] = rows
    return all_gather(padded)[:count]


def extract_shared(extractor: Extractor, images: Callable[[slice], Array | Iterable[Tensor]], count: int) -> Features:
    """The features of all items, of which each process takes its share; the same on every process.

    Args:
        extractor: the same on every process.
        images: gives some of the items in a form that :func:`steadygan.features.extract` takes.
        count: of all items.
    """
    found = extract(extractor, images(share_of(count)))
    probabilities = None if found.probabilities is None else gathered(found.probabilities, count)
    return Features(gathered(found.features, count), probabilities)


def refuse_unlike(what: str, name: str) -> None:
    """Refuse to go on where processes do not have the same data or features.

    Args:
        what: it is.
        name: its own, which is the same if it is.

    Raises:
        SteadyganError: the same on every process.
    """
    if differs_between_processes(name):
        raise SteadyganError(
            f"The {what} of the {world_size()} processes are not the same; copy data and cache to each machine"
        )


def by_main_process(evaluate: Callable[[], Evaluation]) -> Evaluation:
    """What the main process finds, on every process.

    Args:
        evaluate: called on the main process only; what it refuses, all refuse.
    """
    own: list[Evaluation] = []

    def found() -> str:
        own.append(evaluate())
        return own[0].to_json()

    if world_size() == 1:
        return evaluate()
    text = broadcast_string("evaluation", found)
    return own[0] if own else Evaluation.from_json(text)


def _share(count: int) -> int:
    return -(-count // world_size())
