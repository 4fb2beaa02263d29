"""Networks compiled by PyTorch for the plain calls of a step.

A compiled call can be differentiated once only: PyTorch says so of whatever AOTAutograd makes. Which calls are plain is
decided in :mod:`steadygan.training.forward`; everything else, from penalties to checkpoints, exports and averages,
uses the same networks as they are. Nothing about a network changes but an attribute, which no copy and no file gets.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FunctionType
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch._C import _autograd
from torch._dynamo.exc import TorchDynamoException

from steadygan.distributed import world_size
from steadygan.errors import SteadyganError, out_of_memory
from steadygan.heuristics.turn import DiscriminatorOutput

Ask = Callable[[nn.Module, Tensor, Tensor | None], Any]
Made = TypeVar("Made", Tensor, DiscriminatorOutput)
COMPILER = "inductor"
"""PyTorch's name of what compiles."""
_ATTRIBUTE = "compiled_by_steadygan"


class Compiled:
    """Calls of one network, each compiled when it is first made.

    Args:
        device: where the network is. On CUDA its calls are recorded as graphs, which small networks gain most from.
    """

    def __init__(self, device: torch.device) -> None:
        self._recorded = device.type == "cuda"
        self._calls: dict[Ask, Ask] = {}

    def __call__(self, ask: Ask, network: nn.Module, inputs: Tensor, labels: Tensor | None) -> Any:
        """What ``ask`` makes of a network, inputs [N, ...] and labels int64 [N].

        Raises:
            SteadyganError: when it cannot be compiled.
        """
        call = self._calls.get(ask)
        if call is None:
            call = self._calls[ask] = self._compile(ask)
        try:
            with _unseen(_statistics(network)):
                result = call(network, inputs, labels)
        except TorchDynamoException as error:
            raise _refusal(error) from error
        return _own(result) if self._recorded else result

    def _compile(self, ask: Ask) -> Ask:
        # One shape each, because batches are all alike: what is made for every shape is slower.
        mode = "reduce-overhead" if self._recorded else None
        compiled: Ask = torch.compile(_with_own_code(ask), dynamic=False, mode=mode, backend=COMPILER)
        return compiled

    def __deepcopy__(self, memo: dict[int, Any]) -> None:
        """A copy of a network is not compiled."""

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        """Neither is one that was stored."""
        return type(None), ()


def compile_(network: nn.Module, device: torch.device) -> None:
    """Let plain calls of a network be compiled from now on; in place.

    Args:
        network: anyone's.
        device: where it is.
    """
    vars(network)[_ATTRIBUTE] = Compiled(device)


def decompile_(network: nn.Module) -> None:
    """Undo :func:`compile_`, in place."""
    vars(network).pop(_ATTRIBUTE, None)


def compiled(network: nn.Module) -> Compiled | None:
    """A network's compiled calls; None if it has none."""
    found: Compiled | None = vars(network).get(_ATTRIBUTE)
    return found


def refuse_uncompilable(device: torch.device) -> None:
    """Compile something small, so that a missing compiler is noticed before anything else is done.

    Several processes put their batches together inside networks, which PyTorch's compiler cannot follow.

    Args:
        device: where networks will be.

    Raises:
        SteadyganError: when it cannot be compiled, or there are several processes.
    """
    if world_size() > 1:
        raise SteadyganError(f"--compile works with one process, and there are {world_size()}; leave it out")
    try:
        torch.compile(_with_own_code(_next), dynamic=False, backend=COMPILER)(torch.zeros(2, device=device))
    except RuntimeError as error:  # what the compilers raise are kinds of it
        if out_of_memory(error):
            raise
        raise _refusal(error) from error


def new_batch(device: torch.device) -> None:
    """Say that nobody needs any more what recorded graphs made for the batch before; elsewhere nothing happens."""
    if device.type == "cuda":
        torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]


@contextmanager
def _unseen(buffers: tuple[Tensor, ...]) -> Iterator[None]:
    """Keep autograd from seeing that buffers change.

    Batch norm that is not compiled changes its statistics like this, and no derivative in training depends on them. If
    a compiled call did it openly, a call of the same move that was not compiled could no longer be differentiated.
    """
    versions = tuple(buffer._version for buffer in buffers)
    try:
        yield
    finally:
        _autograd._unsafe_set_version_counter(buffers, versions)


def _statistics(network: nn.Module) -> tuple[Tensor, ...]:
    norms = (each for each in network.modules() if isinstance(each, nn.modules.batchnorm._BatchNorm))
    return tuple(buffer for norm in norms for buffer in norm.buffers())


def _next(x: Tensor) -> Tensor:
    return x + 1


def _with_own_code(ask: Callable[..., Any]) -> Callable[..., Any]:
    """The function once more: PyTorch counts recompilations by code, and all networks would share a limit of eight."""
    assert isinstance(ask, FunctionType)  # all of those are that are compiled here
    return FunctionType(ask.__code__.replace(), ask.__globals__, ask.__name__, ask.__defaults__, ask.__closure__)


def _own(result: Made) -> Made:
    """Copies, because the next recorded call may write where this one did."""
    if isinstance(result, Tensor):
        return result.clone()
    named = None if result.class_logits is None else result.class_logits.clone()
    return DiscriminatorOutput(result.logits.clone(), result.features.clone(), named)


def _refusal(error: Exception) -> SteadyganError:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return SteadyganError(
        f"The networks could not be compiled: {lines[0].rstrip('.')}; --compile needs a C++ compiler such as g++ "
        "(on a GPU also Triton), so install that, or leave --compile out"
    )
