"""The doctor as a callback of Keras, for ``fit``."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

import keras

from steadygan.doctor.finding import Severity
from steadygan.doctor.names import canonical
from steadygan.keras.means import Means
from steadygan.keras.patient import LOOKED_AT, ModelPatient
from steadygan.monitor import Doctor


class DoctorCallback(keras.callbacks.Callback):
    """Lets the doctor watch while ``fit`` trains a :class:`steadygan.keras.GAN`, or anyone's model that is a GAN.

        gan.fit(images, epochs=20, callbacks=[sgk.DoctorCallback(images)])

    Of a model of your own it uses ``generator`` and ``discriminator``, with normal latents as long as ``latent_dim``
    says, and its losses: metrics with names such as ``d_loss`` and ``g_loss``, or else what ``train_step`` returns,
    which is seen at the end of each epoch. A loop with ``train_on_batch`` needs no callback: call
    :meth:`steadygan.Doctor.observe` in it.

    Args:
        real: the images that the discriminator sees, or some of them, uint8 or float, [N, H, W, C]. When None, less
            can be judged.
        generate: from a number to as many generated images; from the model when None.
        doctor: who watches; ``callback.doctor`` holds it. One that says on the screen what it finds when None.
        batch: images in a step of a model that does not say how many it has seen.
        stop_on: how serious a finding must be for training to stop, ``warning`` or ``critical``; never when None.

    Raises:
        SteadyganError: in ``fit``, when images do not fit.
    """

    def __init__(
        self,
        real: Any = None,
        *,
        generate: Callable[[int], Any] | None = None,
        doctor: Doctor | None = None,
        batch: int = 64,
        stop_on: Severity | str | None = None,
    ) -> None:
        super().__init__()
        self.doctor = doctor or Doctor()
        self._given, self._batch = (real, generate), batch
        self._stop_on = None if stop_on is None else Severity(stop_on)
        self._patient: ModelPatient | None = None
        self._means = Means()
        self._steps = self._steps_before_epoch = 0

    # --- what Keras calls

    def on_train_begin(self, logs: Any = None) -> None:
        """Find out what the model is made of."""
        model = self.model
        if self._patient is None or self._patient.model is not model:
            self._patient = ModelPatient(model, *self._given)
        self._images_each = int(getattr(model, "images_per_step", self._batch))
        self._images_before = int(getattr(model, "images_seen", self._steps * self._images_each))
        self._steps_before = self._steps

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Begin to count anew, as Keras' metrics do."""
        self._means.begin_epoch()
        self._steps_before_epoch = self._steps

    # Not at the end of a batch: for that Keras would wait for the device after each step, to make numbers of the logs.
    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Show the doctor the step before; what it does not look at is not computed."""
        if batch:
            self._steps = self._steps_before_epoch + batch
            self._observe(self._measured)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Take over the means of the epoch before Keras forgets them, and the losses of a model without metrics."""
        self._steps += 1
        self._observe(self._measured() or _of_players(logs or {}))

    def on_train_end(self, logs: Any = None) -> None:
        """Say what was found, or that nothing was."""
        self.doctor.conclude()

    # --- what is shown

    def _observe(self, losses: Any) -> None:
        images = self._images_before + (self._steps - self._steps_before) * self._images_each
        found = self.doctor.observe(self._steps - 1, images=images, losses=losses, **self._shown())
        if self._stop_on is not None and any(each.severity.rank >= self._stop_on.rank for each in found):
            self.model.stop_training = True

    def _shown(self) -> dict[str, Any]:
        patient = self._patient
        assert patient is not None
        shown: dict[str, Any] = {
            name: partial(patient.weights, network)
            for name, network in (("generator", patient.generator), ("discriminator", patient.discriminator))
            if network is not None
        }
        made = cache(patient.made)
        if patient.generates:
            shown["fake"] = made
            if patient.has_fixed_latents:
                shown["fixed"] = patient.of_fixed_latents
            if patient.judges:
                shown["fake_logits"] = lambda: patient.answers(made())
        if patient.real is not None:
            start = len(self.doctor.rows) * LOOKED_AT % max(1, len(patient.real) - LOOKED_AT + 1)
            shown["real"] = real = patient.real[start : start + LOOKED_AT]
            if patient.judges:
                shown["real_logits"] = lambda: patient.answers(real)
        return shown

    def _measured(self) -> dict[str, Any]:
        """The means of the players' metrics since the last time."""
        assert self._patient is not None
        self._patient.synchronise()
        self._means.collect(self.model.metrics)
        means, _ = self._means.take()
        return _of_players({name: float("nan") if value is None else value for name, value in means.items()})


def _of_players(logs: Mapping[str, Any]) -> dict[str, Any]:
    """Losses and gradient norms, by canonical names."""
    named = {canonical(name): value for name, value in logs.items()}
    return {name: value for name, value in named.items() if name.partition("/")[0] in ("discriminator", "generator")}
