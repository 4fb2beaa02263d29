"""Formats the tables of the benchmarks, and writes them into a page."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch

from steadygan.runs.environment import environment


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Format a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def machine(device: str = "cpu", threads: int | None = None) -> str:
    """Describe the kind of machine, without its name or any path.

    Args:
        device: the name of the device in PyTorch.
        threads: how many threads contestants may use; None for PyTorch's choice.
    """
    facts = environment(torch.device(device))
    cores, used = facts["cores"], threads or facts["threads"]
    place = "" if device == "cpu" else f"{facts['device']}, "
    return f"{place}{facts['processor']}, {cores} cores, {used} threads, PyTorch {str(facts['torch']).split('+')[0]}"


def write_section(page: Path, name: str, text: str) -> None:
    """Replace the text between the two comments that enclose a section of a page.

    Args:
        page: a Markdown file with the lines ``<!-- begin NAME -->`` and ``<!-- end NAME -->``.
        name: the name of the section.
        text: the new text.

    Raises:
        SystemExit: when the page has no such section.
    """
    begin, end = f"<!-- begin {name} -->\n", f"<!-- end {name} -->"
    before = page.read_text(encoding="utf-8")
    after, found = re.subn(
        f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: f"{begin}\n{text}\n\n{end}", before, flags=re.S
    )
    if found != 1:
        raise SystemExit(f"{page} has no section between '{begin.strip()}' and '{end}'")
    page.write_text(after, encoding="utf-8")
