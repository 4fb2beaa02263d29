"""Features of the user's own domain: an encoder that is trained once on the data, and kept beside them."""

import hashlib
import os
import uuid
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from steadygan.amounts import things
from steadygan.data import Prepared
from steadygan.data.cache_removal import ENCODER
from steadygan.data.data_source import Progress, no_progress
from steadygan.data.store import cache_folder, cache_key, locked_key, writing
from steadygan.errors import SteadyganError
from steadygan.features.encoder import LARGEST, Encoder, EncoderConfig
from steadygan.features.encoder_training import SEEN, Lesson, train_encoder
from steadygan.features.exact import CPU, full_precision
from steadygan.features.extractor import Features
from steadygan.features.split import split_indices

VERSION = 2
"""To be raised with every change of the encoder or its training; it is a part of the name."""
THE_ENCODER = "The encoder"
"""What messages call it where it cannot be written."""
SMALLEST = 8
"""Images smaller than this are enlarged to it."""
LABELS_PER_CLASS = 10
"""Labels that a class needs on average before the encoder learns from labels."""
LABELLED_SHARE = 0.5
"""Share of the images that need a label before the encoder learns from labels."""
GROUPS, IMAGES_PER_GROUP = 64, 20
"""Groups of alike images that stand for classes where there are no labels: fewer of few images."""
FEWEST_IMAGES = 2
SECONDS = 120.0
"""That training takes at 32x32, on one core."""
MOST_PASSES = 60
"""How often training sees each image at most: after that an encoder learns a few images by heart."""


class DomainExtractor:
    """Features of an encoder of the user's own data.

    Args:
        encoder: trained, in evaluation mode.
        labelled: whether it was trained by labels. Only then are its probabilities those of the data's classes.
        device: where it is to run; it is moved there.

    Attributes:
        name: such as ``domain-2-labels-3f9c2a81``: the version of the protocol, what the encoder learned from, and a
            digest of its weights.
        classes: how many classes the labels have; 0 without labels.
    """

    def __init__(self, encoder: Encoder, labelled: bool, device: torch.device = CPU) -> None:
        self.device = device
        self.classes = encoder.config.classes if labelled else 0
        self.name = f"domain-{VERSION}-{'labels' if labelled else 'unlabelled'}-{_digest(encoder)}"
        self.encoder = encoder.to(device)

    @torch.inference_mode()
    def __call__(self, images: Tensor) -> Features:
        """The features of a few hundred images at most.

        Args:
            images: uint8 [N, H, W, C]; resized to the size of the data, at most 64 x 64.

        Returns:
            Features [N, 128], not negative; and probabilities [N, classes] where it has classes.
        """
        given = self.encoder.resized(images).to(self.device)
        with full_precision(self.device):
            features, logits = self.encoder(self.encoder.standardised(given))
        return Features(features.cpu(), logits.softmax(1).cpu() if self.classes else None)


def domain_extractor(
    data: Prepared,
    cache: Path | None = None,
    seed: int = 0,
    labels: bool | None = None,
    seen: int | None = None,
    progress: Progress = no_progress,
    device: torch.device = CPU,
) -> DomainExtractor:
    """The extractor of some data: from the cache, or trained now, which takes a few minutes on two cores.

    It is trained on the images that :func:`steadygan.features.split_indices` does not hold out.

    Args:
        data: prepared images.
        cache: the folder of the cache; ``$STEADYGAN_CACHE`` or ``~/.cache/steadygan`` when None.
        seed: of the training.
        labels: whether to learn from labels. When None: if at least half of the images have one, and a class has ten
            of them on average.
        seen: images that training sees in all, if that is no more than sixty times each; :data:`SEEN` when None.
        progress: called now and then with the number of images seen and the number of all that are to be seen.
        device: where the encoder is to run; it is always trained on the CPU, by which its name is the same everywhere.

    Returns:
        The extractor.

    Raises:
        SteadyganError: when the data are vectors, too few, or have no labels to learn from; or when the cache cannot be
            written.
    """
    config, lesson = _lesson(data, labels)
    labelled = lesson.labels is not None
    seen = _seen(lesson, seen)
    root = cache_folder(cache)
    key = _key(data, lesson, seed, seen)
    path = root / key / ENCODER
    encoder = _load(path)
    if encoder is None:
        with writing(root, THE_ENCODER):
            root.mkdir(parents=True, exist_ok=True)
        with locked_key(root, key, THE_ENCODER):
            encoder = _load(path)  # another process may have trained it while this one waited for the lock
            if encoder is None:
                encoder = train_encoder(config, lesson, seed, seen, progress)
                _save(path, encoder, DomainExtractor(encoder, labelled).name)
    return DomainExtractor(encoder, labelled, device)


def is_trained(data: Prepared, cache: Path | None = None) -> bool:
    """Whether the encoder of these images is in the cache, so that its extractor is to be had at once."""
    try:
        with safe_open(
            encoder_file(data, cache), "pt"
        ) as file:  # which reads where tensors lie, and refuses a file that was cut short
            return _config(file.metadata()) is not None
    except (OSError, SafetensorError, KeyError, ValueError):
        return False


def encoder_file(data: Prepared, cache: Path | None = None) -> Path:
    """Where the encoder of these images lies once it is trained.

    Args:
        data: the prepared images.
        cache: as for :func:`domain_extractor`.
    """
    _, lesson = _lesson(data, None)
    return cache_folder(cache) / _key(data, lesson, 0, _seen(lesson, None)) / ENCODER


def seconds_to_train(data: Prepared) -> float:
    """About how long the encoder of these images trains on a CPU."""
    _, lesson = _lesson(data, None)
    return SECONDS * _seen(lesson, None) / SEEN * (min(max(data.shape[0], SMALLEST), LARGEST) / 32) ** 2


def _seen(lesson: Lesson, wanted: int | None) -> int:
    return min(SEEN if wanted is None else wanted, MOST_PASSES * len(lesson.chosen))


def _key(data: Prepared, lesson: Lesson, seed: int, seen: int) -> str:
    return cache_key(data.fingerprint, str(VERSION), str(lesson.labels is not None), str(seed), str(seen))


def _lesson(data: Prepared, wanted: bool | None) -> tuple[EncoderConfig, Lesson]:
    if data.kind != "images":
        raise SteadyganError(f"'{data.source}' holds vectors, which need no features; measure the vectors themselves.")
    if len(data) < FEWEST_IMAGES:
        raise SteadyganError(
            f"'{data.source}' holds {things(len(data), 'image')}, of which no features can be learned; use more data."
        )
    chosen, _ = split_indices(len(data))
    known = np.empty(0, np.int64) if data.labels is None else chosen[data.labels[chosen] >= 0]
    classes = len(data.class_names)
    present = 0 if data.labels is None else len(np.unique(data.labels[known]))
    enough = len(known) >= max(LABELLED_SHARE * len(chosen), LABELS_PER_CLASS * classes) and present > 1
    if wanted and present <= 1:
        raise SteadyganError(
            f"'{data.source}' has no two classes with labels to learn features from; leave labels out."
        )
    labelled = enough if wanted is None else wanted
    size, _, channels = data.shape
    size = min(max(size, SMALLEST), LARGEST)
    groups = max(2, min(GROUPS, len(chosen) // IMAGES_PER_GROUP))
    config = EncoderConfig(channels=channels, size=size, classes=classes if labelled else groups)
    return config, Lesson(data.images, data.labels, known) if labelled else Lesson(data.images, None, chosen)


def _digest(encoder: Encoder) -> str:
    """A short digest of what the encoder is and of its weights."""
    digest = hashlib.blake2b(encoder.config.model_dump_json().encode(), digest_size=4)
    for name, tensor in sorted(encoder.state_dict().items()):
        digest.update(name.encode() + tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _save(path: Path, encoder: Encoder, name: str) -> None:
    """Write the weights with their description in one file, so that neither is ever without the other."""
    about = {"config": encoder.config.model_dump_json(), "name": name}
    state = {key: tensor.contiguous() for key, tensor in encoder.state_dict().items()}
    new = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}")
    with writing(path.parent, THE_ENCODER):
        path.parent.mkdir(exist_ok=True)
        try:
            with new.open("wb") as file:
                file.write(save(state, about))
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)


def _load(path: Path) -> Encoder | None:
    """The encoder in a file; None if there is none, or it is damaged, for then it is trained again."""
    try:
        with safe_open(path, "pt") as file:
            encoder = Encoder(_config(file.metadata()))
            encoder.load_state_dict({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118  # no mapping
    except (OSError, SafetensorError, KeyError, ValueError, RuntimeError):
        return None
    return encoder.eval().requires_grad_(False)


def _config(about: Mapping[str, str] | None) -> EncoderConfig:
    """What the description of a file says of its encoder.

    Raises:
        KeyError: when it says nothing.
        ValueError: when it says something else.
    """
    return EncoderConfig.model_validate_json((about or {})["config"])
