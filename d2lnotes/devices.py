"""Where tensors live: the best device this machine has."""

import torch


def try_gpu(i=0):
    """Return accelerator ``i`` (CUDA, else Apple's MPS), or the CPU if there is none."""
    devices = try_all_gpus()
    return devices[i] if i < len(devices) else torch.device("cpu")


def try_all_gpus():
    """Return every accelerator, or ``[cpu]`` if there is none."""
    devices = [torch.device("cuda", i) for i in range(torch.cuda.device_count())]
    if not devices and torch.backends.mps.is_available():
        devices = [torch.device("mps")]
    return devices or [torch.device("cpu")]
