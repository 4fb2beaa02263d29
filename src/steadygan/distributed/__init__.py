"""Training on several processes: collectives, how a batch is sharded, and how the processes begin."""

from steadygan.distributed.collectives import (
    LostProcessError,
    all_gather,
    all_reduce,
    any_process,
    average_,
    average_gradients,
    broadcast_,
    differs_between_processes,
    is_main_process,
    rank,
    world_size,
)
from steadygan.distributed.group import (
    broadcast_string,
    is_reporting_process,
    local_main_process_first,
    local_rank,
    start,
    stop,
)
from steadygan.distributed.random_numbers import sharded
from steadygan.distributed.sharding import current_sharding, gather, local_rows, network_input, replicated

__all__ = [
    "LostProcessError",
    "all_gather",
    "all_reduce",
    "any_process",
    "average_",
    "average_gradients",
    "broadcast_",
    "broadcast_string",
    "current_sharding",
    "differs_between_processes",
    "gather",
    "is_main_process",
    "is_reporting_process",
    "local_main_process_first",
    "local_rank",
    "local_rows",
    "network_input",
    "rank",
    "replicated",
    "sharded",
    "start",
    "stop",
    "world_size",
]
