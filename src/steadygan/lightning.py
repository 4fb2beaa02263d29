"""The doctor as a callback of Lightning, which need not be installed for anything else.

    trainer = Trainer(callbacks=[DoctorCallback()])

Nothing but the hooks ``on_train_batch_end`` and ``on_train_end`` is used, and of the trainer only ``callback_metrics``,
``should_stop`` and ``is_global_zero``.
"""

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor, nn

from steadygan.doctor.finding import Severity
from steadygan.doctor.names import LOSSES, canonical
from steadygan.errors import SteadyganError
from steadygan.monitor import Doctor
from steadygan.monitor.untouched import untouched

GENERATORS = ("generator", "netG", "net_g", "G", "gen")
DISCRIMINATORS = ("discriminator", "critic", "netD", "net_d", "D", "disc")
"""What modules usually call their networks."""
LATENT_SIZES = ("latent_dim", "latent_dimension", "z_dim", "latent_size", "nz")
LOOKED_AT = 128
SEED = 20151


def _callback() -> Any:
    """The class that Lightning's callbacks are; any, where Lightning is not installed."""
    for package, module in (("lightning", "lightning.pytorch"), ("pytorch_lightning", "pytorch_lightning")):
        if find_spec(package) is not None:
            return import_module(module).Callback
    return object


class DoctorCallback(_callback()):  # type: ignore[misc]
    """Lets the doctor watch a GAN that Lightning trains.

    The networks are found by their usual names, such as ``generator`` and ``discriminator``, and the length of the
    latents in ``latent_dim`` of the module or of its ``hparams``; the losses are those that the module logs, such as
    ``d_loss`` and ``g_loss``. What is elsewhere is given as a function.

    Args:
        doctor: who watches; ``callback.doctor`` holds it. One that says on the screen what it finds when None.
        real: from a batch to the real images in it; the batch itself, or the first thing in it, when None.
        fake: from the module and a number to as many generated images; from normal latents when None.
        stop_on: how serious a finding must be for training to stop, ``warning`` or ``critical``; never when None.
    """

    def __init__(
        self,
        doctor: Doctor | None = None,
        *,
        real: Callable[[Any], Any] | None = None,
        fake: Callable[[Any, int], Any] | None = None,
        stop_on: Severity | str | None = None,
    ) -> None:
        super().__init__()
        self.doctor = doctor or Doctor()
        self._real, self._fake = real or _first, fake
        self._stop_on = None if stop_on is None else Severity(stop_on)
        self._steps = 0
        self._source: torch.Generator | None = None
        self._fixed: Tensor | None = None

    # --- what Lightning calls

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Show the doctor this step; what it does not look at is not computed."""
        if not getattr(trainer, "is_global_zero", True):
            return
        generator, discriminator = _network(pl_module, GENERATORS), _network(pl_module, DISCRIMINATORS)
        real = self._real(batch)
        shown: dict[str, Any] = {"real": real, "generator": generator, "discriminator": discriminator}
        if generator is not None and (self._fake is not None or _latent_size(pl_module) is not None):
            shown["fake"] = made = cache(lambda: self._made(pl_module, generator))
            shown["fixed"] = lambda: self._of_fixed_latents(pl_module, generator)
        if discriminator is not None:
            shown["real_logits"] = lambda: _answers(discriminator, real[:LOOKED_AT])
            if "fake" in shown:
                shown["fake_logits"] = lambda: _answers(discriminator, made())
        found = self.doctor.observe(self._steps, losses=_losses(trainer.callback_metrics), **shown)
        self._steps += 1
        if self._stop_on is not None and any(each.severity.rank >= self._stop_on.rank for each in found):
            trainer.should_stop = True

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """Say what was found, or that nothing was."""
        if getattr(trainer, "is_global_zero", True):
            self.doctor.conclude()

    # --- what is shown

    def _made(self, module: Any, generator: nn.Module) -> Any:
        with untouched(generator):
            if self._fake is not None:
                return self._fake(module, LOOKED_AT)
            return _images(generator, self._latents(module, generator))

    def _of_fixed_latents(self, module: Any, generator: nn.Module) -> Any:
        with untouched(generator):
            if self._fake is not None:
                torch.manual_seed(SEED)
                return self._fake(module, LOOKED_AT)
            if self._fixed is None:
                self._fixed = self._latents(module, generator)
            return _images(generator, self._fixed)

    def _latents(self, module: Any, generator: nn.Module) -> Tensor:
        """Normal latents, where and of what kind the generator's weights are."""
        if self._source is None:
            self._source = torch.Generator().manual_seed(SEED)
        size = _latent_size(module)
        assert size is not None
        latents = torch.randn(LOOKED_AT, size, generator=self._source)
        weight = next(generator.parameters(), latents)
        return latents.to(weight.device, weight.dtype)


def _first(batch: Any) -> Any:
    """The images of a batch: the batch itself, or the first thing in it."""
    if isinstance(batch, Mapping):
        return next(iter(batch.values()))
    return batch[0] if isinstance(batch, list | tuple) else batch


def _network(module: Any, names: tuple[str, ...]) -> nn.Module | None:
    found = (getattr(module, name, None) for name in names)
    return next((each for each in found if isinstance(each, nn.Module)), None)


def _latent_size(module: Any) -> int | None:
    for holder in (module, getattr(module, "hparams", None)):
        for name in LATENT_SIZES:
            size = getattr(holder, name, None)
            if isinstance(size, int):
                return size
    return None


def _losses(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Each player's loss; of several figures of one meaning the first."""
    found: dict[str, Any] = {}
    for name, value in metrics.items():
        if canonical(name) in LOSSES:
            found.setdefault(canonical(name), value)
    return found


def _images(generator: nn.Module, latents: Tensor) -> Any:
    try:
        try:
            return generator(latents)
        except (RuntimeError, ValueError):
            return generator(latents[..., None, None])  # as convolutions take them
    except (RuntimeError, ValueError, TypeError) as error:
        raise SteadyganError(
            f"The generator makes no images of latents alone ({' '.join(str(error).split())[:120]}); give "
            "DoctorCallback fake=, a function of the module and a number"
        ) from None


def _answers(discriminator: nn.Module, images: Any) -> Any:
    with untouched(discriminator):
        found = discriminator(images)
    return found[0] if isinstance(found, list | tuple) else found
