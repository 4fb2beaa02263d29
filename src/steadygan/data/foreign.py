"""Kinds of files that Pillow does not read by itself: the plugin that reads each, or what to do with it first.

This module imports only the standard library, because every decoding process loads it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import PurePath

HEAD_BYTES = 256
"""The number of bytes at the beginning of a file from which its kind is recognised."""

_RAW = frozenset(
    (
        *(".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".kdc", ".mrw", ".nef"),
        *(".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f"),
    )
)
_RAW_REASON = "a raw picture of a camera; convert it to PNG or JPEG first"


@dataclass(frozen=True)
class Plugin:
    """A package that teaches Pillow a kind of image.

    Args:
        package: its name for ``pip install``.
        module: its name for ``import``.
        register: the function that makes it known to Pillow; empty if importing it does.
    """

    package: str
    module: str
    register: str = ""


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Args:
        name: its name after an article, such as ``a PDF document``.
        suffixes: the ends of its files' names.
        plugin: the package with which Pillow reads it, if there is one.
    """

    name: str
    suffixes: tuple[str, ...]
    plugin: Plugin | None = None

    def reason(self) -> str:
        """Why such a file is skipped when no plugin for it is installed, and what to do, in a few words."""
        if self.plugin is None:
            return f"{self.name}; export it as PNG or JPEG first"
        return f"{self.name}, which needs a plugin; install it with: pip install {self.plugin.package}"


HEIF = Kind("a HEIF image", (".heic", ".heif", ".hif"), Plugin("pillow-heif", "pillow_heif", "register_heif_opener"))
AVIF = Kind("an AVIF image", (".avif", ".avifs"), Plugin("pillow-avif-plugin", "pillow_avif"))
JPEG_XL = Kind("a JPEG XL image", (".jxl",), Plugin("pillow-jxl-plugin", "pillow_jxl"))
PDF = Kind("a PDF document", (".pdf", ".ai"))
SVG = Kind("an SVG drawing", (".svg", ".svgz"))
PHOTOSHOP = Kind("a Photoshop document", (".psd", ".psb"))
_KINDS = (HEIF, AVIF, JPEG_XL, PDF, SVG, PHOTOSHOP)
_SIGNATURES = (
    (b"\xff\x0a", JPEG_XL),
    (b"\0\0\0\x0cJXL \r\n\x87\n", JPEG_XL),
    (b"%PDF-", PDF),
    (b"8BPS", PHOTOSHOP),
    (b"<svg", SVG),
)
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


def raw_reason(name: str) -> str | None:
    """Why a raw picture of a camera is skipped; None for other files.

    Most of these are TIFF files for Pillow, which would read the small preview in them.

    Args:
        name: of the file; empty if it has none.
    """
    return _RAW_REASON if PurePath(name).suffix.lower() in _RAW else None


def kind_of(head: bytes, name: str) -> Kind | None:
    """Recognises a kind of file that Pillow does not read by itself, by its content or else by its name.

    Args:
        head: the first bytes of the file.
        name: of the file; empty if it has none.

    Returns:
        The kind; None if it is none of those that are known here.
    """
    by_content = _kind_by_content(head)
    if by_content is not None:
        return by_content
    suffix = PurePath(name).suffix.lower()
    return next((kind for kind in _KINDS if suffix in kind.suffixes), None)


def _kind_by_content(head: bytes) -> Kind | None:
    if head[4:8] == b"ftyp":
        # both kinds may call themselves mif1, and then name their codec among the compatible brands
        brands = head[8 : max(12, int.from_bytes(head[:4]))]
        if b"avif" in brands or b"avis" in brands:
            return AVIF
        return HEIF if any(brand in brands for brand in _HEIF_BRANDS) else None
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    return SVG if head.lstrip().startswith(b"<?xml") and b"<svg" in head else None


def installed_plugins(names: Iterable[str]) -> tuple[str, ...]:
    """The modules of installed plugins that may read some of these files, so that a new one makes a difference.

    Args:
        names: of files, which may be many.
    """
    wanted = {kind.suffixes: kind.plugin.module for kind in _KINDS if kind.plugin is not None}
    found = {module for name in names for suffixes, module in wanted.items() if name.lower().endswith(suffixes)}
    return tuple(sorted(module for module in found if find_spec(module) is not None))


def load_plugin(plugin: Plugin) -> bool:
    """Makes a plugin known to Pillow.

    Returns:
        Whether it is installed and could be loaded.
    """
    try:
        module = import_module(plugin.module)
        if plugin.register:
            getattr(module, plugin.register)()
    except Exception:  # because a plugin whose library does not fit may raise anything
        return False
    return True
