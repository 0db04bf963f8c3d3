"""Code that a chapter teaches is the code that d2lnotes holds: the same behaviour."""

import json
from itertools import product
from pathlib import Path

import pytest
import torch
from torch import nn

from d2lnotes import ops, shapes, train
from d2lnotes.check._modules import output_of
from d2lnotes.data import DeviceLoader
from d2lnotes.models import (
    BatchNorm,
    alexnet,
    densenet,
    layer_summary,
    lenet,
    nin,
    nin_block,
    vgg,
    vgg_block,
)
from d2lnotes.models.googlenet import Inception
from d2lnotes.models.resnet import Residual

CHAPTERS = Path(__file__).parents[2] / "chapters"


def run_cell(chapter, cell_id, **names):
    """Execute one cell's definitions; the last line's bare expression does no harm."""
    notebook = json.loads((CHAPTERS / f"{chapter}.ipynb").read_text(encoding="utf-8"))
    cell = next(c for c in notebook["cells"] if c["id"] == cell_id)
    exec("".join(cell["source"]), names)
    return names


def test_dense_layer_from_a_shared_table():
    names = {"torch": torch, "product": product}
    shared = run_cell("convolution/why-convolution", "mosaic", **names)["shared"]
    V = torch.zeros(9, 9)
    V[3:6, 3:6] = kernel = torch.randn(3, 3)
    matrix = ops.kernel_matrix(kernel, 5, padding=1)
    torch.testing.assert_close(shared(V, 5).reshape(25, 25), matrix)


def test_correlate_and_convolve():
    names = {"torch": torch, "F": nn.functional}
    names = run_cell("convolution/why-convolution", "flip-code", **names)
    A, B = torch.randn(4, 5), torch.randn(3, 2)
    Y = torch.zeros(6, 6)
    for i in range(4):
        for j in range(5):
            Y[i : i + 3, j : j + 2] += A[i, j] * B
    torch.testing.assert_close(names["convolve"](A, B), Y)
    padded = nn.functional.pad(A, (1, 1, 2, 2))
    torch.testing.assert_close(names["correlate"](A, B), ops.corr2d(padded, B))


def test_corr2d():
    names = {"torch": torch, "X": torch.ones(2, 2), "K": torch.ones(1, 1)}
    taught = run_cell("convolution/cross-correlation", "corr2d", **names)["corr2d"]
    for _ in range(50):
        n_h, n_w = torch.randint(3, 9, (2,)).tolist()
        k_h, k_w = torch.randint(1, 4, (2,)).tolist()
        X, K = torch.randn(n_h, n_w), torch.randn(k_h, k_w)
        torch.testing.assert_close(taught(X, K), ops.corr2d(X, K))


def test_conv2d_layer():
    names = {"torch": torch, "nn": nn, "corr2d": ops.corr2d}
    taught = run_cell("convolution/cross-correlation", "layer-code", **names)["Conv2D"]((2, 3))
    ours = ops.Conv2D((2, 3))
    ours.load_state_dict(taught.state_dict())
    X = torch.rand(6, 7)
    torch.testing.assert_close(taught(X), ours(X))


def test_channels():
    names = {
        "torch": torch,
        "corr2d": ops.corr2d,
        "X": torch.ones(2, 3, 3),
        "K": torch.ones(2, 2, 2),
    }
    for cell in ("corr2d-multi-in", "corr2d-multi-in-out", "corr2d-1x1"):
        names = run_cell("convolution/channels", cell, **names)
    X, K = torch.randn(3, 6, 5), torch.randn(4, 3, 2, 3)
    for name in ("corr2d_multi_in_out", "corr2d_multi_in_out_1x1"):
        kernels = K[..., :1, :1] if name.endswith("1x1") else K
        torch.testing.assert_close(names[name](X, kernels), getattr(ops, name)(X, kernels))
    torch.testing.assert_close(names["corr2d_multi_in"](X, K[0]), ops.corr2d_multi_in(X, K[0]))


def test_pool2d():
    taught = run_cell("convolution/pooling", "pool2d", torch=torch)["pool2d"]
    X = torch.randn(6, 7)
    for mode in ("max", "avg"):
        torch.testing.assert_close(taught(X, (2, 3), mode), ops.pool2d(X, (2, 3), mode))


def test_convolution_as_a_matrix_product():
    names = {"torch": torch, "F": nn.functional}
    for cell in ("conv2d-loops", "im2col-def", "conv2d-im2col", "kernel-matrix"):
        names = run_cell("convolution/conv-as-matmul", cell, **names)
    for _ in range(50):
        stride, padding = torch.randint(1, 4, ()).item(), torch.randint(0, 3, ()).item()
        where = {"stride": stride, "padding": padding}
        kernel = torch.randint(1, 4, (2,)).tolist()
        n, c_in, c_out, *size = (
            torch.randint(1, 4, (3,)).tolist() + torch.randint(3, 8, (2,)).tolist()
        )
        X, W, bias = (
            torch.randn(n, c_in, *size),
            torch.randn(c_out, c_in, *kernel),
            torch.randn(c_out),
        )
        assert torch.equal(names["im2col"](X, kernel, **where), ops.im2col(X, kernel, **where))
        for name, method in (("conv2d_loops", "loops"), ("conv2d_im2col", "im2col")):
            for b in (bias, None):
                ours = ops.conv2d(X, W, b, **where, method=method)
                torch.testing.assert_close(names[name](X, W, b, **where), ours)
        K = W[0, 0]
        assert torch.equal(
            names["kernel_matrix"](K, size, **where), ops.kernel_matrix(K, size, **where)
        )


def test_transposed_convolution():
    names = {"torch": torch, "F": nn.functional}
    for cell in ("kernel-matrix", "transposed-by-matrix"):
        names = run_cell("convolution/conv-as-matmul", cell, **names)
    for _ in range(50):
        stride = torch.randint(1, 4, ()).item()
        extra = torch.randint(0, stride, ()).item()
        kernel = torch.randint(1, 4, (2,)).tolist()
        padding = torch.randint(0, min(kernel), ()).item()
        where = {"stride": stride, "padding": padding, "output_padding": extra}
        Y, K = torch.randn(*torch.randint(3, 6, (2,)).tolist()), torch.randn(kernel)
        ours = ops.conv_transpose2d_by_matrix(Y, K, **where)
        taught = names["conv_transpose2d_by_matrix"](Y, K, **where)
        torch.testing.assert_close(taught, ours)


def test_grouped_and_dilated_convolution():
    names = {"torch": torch, "F": nn.functional}
    for cell in ("grouped-conv", "conv2d-group", "conv2d"):
        names = run_cell("convolution/dilation-and-groups", cell, **names)
    for _ in range(50):
        groups, m, n, k_h, k_w, stride, dilation = torch.randint(1, 4, (7,)).tolist()
        padding = torch.randint(0, 3, ()).item()
        size = [dilation * (k - 1) + torch.randint(1, 6, ()).item() for k in (k_h, k_w)]
        X, W = torch.randn(2, groups * n, *size), torch.randn(groups * m, n, k_h, k_w)
        where = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        for bias in (torch.randn(groups * m), None):
            for method in ("loops", "im2col"):
                ours = ops.conv2d(X, W, bias, **where, method=method)
                torch.testing.assert_close(names["conv2d"](X, W, bias, **where), ours)
        if min(X.shape[2] - k_h, X.shape[3] - k_w) >= 0:
            ours = ops.conv2d(X, W, groups=groups)
            torch.testing.assert_close(names["grouped_conv"](X, W, groups), ours)
    with pytest.raises(ValueError, match="通道"):
        names["conv2d"](torch.ones(1, 4, 3, 3), torch.ones(3, 2, 1, 1), groups=2)


def test_fields_of():
    names = run_cell("convolution/receptive-field", "fields-of", three=[(3, 1, 0, 1)])
    for _ in range(50):
        layers = [
            tuple(torch.randint(low, 5, ()).item() for low in (1, 1, 0, 1))
            for _ in range(torch.randint(1, 6, ()).item())
        ]
        ours = shapes.receptive_field([shapes.Layer("", k, s, p, d) for k, s, p, d in layers])
        assert names["fields_of"](layers) == [field[1:] for field in ours]


def test_lenet():
    taught = run_cell("networks/lenet", "build-code")["net"]
    ours = lenet()
    ours.load_state_dict(taught.state_dict())
    X = torch.rand(2, 1, 28, 28)
    assert torch.equal(taught(X), ours(X))


def test_batch_norm():
    names = {"torch": torch, "nn": nn}
    for cell in ("batch-norm-function", "batch-norm-module"):
        names = run_cell("networks/batch-norm", cell, **names)
    for dims, theirs in ((2, nn.BatchNorm1d), (4, nn.BatchNorm2d)):
        layers = names["BatchNorm"](3), BatchNorm(3, dims), theirs(3)
        for layer in layers:
            for parameter in layer.parameters():  # gamma and beta
                parameter.data += torch.linspace(0.5, 1.5, 3)
        for training in (True, True, True, False):
            X = 4 * torch.randn(6, 3, *[5, 4][: dims - 2]) + 2
            taught, ours, torchs = (layer.train(training)(X) for layer in layers)
            torch.testing.assert_close(taught, ours)
            torch.testing.assert_close(taught, torchs)
        for name, statistic in layers[0].named_buffers():
            torch.testing.assert_close(statistic, getattr(layers[1], name))


def test_residual_block():
    taught = run_cell("networks/resnet", "block-code", torch=torch, nn=nn)["Block"](8)
    ours = Residual(8, 8, style="torchvision")
    X = torch.randn(2, 8, 6, 6)
    for training in (False, True):
        there, here = (output_of(block, X, training=training) for block in (taught, ours))
        torch.testing.assert_close(there, here)


def test_inception():
    names = {"torch": torch}
    for cell in ("block-code", "block-class"):
        names = run_cell("networks/googlenet", cell, **names)
    settings = 6, 2, (3, 4), (2, 3), 5
    taught, ours = names["Inception"](*settings), Inception(*settings)
    values = taught.state_dict().values()
    ours.load_state_dict(dict(zip(ours.state_dict(), values, strict=True)))
    X = torch.rand(2, 6, 7, 5)
    assert torch.equal(taught(X), ours(X))


def test_train_epoch():
    taught = run_cell("networks/lenet", "loop-code", nn=nn)["train_epoch"]
    images = torch.randint(0, 256, (64, 28, 28), dtype=torch.uint8)
    loader = DeviceLoader(images, torch.arange(64) % 10, batch_size=16)
    start = lenet().state_dict()
    nets = []
    for by_hand in (True, False):
        net = lenet()
        net.load_state_dict(start)
        if by_hand:
            taught(net, loader, torch.optim.SGD(net.parameters(), lr=0.5))
        else:
            train.train_ch6(net, loader, loader, 1, 0.5, device="cpu", init=None, plot=False)
        nets.append(net)
    for a, b in zip(*(net.parameters() for net in nets), strict=True):
        torch.testing.assert_close(a, b)


def test_nin_block():
    taught = run_cell("networks/nin", "block-code", nn=nn)["nin_block"]
    sizes = {"kernel_size": 5, "padding": 2}
    theirs, ours = taught(3, 4, stride=2, **sizes), nin_block(3, 4, strides=2, **sizes)
    ours.load_state_dict(theirs.state_dict())
    X = torch.rand(2, 3, 9, 8)
    assert torch.equal(theirs(X), ours(X))


def test_nin():
    names = {"nn": nn, "network_diagram": lambda *args: None}
    names |= run_cell("networks/nin", "block-code", nn=nn)
    with torch.device("meta"):
        assert str(run_cell("networks/nin", "net-code", **names)["big"]) == str(nin())


def test_vgg():
    names = run_cell("networks/vgg", "block-code", nn=nn, layer_summary=layer_summary)
    theirs, ours = names["vgg_block"](2, 3, 4), vgg_block(2, 3, 4)
    assert str(theirs) == str(ours)
    names = run_cell("networks/vgg", "build-code", nn=nn, vgg_block=names["vgg_block"])
    archs = run_cell("networks/vgg", "configs")["archs"]
    with torch.device("meta"):
        for name, arch in archs.items():
            ours = vgg(arch=name.lower().replace("-", ""))
            assert str(names["vgg"](arch)) == str(ours)


def test_alexnet():
    with torch.device("meta"):
        names = run_cell("networks/alexnet", "parts", nn=nn)
        taught = run_cell("networks/alexnet", "build-code", **names)["big"]
        assert str(taught) == str(alexnet())


def test_densenet():
    names = {"torch": torch, "nn": nn, "Y": torch.zeros(1, 23, 8, 8)}
    for cell in ("block-code", "dense-block", "transition-code", "net-code"):
        names = run_cell("networks/densenet", cell, **names)
    taught, ours = names["my_net"].eval(), densenet().eval()
    values = taught.state_dict().values()
    ours.load_state_dict(dict(zip(ours.state_dict(), values, strict=True)))
    X = torch.rand(2, 1, 64, 64)
    torch.testing.assert_close(taught(X), ours(X))
