"""What each failure means, in two sentences."""

from steadygan.vocabulary import Failure

MEANINGS = {
    Failure.NOT_FINITE: (
        "Numbers in a loss, a gradient or a weight have become infinite or not a number. "
        "Nothing that is trained from here on is of use; an earlier checkpoint is."
    ),
    Failure.DISCRIMINATOR_WINS: (
        "The discriminator tells real from generated images so surely that it no longer says in which direction they "
        "would be better. The generator stands still or wanders."
    ),
    Failure.STALLED: (
        "A network does not change, or what it makes comes no nearer to the data. Its rate is 0, its gradients vanish, "
        "or it was never handed to the optimiser."
    ),
    Failure.EXPLODING_GRADIENTS: (
        "Gradients have grown by orders of magnitude. Single steps now throw the weights far away."
    ),
    Failure.MODE_COLLAPSE: (
        "Different latents give nearly the same images. The generator has found a few images that pass and makes no "
        "others."
    ),
    Failure.MODE_DROPPING: (
        "Images differ from each other, but whole parts of the data are never made. The generator serves some modes of "
        "the data and has left the others."
    ),
    Failure.OSCILLATION: (
        "The same latents give ever other images, and old ones come back. The players chase each other and get nowhere."
    ),
    Failure.GARBAGE_FOOLING: (
        "Images get further from the data while the generator's loss says that all is well. It has found a weakness of "
        "the discriminator instead of the data."
    ),
    Failure.CHECKERBOARD: (
        "Images carry a regular grid that the data do not have. It comes from layers that upsample with a kernel whose "
        "size their stride does not divide."
    ),
    Failure.SATURATED_OUTPUT: (
        "Most values of the images lie at the ends of their range where those of the data do not. The last activation "
        "is saturated, so hardly any gradient passes it."
    ),
    Failure.PREPROCESSING_MISMATCH: (
        "Generated and real images differ in something as plain as brightness, contrast or range. Usually the two were "
        "scaled in different ways, and the discriminator has no need to look at anything else."
    ),
    Failure.DISCRIMINATOR_OVERFITS: (
        "The discriminator knows the training images by heart: it doubts real ones that it has not seen. What it "
        "teaches the generator is then of no use."
    ),
    Failure.MEMORISATION: (
        "Generated images are near copies of training images. The generator reproduces the data instead of learning "
        "from them."
    ),
}
