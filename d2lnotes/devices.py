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


def as_device(device=None):
    """The device to use: the given one if this machine has it, the best one if none is given.

    Raises:
        ValueError: If there is no such device.
    """
    if device is None:
        return try_gpu()
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        names = "、".join(dict.fromkeys(map(str, [*try_all_gpus(), "cpu"])))
        raise ValueError(
            f"device={str(device)!r} 不能用，这台机器有 {names}"
            f"（PyTorch: {str(error).splitlines()[0]}）"
        ) from None
    return torch.device(device)
