"""Runs the command line: what a user can mend is said in a sentence, and the status tells how it ended."""

import os
import sys
from typing import NoReturn

import typer

from steadygan.cli.app import app, errors
from steadygan.cores import share_cores
from steadygan.errors import SteadyganError, out_of_memory, plain_message
from steadygan.screen import shown
from steadygan.startup import BROKEN_OFF, REFUSED, leave_without_memory


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit; what a user can mend is said in one sentence, with exit status 2."""
    try:
        share_cores()  # before any command imports PyTorch
        status = app(arguments, prog_name="steadygan", standalone_mode=False)
    except SteadyganError as error:
        _refuse(str(error))
    except (KeyboardInterrupt, typer.Abort):
        status = BROKEN_OFF
    except Exception as error:
        leave_without_memory(error)
        _refuse(_sentence(error))
    if status == BROKEN_OFF and _speaks():
        errors.print("broken off; what was saved before is intact")
    _leave(status if isinstance(status, int) else 0)


def _sentence(error: Exception) -> str:
    """What is wrong with the call, or with its size.

    Raises:
        Exception: the error itself, when it is no fault of the user's.
    """
    # typer's own errors are known by their method: which class they have depends on its version
    said = getattr(error, "format_message", None)
    if said is not None:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "steadygan"
        return f"{plain_message(' '.join(said().split())).rstrip('.')} (see {command} --help)"
    if out_of_memory(error):
        return "There is not enough memory for this; lower --set batch=N, --set width=N, --resolution or -n"
    raise error


def _refuse(sentence: str) -> NoReturn:
    line = " ".join(sentence.split()).rstrip(".")
    if _speaks():
        errors.print(f"[bold red]error:[/] {shown(line)}", soft_wrap=True)
    _leave(REFUSED)


def _of_several() -> bool:
    return os.environ.get("WORLD_SIZE", "1") != "1"


def _speaks() -> bool:
    """Whether this process is to say what went wrong: of several one is enough."""
    if not _of_several():
        return True
    from steadygan.distributed import is_reporting_process

    return is_reporting_process()


def _leave(status: int) -> NoReturn:
    if status and _of_several():
        # without a farewell, for which others that are gone would be waited
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)
