"""Networks compiled by PyTorch for the plain calls of a step.

A compiled call can be differentiated only once, as PyTorch documents for everything that AOTAutograd makes.
:mod:`steadygan.training.forward` decides which calls are plain; everything else, from penalties to checkpoints, exports
and averages, uses the networks as they are. A network changes only by an attribute, which is neither copied nor saved.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FunctionType
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch._C import _autograd

from steadygan.distributed import world_size
from steadygan.errors import SteadyganError, out_of_memory
from steadygan.heuristics.turn import DiscriminatorOutput
from steadygan.layers.kernels.tuning import own_processor

NetworkCall = Callable[[nn.Module, Tensor, Tensor | None], Any]
Result = TypeVar("Result", Tensor, DiscriminatorOutput)
COMPILER = "inductor"
"""PyTorch's name of the compiler."""
_ATTRIBUTE = "compiled_by_steadygan"


class Compiled:
    """The calls of one network, each of which is compiled when it is first made.

    Args:
        device: where the network is. On CUDA its calls are recorded as graphs, from which small networks gain most.
    """

    def __init__(self, device: torch.device) -> None:
        self._recorded = device.type == "cuda"
        self._calls: dict[NetworkCall, NetworkCall] = {}

    def __call__(self, forward: NetworkCall, network: nn.Module, inputs: Tensor, labels: Tensor | None) -> Any:
        """Call ``forward`` with a network, inputs [N, ...] and labels, int64 [N].

        Raises:
            SteadyganError: when the call cannot be compiled.
        """
        call = self._calls.get(forward)
        if call is None:
            call = self._calls[forward] = self._compile(forward)
        try:
            with _hidden_from_autograd(_statistics(network)):
                result = call(network, inputs, labels)
        except RuntimeError as error:
            if not _is_compiler_error(error):
                raise
            raise _refusal(error) from error
        return _copied(result) if self._recorded else result

    def _compile(self, forward: NetworkCall) -> NetworkCall:
        # It is compiled for one shape, because all batches are alike, and code for every shape is slower.
        mode = "reduce-overhead" if self._recorded else None
        torch.compiler.assume_constant_result(own_processor)  # type: ignore[no-untyped-call]  # it reads a file
        compiled: NetworkCall = torch.compile(_with_own_code(forward), dynamic=False, mode=mode, backend=COMPILER)
        return compiled

    def __deepcopy__(self, memo: dict[int, Any]) -> None:
        """A copy of a network is not compiled."""

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        """A network that was stored is not compiled either."""
        return type(None), ()


def compile_(network: nn.Module, device: torch.device) -> None:
    """Let plain calls of a network be compiled from now on; in place.

    Args:
        network: any network.
        device: where it is.
    """
    vars(network)[_ATTRIBUTE] = Compiled(device)


def may_compile(network: nn.Module) -> bool:
    """Whether nothing in a network says of itself that it is ``eager_only``, as what calls Keras does."""
    return not any(getattr(module, "eager_only", False) for module in network.modules())


def decompile_(network: nn.Module) -> None:
    """Undo :func:`compile_`, in place."""
    vars(network).pop(_ATTRIBUTE, None)


def compiled(network: nn.Module) -> Compiled | None:
    """The compiled calls of a network; None if it is not compiled."""
    found: Compiled | None = vars(network).get(_ATTRIBUTE)
    return found


def refuse_uncompilable(device: torch.device) -> None:
    """Compile a small function, so that a missing compiler is noticed before anything else is done.

    With several processes, layers gather the batches of all of them, which PyTorch's compiler cannot follow.

    Args:
        device: where networks will be.

    Raises:
        SteadyganError: when nothing can be compiled, or there are several processes.
    """
    if world_size() > 1:
        raise SteadyganError(f"--compile works with one process, and there are {world_size()}; leave it out")
    try:
        torch.compile(_with_own_code(_next), dynamic=False, backend=COMPILER)(torch.zeros(2, device=device))
    except RuntimeError as error:  # the errors of the compilers are subclasses of it
        if out_of_memory(error):
            raise
        raise _refusal(error) from error


def new_batch(device: torch.device) -> None:
    """Tell CUDA graphs that the results for the previous batch are no longer needed; on other devices, do nothing."""
    if device.type == "cuda":
        torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]


@contextmanager
def _hidden_from_autograd(buffers: tuple[Tensor, ...]) -> Iterator[None]:
    """Hide changes of buffers from autograd.

    Batch norm that is not compiled hides the changes of its statistics in this way, and no derivative in training
    depends on them. If a compiled call did not hide them, a call of the same move that was not compiled could no longer
    be differentiated.
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


def _with_own_code(forward: Callable[..., Any]) -> Callable[..., Any]:
    """Copy a function: PyTorch counts recompilations by code object, and all networks would share a limit of eight."""
    assert isinstance(forward, FunctionType)  # every function that is compiled here is one
    return FunctionType(
        forward.__code__.replace(), forward.__globals__, forward.__name__, forward.__defaults__, forward.__closure__
    )


def _is_compiler_error(error: RuntimeError) -> bool:
    from torch._dynamo.exc import TorchDynamoException  # it takes two seconds to import, and runs rarely compile

    return isinstance(error, TorchDynamoException)


def _copied(result: Result) -> Result:
    """Copy a result, because the next recorded call may overwrite it."""
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
