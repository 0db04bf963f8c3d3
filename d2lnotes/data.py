"""Fashion-MNIST in batches, drawn from one uint8 tensor that lives on the training device.

No worker processes, no file access and no copying while training; resizing happens a batch at a
time, so 60 000 images at 224x224 never exist at once.
"""

import os
from functools import lru_cache

import numpy as np
import torch
from torch.nn import functional as F

from .devices import as_device
from .download import DatasetError, fashion_mnist_files

__all__ = ["DatasetError", "DeviceLoader", "get_fashion_mnist_labels", "load_data_fashion_mnist"]

LABELS = (
    "t-shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)


def load_data_fashion_mnist(
    batch_size, resize=None, *, device=None, root=None, limit=None, seed=None, augment=None
):
    """Load Fashion-MNIST, fetching it once if this machine does not have it.

    Args:
        batch_size: Images per batch; the last batch of a pass may be smaller.
        resize: Side of the square images in pixels; 28 unless given.
        device: Where the data lives; the best device of this machine unless given.
        root: Folder with the data; see :mod:`d2lnotes.download`.
        limit: Use only so many images of each set, the first ones of every class in equal number.
        seed: Seed of the training order. Unless given, torch's global generator decides.
        augment: Changes training images at random, see :class:`DeviceLoader`.

    Returns:
        ``(train_iter, test_iter)``, two :class:`DeviceLoader`: training images come in a new order
        every pass, test images in the file's order.

    Raises:
        DatasetError: If the data can be neither found nor fetched.
        ValueError: If a number is out of range.
    """
    device = as_device(device)
    train_images, train_labels, test_images, test_labels = _arrays(root)
    if limit is not None:
        train_images, train_labels = _stratified(train_images, train_labels, limit)
        test_images, test_labels = _stratified(
            test_images, test_labels, min(limit, len(test_labels))
        )
    options = {"batch_size": batch_size, "resize": resize, "device": device}
    return (
        DeviceLoader(
            train_images, train_labels, shuffle=True, seed=seed, augment=augment, **options
        ),
        DeviceLoader(test_images, test_labels, **options),
    )


def get_fashion_mnist_labels(labels):
    """Text labels for integer labels (a tensor or any sequence of ints from 0 to 9)."""
    wrong = [i for i in labels if int(i) != i or not 0 <= i < len(LABELS)]
    if wrong:
        raise ValueError(f"标签 {wrong[0]} 无效：应是 0 到 {len(LABELS) - 1} 的整数")
    return [LABELS[int(i)] for i in labels]


class DeviceLoader:
    """Batches ``(X, y)`` from images that stay on one device; used like a ``DataLoader``.

    Args:
        images: uint8 ``(N, H, W)`` or ``(N, C, H, W)``.
        labels: Integers ``(N,)``.
        batch_size: Images per batch.
        resize: Side of the square output images in pixels, or None to leave the size.
        device: Where images and labels are kept and batches are made.
        shuffle: Draw a new order for every pass.
        seed: Seed of the orders; torch's global generator decides if it is None.
        augment: Called as ``augment(images, generator)`` on every batch of uint8 images, before
            they are resized; :func:`~d2lnotes.augment.random_crop_and_flip` or another.

    Yields:
        ``X`` float32 ``(B, C, H, W)`` from 0 to 1, ``y`` int64 ``(B,)``.
    """

    def __init__(
        self,
        images,
        labels,
        batch_size,
        *,
        resize=None,
        device="cpu",
        shuffle=False,
        seed=None,
        augment=None,
    ):
        for name, value in (("batch_size", batch_size), ("resize", resize)):
            is_whole = isinstance(value, int) and not isinstance(value, bool) and value >= 1
            if not is_whole and (name, value) != ("resize", None):
                raise ValueError(f"{name}={value!r} 无效：请给正整数")
        if len(images) != len(labels) or not len(images):
            raise ValueError(f"图像 {len(images)} 张，标签 {len(labels)} 个：应相等且不为零")
        images = torch.as_tensor(images)
        if images.dtype != torch.uint8 or images.dim() not in (3, 4):
            raise TypeError(
                f"图像应是 uint8、形状 (N, H, W) 或 (N, C, H, W)，现在是 {images.dtype}、"
                f"{tuple(images.shape)}"
            )
        # copies: the reader may change them, the cache behind load_data_fashion_mnist must stay
        images = images[:, None] if images.dim() == 3 else images
        self.images = images.to(device, copy=True)
        self.labels = torch.as_tensor(labels).to(device, torch.int64, copy=True)
        self.batch_size = batch_size
        self.resize = resize
        self.shuffle = shuffle
        self.augment = augment
        self.generator = None if seed is None else torch.Generator().manual_seed(seed)

    def __len__(self):
        return -(-len(self.labels) // self.batch_size)

    def __iter__(self):
        if not self.shuffle:
            for images, labels in zip(
                self.images.split(self.batch_size), self.labels.split(self.batch_size), strict=True
            ):
                yield self._as_floats(images), labels.clone()
            return
        # drawn on the CPU, so that a seed gives one order on every device
        order = torch.randperm(len(self.labels), generator=self.generator).to(self.labels.device)
        for chosen in order.split(self.batch_size):
            yield self._as_floats(self.images[chosen]), self.labels[chosen]

    def __repr__(self):
        size = self.resize or self.images.shape[-1]
        return (
            f"{type(self).__name__}({len(self.labels)} 张 {size}×{size} 图像，"
            f"每批 {self.batch_size} 张，共 {len(self)} 批，在 {self.labels.device} 上)"
        )

    def _as_floats(self, images):
        if self.augment:
            images = self.augment(images, self.generator)
        X = images.float().div_(255)
        if self.resize is None or X.shape[-2:] == (self.resize, self.resize):
            return X
        # enlarging needs no antialiasing, and is several times faster without
        shrinks = self.resize < max(X.shape[-2:])
        size = (self.resize, self.resize)
        return F.interpolate(X, size, mode="bilinear", antialias=shrinks, align_corners=False)


def _arrays(root):
    return _cached_arrays(str(root or os.environ.get("D2LNOTES_DATA") or ""))


@lru_cache(maxsize=1)  # a notebook loads the same data many times
def _cached_arrays(root):
    return [_parse_idx(content) for content in fashion_mnist_files(root).values()]


def _parse_idx(content):
    """Array in an IDX file of bytes: two zeros, type, rank, sizes (big-endian), values."""
    rank = content[3]
    start = 4 + 4 * rank
    shape = np.frombuffer(content[4:start], dtype=">u4")
    return np.frombuffer(bytearray(content[start:]), dtype=np.uint8).reshape(shape)


def _stratified(images, labels, limit):
    classes = len(LABELS)
    if not isinstance(limit, int) or not classes <= limit <= len(labels) or limit % classes:
        raise ValueError(
            f"limit={limit!r} 无效：请给 {classes} 到 {len(labels)} 之间 {classes} 的倍数"
            f"（共 {classes} 类，每类一样多）"
        )
    chosen = [np.flatnonzero(labels == c)[: limit // classes] for c in range(classes)]
    order = np.sort(np.concatenate(chosen))
    return images[order], labels[order]
