"""What heuristics share that let the discriminator name the class of an image."""

from steadygan.heuristics.architecture.label_embedding import LabelEmbedding
from steadygan.heuristics.architecture.projection import Projection
from steadygan.heuristics.base import Company

HOW_CLASSES_ARE_NAMED = "how the discriminator names classes"


def class_leak_objection(name: str, company: Company) -> str | None:
    """Why a discriminator that is given the class cannot also be asked for it by a heuristic.

    Args:
        name: of the heuristic that asks.
        company: beside it.

    Returns:
        A sentence, or None.
    """
    for other in company.others:
        if isinstance(other, Projection):
            return (
                f"'{name}' asks the discriminator for the class that 'projection' gives it, so it would learn "
                "nothing from the image; keep one of them"
            )
        if isinstance(other, LabelEmbedding) and other.in_discriminator:
            return (
                f"'{name}' asks the discriminator for the class that 'label-embedding' gives it, so it would learn "
                "nothing from the image; use --set label-embedding.in_discriminator=false"
            )
    return None
