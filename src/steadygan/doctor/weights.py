"""Signals in the weights of a network: how fast they move, and how far they stretch what passes through them."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class WeightWatch:
    """Follows one network's weights from one look to the next.

    Args:
        network: whose parameters are read and never changed.
    """

    def __init__(self, network: nn.Module) -> None:
        self.network = network
        self._before: Tensor | None = None
        self._directions: dict[str, Tensor] = {}

    @torch.no_grad()
    def look(self, steps: int) -> dict[str, float]:
        """What has changed since the last look.

        Args:
            steps: since then.

        Returns:
            ``update``: the length of the change for a step, over that of the weights; none at the first look.
            ``stretch``: the largest singular value of a layer, by one more round of the power iteration for each look.

        Source: Karpathy 2015, CS231n, for the ratio of updates to weights; Brock et al. 2018, section 4.1, for singular
            values that rise before training collapses.
        """
        now = torch.cat([each.detach().float().flatten() for each in self.network.parameters()] or [torch.zeros(0)])
        found: dict[str, float] = {}
        if self._before is not None and len(self._before) == len(now) and steps > 0:
            size = now.norm().clamp(min=1e-12)
            found["update"] = float((now - self._before).norm() / size / steps)
        self._before = now.clone()
        layers = {name: each for name, each in self.network.named_parameters() if each.ndim > 1}
        found["stretch"] = max((self._stretch(name, each) for name, each in layers.items()), default=float("nan"))
        return found

    def _stretch(self, name: str, weight: Tensor) -> float:
        matrix = weight.detach().float().flatten(1)
        direction = self._directions.get(name)
        if direction is None:
            direction = torch.ones(matrix.shape[1], device=matrix.device)
        image = matrix @ F.normalize(direction, dim=0)
        self._directions[name] = matrix.T @ image
        return float(image.norm())

    def state_dict(self) -> dict[str, object]:
        """What a checkpoint keeps."""
        return {"before": self._before, "directions": dict(self._directions)}

    def load_state_dict(self, saved: dict[str, object]) -> None:
        """Go on from :meth:`state_dict`."""
        self._before = saved["before"]  # type: ignore[assignment]
        self._directions = dict(saved["directions"])  # type: ignore[call-overload]
