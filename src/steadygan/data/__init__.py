"""Prepares data from a folder of images, an array or a name, and decides the order in which training sees them."""

from steadygan.data.in_memory import IN_MEMORY
from steadygan.data.labels import UNLABELLED, keep_label_count, keep_label_share, split_held_out
from steadygan.data.prepare import prepare
from steadygan.data.prepared import Prepared, Skipped
from steadygan.data.sampler import BalancedSampler, Order, Sampler, order
from steadygan.data.sources import DataInput, absolute_name
from steadygan.settings import DataSettings

__all__ = [
    "IN_MEMORY",
    "UNLABELLED",
    "BalancedSampler",
    "DataInput",
    "DataSettings",
    "Order",
    "Prepared",
    "Sampler",
    "Skipped",
    "absolute_name",
    "keep_label_count",
    "keep_label_share",
    "order",
    "prepare",
    "split_held_out",
]
