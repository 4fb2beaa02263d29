"""Observers of a run, such as the progress line and TensorBoard, which the loop calls."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from PIL import Image

from steadygan.errors import SteadyganError


class Observer(Protocol):
    """An object whose methods the loop calls while a run trains."""

    def tick(self, images_seen: int, seconds: float, fraction: float) -> None:
        """Called after every step."""
        ...

    def row(self, row: dict[str, Any]) -> None:
        """Called after every row of metrics."""
        ...

    def grid(self, images_seen: int, path: Path) -> None:
        """Called after every grid of samples."""
        ...

    def finding(self, message: str) -> None:
        """Called when something is wrong."""
        ...

    def close(self) -> None:
        """Called when the loop ends, even by an error."""
        ...


def require_tensorboard() -> None:
    """Check that TensorBoard is installed.

    Raises:
        SteadyganError: when its library is not installed.
    """
    if find_spec("tensorboard") is None:
        raise SteadyganError(
            "--tensorboard needs the library tensorboard; install it with pip install 'steadygan[tensorboard]'"
        )


class TensorBoard:
    """Writes rows and grids for TensorBoard.

    Args:
        folder: the folder for its event files.
        from_images: rows at or after this many images seen replace earlier ones.
    """

    def __init__(self, folder: Path, from_images: int) -> None:
        require_tensorboard()
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(folder), purge_step=from_images or None)

    def tick(self, images_seen: int, seconds: float, fraction: float) -> None:
        """Do nothing between rows."""

    def row(self, row: dict[str, Any]) -> None:
        """Write one scalar for each number."""
        for name, value in row.items():
            if isinstance(value, int | float) and name != "images":
                self._writer.add_scalar(name, value, row["images"])

    def grid(self, images_seen: int, path: Path) -> None:
        """Write the grid as an image."""
        import numpy as np

        pixels = np.asarray(Image.open(path).convert("RGB"))
        self._writer.add_image("samples", pixels, images_seen, dataformats="HWC")

    def finding(self, message: str) -> None:
        """Do nothing, because findings are written to findings.jsonl."""

    def close(self) -> None:
        """Write what is left, and close the files."""
        self._writer.close()
