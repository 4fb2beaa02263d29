"""Objects of other packages and of the user's own files, found by an entry point's name or by ``module:object``."""

import importlib
import sys
from importlib.metadata import EntryPoint, entry_points
from operator import attrgetter
from pathlib import Path

from steadygan.errors import SteadyganError, nearest

HEURISTICS = "steadygan.heuristics"
"""The entry point group in which other packages declare heuristics."""


def entry_point_names(group: str) -> tuple[str, ...]:
    """List what installed packages offer in a group.

    Args:
        group: of entry points, such as ``steadygan.metrics``.

    Returns:
        The names in alphabetical order, each once.
    """
    return tuple(sorted({found.name for found in entry_points(group=group)}))


def is_reference(name: str) -> bool:
    """Whether a name has the form ``package.module:Attribute``."""
    module, colon, attribute = name.partition(":")
    return bool(colon) and all(part.isidentifier() for part in f"{module}.{attribute}".split("."))


def resolve(reference: str, group: str) -> object | None:
    """Find the object that a reference names.

    An installed entry point of that name comes first. Otherwise ``package.module:Attribute`` is imported; the current
    directory is searched after everything that is installed, so that a file beside the data is enough.

    Args:
        reference: an entry point's name, or ``package.module:Attribute``; the attribute may have dots.
        group: of entry points, such as ``steadygan.metrics``.

    Returns:
        The object; None if no entry point has that name and the reference has no colon, so that the caller can name
        what else there is.

    Raises:
        SteadyganError: when the module cannot be imported, it has no such attribute, or two packages offer different
            objects under the name.
    """
    offered = {found.value: found for found in entry_points(group=group) if found.name == reference}
    if len(offered) > 1:
        raise SteadyganError(
            f"Several installed packages offer '{reference}' as {group}: {', '.join(sorted(offered))}; "
            "name one of these instead"
        )
    for found in offered.values():
        return _loaded(found)
    if ":" not in reference:
        return None
    module, _, attribute = reference.partition(":")
    if not is_reference(reference):
        raise SteadyganError(f"'{reference}' is not a reference to an object; write it as package.module:Attribute")
    return _imported(module, attribute, reference)


def _loaded(found: EntryPoint) -> object:
    return _imported(found.module, found.attr, f"{found.name} = {found.value}")


def _imported(name: str, attribute: str, reference: str) -> object:
    """Import a module and read its attribute; an entry point without an attribute is the module itself."""
    here = str(Path.cwd())
    if not {"", here} & set(sys.path):
        sys.path.append(here)
        importlib.invalidate_caches()
    try:
        module = importlib.import_module(name)
    except Exception as error:  # because a module may raise anything while it is imported
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise SteadyganError(f"'{reference}' cannot be imported: {type(error).__name__}: {reason}") from error
    if not attribute:
        return module
    try:
        found: object = attrgetter(attribute)(module)
    except AttributeError:
        public = [each for each in vars(module) if not each.startswith("_")]
        raise SteadyganError(f"The module '{name}' has no '{attribute}'; {nearest(attribute, public)}") from None
    return found
