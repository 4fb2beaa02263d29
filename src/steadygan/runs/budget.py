"""The budget of a run: a number of images, a time, or both."""

from pydantic import BaseModel, ConfigDict

from steadygan.settings import TrainingSettings

DEFAULT_MINUTES = 30.0


class Budget(BaseModel):
    """Says when a run is over: after a number of images or a time, whichever comes first."""

    model_config = ConfigDict(frozen=True)

    images: int | None
    minutes: float | None

    @classmethod
    def of(cls, settings: TrainingSettings) -> "Budget":
        """The budget that the settings ask for, or the default."""
        if settings.images is None and settings.minutes is None:
            return cls(images=None, minutes=DEFAULT_MINUTES)
        return cls(images=settings.images, minutes=settings.minutes)

    def fraction(self, images_seen: int, seconds: float) -> float:
        """Share of the budget that is used; the run is over at 1."""
        shares = [0.0]
        if self.images is not None:
            shares.append(images_seen / self.images)
        if self.minutes is not None:
            shares.append(seconds / (60 * self.minutes))
        return max(shares)
