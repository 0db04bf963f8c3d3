"""Training with several processes, started by ``torchrun``: each takes a share of every batch.

All processes hold the same weights and draw the same batches (the loader has a seed); process r of
w computes on images r, r + w, … and the gradients are averaged, so a step equals one process's step
on the whole batch. Batch normalisation sees its own share only.
"""

import os
from contextlib import contextmanager

import torch
from torch import distributed
from torch.nn.parallel import DistributedDataParallel


@contextmanager
def process_group():
    """Join the processes that ``torchrun`` started, if it did; gives this process's device.

    Yields:
        The device of this process, or None when it is alone.
    """
    if "LOCAL_RANK" not in os.environ:
        yield None
        return
    device = torch.device("cpu")
    if torch.cuda.is_available():
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield device
    finally:
        distributed.destroy_process_group()


def rank_and_size():
    """Number of this process and number of all; ``(0, 1)`` for a process alone."""
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return 0, 1


def parallel(net, device):
    """The net's forward pass whose backward pass averages gradients over the processes."""
    if rank_and_size()[1] == 1:
        return net
    return DistributedDataParallel(net, [device] if device.type == "cuda" else None)


def share_of(batches):
    """This process's share of every batch.

    Args:
        batches: Batches ``(X, y)``, the same in every process.

    Yields:
        ``(X, y, count)``: the share, and the number of images in the whole batch.
    """
    rank, size = rank_and_size()
    for X, y in batches:
        yield X[rank::size], y[rank::size], len(y)


def wait_for_all():
    """Go on when every process is here."""
    if rank_and_size()[1] > 1:
        distributed.barrier()


def total(tensor):
    """Sum of a tensor over all processes."""
    if rank_and_size()[1] > 1:
        distributed.all_reduce(tensor)
    return tensor
