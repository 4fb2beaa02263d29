"""Operations that are here for speed alone: each computes what PyTorch's own operation computes, only sooner.

=================  =============================================================================================
module             what it speeds up
=================  =============================================================================================
convolution        second derivatives of convolutions, as gradient penalties take them; chooses among the ways below
im2col             convolutions of kernel 4 and stride 2 on a CPU, as products of matrices
tuning             says from which size on a matrix product is the quicker way, for each kind of processor
leaky_relu         second derivatives of a leaky ReLU
joint_batches      real and fake images in one pass, with batch statistics of each
=================  =============================================================================================

``benchmarks/convolutions.py`` times every way of every convolution and prints which one the table in ``tuning``
chooses; ``benchmarks/throughput.py`` times whole training steps. ``docs/performance.md`` holds both their tables. Tests
compare each kernel with PyTorch's operation in float64, and whole training steps with and without them.
"""
