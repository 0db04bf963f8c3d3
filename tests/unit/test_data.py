"""Loaders on real Fashion-MNIST."""

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import functional as TF

from d2lnotes.data import DeviceLoader, get_fashion_mnist_labels, load_data_fashion_mnist
from d2lnotes.download import write_raw


@pytest.fixture(scope="module")
def loaders():
    return load_data_fashion_mnist(256, device="cpu", seed=0)


def test_sizes_types_and_range(loaders):
    train_iter, test_iter = loaders
    assert len(train_iter) == 235 and len(test_iter) == 40
    batches = list(test_iter)
    X, y = batches[0]
    assert X.shape == (256, 1, 28, 28) and X.dtype == torch.float32
    assert y.shape == (256,) and y.dtype == torch.int64
    assert X.min() == 0 and X.max() == 1
    assert sum(len(y) for _, y in batches) == 10_000
    assert torch.bincount(torch.cat([y for _, y in batches])).tolist() == [1000] * 10


def test_parity_with_d2l(loaders, tmp_path):
    """d2l's loader reads the same files through torchvision and PIL."""
    from torchvision.datasets import FashionMNIST

    write_raw(tmp_path)
    theirs = FashionMNIST(tmp_path, train=False)
    X, y = next(iter(loaders[1]))
    for i in range(len(y)):
        image, label = theirs[i]
        assert label == y[i]
        assert torch.equal(TF.to_tensor(image), X[i])


def test_every_pass_has_all_images_in_a_new_order(loaders):
    first, second = ([y for _, y in loaders[0]] for _ in range(2))
    assert not torch.equal(torch.cat(first), torch.cat(second))
    assert torch.equal(torch.cat(first).sort().values, torch.cat(second).sort().values)


def test_a_seed_gives_one_order_and_the_global_generator_does_too():
    def order(seed):
        return next(iter(load_data_fashion_mnist(100, device="cpu", limit=100, seed=seed)[0]))[1]

    assert torch.equal(order(3), order(3))
    assert not torch.equal(order(3), order(4))
    torch.manual_seed(5)
    first = order(None)
    torch.manual_seed(5)
    assert torch.equal(order(None), first)


@pytest.mark.parametrize("side", [14, 20, 32, 96, 224])
def test_resize_is_torchvisions(loaders, side):
    images = loaders[1].images[:20]
    X, _ = next(iter(DeviceLoader(images, torch.zeros(20), 20, resize=side)))
    assert X.shape == (20, 1, side, side)
    for image, ours in zip(images, X, strict=True):
        picture = TF.resize(Image.fromarray(image[0].numpy()), [side, side])
        assert (TF.to_tensor(picture) - ours).abs().max() <= 1 / 255 + 1e-6


def test_limit_takes_the_same_number_of_each_class():
    train_iter, test_iter = load_data_fashion_mnist(50, device="cpu", limit=200)
    for loader in (train_iter, test_iter):
        labels = torch.cat([y for _, y in loader])
        assert torch.bincount(labels).tolist() == [20] * 10


@pytest.mark.parametrize("limit", [5, 60_001, 1e3, -1, 15])
def test_bad_limit(limit):
    with pytest.raises(ValueError, match="limit="):
        load_data_fashion_mnist(10, limit=limit)


@pytest.mark.parametrize(
    "options",
    [
        {"batch_size": 0},
        {"batch_size": 2.5},
        {"batch_size": True},
        {"batch_size": None},
        {"resize": 0},
    ],
)
def test_bad_numbers(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        load_data_fashion_mnist(**({"batch_size": 10} | options))


def test_images_and_labels_must_match():
    with pytest.raises(ValueError, match=r"3 张.*2 个"):
        DeviceLoader(np.zeros((3, 2, 2), np.uint8), [0, 1], 1)
    with pytest.raises(ValueError, match="不为零"):
        DeviceLoader(np.zeros((0, 2, 2), np.uint8), [], 1)


def test_a_loader_takes_images_of_bytes_only():
    for images in (torch.rand(3, 4, 4), torch.zeros(3, 16, dtype=torch.uint8)):
        with pytest.raises(TypeError, match="图像应是 uint8"):
            DeviceLoader(images, [0, 1, 2], 1)


def test_changing_a_loaders_data_changes_no_other():
    first = load_data_fashion_mnist(10, device="cpu", limit=100)[1]
    first.images.zero_()
    next(iter(first))[1].fill_(7)
    X, y = next(iter(load_data_fashion_mnist(10, device="cpu", limit=100)[1]))
    assert X.max() > 0 and not torch.equal(y, torch.full_like(y, 7))
    assert not torch.equal(first.labels[:10], torch.full((10,), 7))


def test_resize_of_images_that_are_not_square():
    images = torch.randint(0, 256, (2, 20, 60), dtype=torch.uint8)
    X, _ = next(iter(DeviceLoader(images, [0, 1], 2, resize=30)))
    expected = TF.resize(images[:, None], [30, 30], antialias=True) / 255
    assert (X - expected).abs().max() <= 1 / 255 + 1e-6


@pytest.mark.parametrize("labels", [[-1], [10], [2.7]])
def test_labels_without_a_name(labels):
    with pytest.raises(ValueError, match=f"标签 {labels[0]} 无效"):
        get_fashion_mnist_labels(labels)


def test_repr_says_what_it_is(loaders):
    assert "60000 张 28×28" in repr(loaders[0]) and "235 批" in repr(loaders[0])


def test_label_names():
    assert get_fashion_mnist_labels(torch.tensor([0, 9])) == ["t-shirt", "ankle boot"]
