"""Observers of a run, such as the progress line and TensorBoard: the loop calls them and they return nothing."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from PIL import Image

from steadygan.errors import SteadyganError


class Observer(Protocol):
    """Is called while a run trains."""

    def tick(self, images_seen: int, seconds: float, fraction: float) -> None:
        """After every step."""
        ...

    def row(self, row: dict[str, Any]) -> None:
        """After every row of metrics."""
        ...

    def grid(self, images_seen: int, path: Path) -> None:
        """After every grid of samples."""
        ...

    def finding(self, message: str) -> None:
        """When something is wrong."""
        ...

    def close(self) -> None:
        """When the loop ends, however it ends."""
        ...


def require_tensorboard() -> None:
    """See to it that TensorBoard can be written for.

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
        folder: where its event files go.
        from_images: rows at or after this many images seen replace earlier ones.
    """

    def __init__(self, folder: Path, from_images: int) -> None:
        require_tensorboard()
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(folder), purge_step=from_images or None)

    def tick(self, images_seen: int, seconds: float, fraction: float) -> None:
        """Nothing between rows."""

    def row(self, row: dict[str, Any]) -> None:
        """One scalar for each number."""
        for name, value in row.items():
            if isinstance(value, int | float) and name != "images":
                self._writer.add_scalar(name, value, row["images"])

    def grid(self, images_seen: int, path: Path) -> None:
        """The grid as an image."""
        import numpy as np

        pixels = np.asarray(Image.open(path).convert("RGB"))
        self._writer.add_image("samples", pixels, images_seen, dataformats="HWC")

    def finding(self, message: str) -> None:
        """Findings stay in findings.jsonl."""

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()
