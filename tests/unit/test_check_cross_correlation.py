"""Exercises on cross-correlation, answered as students would."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from d2lnotes import check
from d2lnotes.ops import corr2d


def named(exercise, *attempts):
    """Each attempt is refused, and for this reason."""
    for wrong, mistake in attempts:
        result = exercise(wrong)
        name = getattr(wrong, "__name__", wrong)
        assert not result and result.mistake == mistake, (name, result)


class TestCorr2d:
    def test_right(self):
        def unfolded(X, K):
            k_h, k_w = K.shape
            return (X.unfold(0, k_h, 1).unfold(1, k_w, 1) * K).sum((-2, -1))

        def torchs_own(X, K):
            return F.conv2d(X.unsqueeze(0).unsqueeze(0), K.reshape(1, 1, *K.shape)).squeeze(0)[0]

        def by_product(X, K):
            columns = F.unfold(X[None, None], tuple(K.shape))
            rows, cols = X.shape[0] - K.shape[0] + 1, X.shape[1] - K.shape[1] + 1
            return (K.reshape(1, -1) @ columns[0]).reshape(rows, cols)

        def summed_up(X, K):
            windows = X.unfold(0, K.shape[0], 1).unfold(1, K.shape[1], 1)
            return torch.einsum("ijab,ab->ij", windows, K)

        def in_numpy(X, K):
            windows = np.lib.stride_tricks.sliding_window_view(X.numpy(), tuple(K.shape))
            return torch.from_numpy((windows * K.numpy()).sum((2, 3)))

        def in_double(X, K):
            return F.conv2d(X.double()[None, None], K.double()[None, None])[0, 0]

        def by_layer(X, K):
            layer = nn.Conv2d(1, 1, tuple(K.shape), bias=False)
            layer.weight.data = K[None, None]
            return layer(X[None, None])[0, 0]

        for answer in (unfolded, torchs_own, by_product, summed_up, in_numpy, in_double, by_layer):
            assert check.corr2d(answer), answer.__name__

    def test_wrong(self):
        def loops(X, K):
            k_h, k_w = K.shape
            Y = torch.zeros(X.shape[0] - k_h + 1, X.shape[1] - k_w + 1)
            for i in range(Y.shape[0]):
                for j in range(Y.shape[1]):
                    Y[i, j] = (X[i : i + k_h, j : j + k_w] * K).sum()
            return Y

        def forgot_one(X, K):
            rows, cols = X.shape[0] - K.shape[0], X.shape[1] - K.shape[1]
            Y = torch.zeros(rows, cols)
            for i in range(rows):
                for j in range(cols):
                    Y[i, j] = (X[i : i + K.shape[0], j : j + K.shape[1]] * K).sum()
            return Y

        def mean(X, K):
            return (X.unfold(0, K.shape[0], 1).unfold(1, K.shape[1], 1) * K).mean((-2, -1))

        def no_kernel(X, K):
            return X.unfold(0, K.shape[0], 1).unfold(1, K.shape[1], 1).sum((2, 3))

        def flipped(X, K):
            return F.conv2d(X[None, None], torch.flip(K, [0, 1])[None, None])[0, 0]

        def turned(X, K):
            return F.conv2d(X[None, None], K.t()[None, None])[0, 0]

        def same(X, K):
            k_h, k_w = K.shape
            padding = [(k_w - 1) // 2, k_w // 2, (k_h - 1) // 2, k_h // 2]
            return F.conv2d(F.pad(X, padding)[None, None], K[None, None])[0, 0]

        def wrapped(X, K):
            return corr2d(X, K)

        def last_axis(X, K):
            return (X.unfold(0, K.shape[0], 1).unfold(1, K.shape[1], 1) * K).sum(-1)

        named(
            check.corr2d,
            (loops, "loops"),
            (forgot_one, "forgot_one"),
            (mean, "mean"),
            (no_kernel, "no_kernel"),
            (flipped, "flipped"),
            (turned, "transposed_kernel"),
            (same, "padded"),
            (last_axis, "last_axis"),
            (wrapped, "wrapped"),
        )

    def test_what_is_said(self):
        def four_axes(X, K):
            return F.conv2d(X[None, None], K[None, None])

        def too_few(X, K):
            return F.conv2d(X, K)

        def whole_sum(X, K):
            return (X.unfold(0, K.shape[0], 1).unfold(1, K.shape[1], 1) * K).sum()

        assert "形状应是 (1, 2)，你的是 (1, 1, 1, 2)" in repr(check.corr2d(four_axes))
        crash = check.corr2d(too_few)
        assert crash.outcome == "crashed" and "return F.conv2d(X, K)" in repr(crash)
        assert "形状应是" in repr(check.corr2d(whole_sum))


class TestCornerKernel:
    def test_right(self):
        for kernel in (
            torch.tensor([[1.0, -1.0], [-1.0, 1.0]]),
            torch.tensor([[-2, 2], [2, -2]]),
            torch.outer(torch.tensor([1.0, -2, 1]), torch.tensor([1.0, -2, 1])),
            torch.tensor([[1.0, 0, -1], [0, 0, 0], [-1, 0, 1]]),
            [[1, -1], [-1, 1]],
            np.array([[1.0, -1.0], [-1.0, 1.0]]),
            nn.Parameter(torch.tensor([[0.1, -0.1], [-0.1, 0.1]])),
        ):
            assert check.corner_kernel(kernel), kernel

    def test_wrong(self):
        laplace = torch.tensor([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]])
        sobel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
        named(
            check.corner_kernel,
            (torch.tensor([[1.0, -1.0]]), "vertical"),
            (torch.tensor([[1.0, -2.0, 1.0]]), "vertical"),
            (sobel, "vertical"),
            (sobel.T, "horizontal"),
            (torch.tensor([[1.0], [-1.0]]), "horizontal"),
            (laplace, "edges"),
            (torch.tensor([[1.0, 0.0], [0.0, -1.0]]), "edges"),
            (torch.tensor([[1.0, 1.0], [1.0, 0.0]]), "not_zero"),
            (torch.eye(2), "not_zero"),
            (torch.zeros(2, 2), "silent"),
        )

    def test_what_is_said(self):
        result = repr(check.corner_kernel(torch.tensor([[1.0, -1.0]])))
        assert "竖边" in result and "应得：没有响应" in result and "你的：有响应" in result
        assert "K 应是二维矩阵" in repr(check.corner_kernel(torch.tensor([1.0, -1.0])))


class Conv(nn.Module):
    def __init__(self, kernel_size, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.rand(kernel_size))
        self.bias = nn.Parameter(torch.zeros(1)) if bias else None

    def forward(self, X):
        Y = corr2d(X, self.weight)
        return Y if self.bias is None else Y + self.bias


class TestConv2dLayer:
    def test_right(self):
        class ZeroBias(nn.Module):
            def __init__(self, kernel_size, bias=True):
                super().__init__()
                k_h, k_w = kernel_size
                self.K = nn.Parameter(torch.randn(k_h, k_w))
                self.has_bias = bias
                if bias:
                    self.b = nn.Parameter(torch.tensor(0.0))

            def forward(self, X):
                Y = corr2d(X, self.K)
                if self.has_bias:
                    Y = Y + self.b
                return Y

        class TorchsOwn(nn.Module):
            def __init__(self, kernel_size, bias=True):
                super().__init__()
                self.conv = nn.Conv2d(1, 1, kernel_size, bias=bias)

            def forward(self, X):
                return self.conv(X[None, None])[0, 0]

        class Functional(nn.Module):
            def __init__(self, kernel_size, *, bias=True):
                super().__init__()
                self.weight = nn.Parameter(torch.empty(1, 1, *kernel_size))
                nn.init.xavier_uniform_(self.weight)
                self.register_parameter("bias", nn.Parameter(torch.ones(1)) if bias else None)

            def forward(self, image):
                return F.conv2d(image[None, None], self.weight, self.bias).squeeze((0, 1))

        class Inherited(Conv):
            def forward(self, X):
                windows = X.unfold(0, self.weight.shape[0], 1).unfold(1, self.weight.shape[1], 1)
                Y = torch.einsum("ijab,ab->ij", windows, self.weight)
                return Y + (0 if self.bias is None else self.bias)

        for layer in (Conv, ZeroBias, TorchsOwn, Functional, Inherited):
            assert check.conv2d_layer(layer), check.conv2d_layer(layer)

    def test_wrong(self):
        class OneUnderscore(nn.Module):
            def _init_(self, kernel_size, bias=True):
                super()._init_()
                self.weight = nn.Parameter(torch.rand(kernel_size))

            def forward(self, X):
                return corr2d(X, self.weight)

        class NoSuper(nn.Module):
            def __init__(self, kernel_size, bias=True):
                self.weight = nn.Parameter(torch.rand(kernel_size))
                self.bias = nn.Parameter(torch.zeros(1))

            def forward(self, X):
                return corr2d(X, self.weight) + self.bias

        class AsInTheChapter(nn.Module):
            def __init__(self, kernel_size):
                super().__init__()
                self.weight = nn.Parameter(torch.rand(kernel_size))
                self.bias = nn.Parameter(torch.zeros(1))

            def forward(self, X):
                return corr2d(X, self.weight) + self.bias

        class PlainTensors(Conv):
            def __init__(self, kernel_size, bias=True):
                nn.Module.__init__(self)
                self.weight = torch.randn(kernel_size, requires_grad=True)
                self.bias = torch.zeros(1, requires_grad=True) if bias else None

        class PlainWeight(Conv):
            def __init__(self, kernel_size, bias=True):
                nn.Module.__init__(self)
                self.weight = torch.randn(kernel_size)
                self.bias = nn.Parameter(torch.zeros(1)) if bias else None

        class PlainBias(Conv):
            def __init__(self, kernel_size, bias=True):
                super().__init__(kernel_size, bias=False)
                self.offset = torch.zeros(1)

        class NoBias(Conv):
            def __init__(self, kernel_size, bias=True):
                super().__init__(kernel_size, bias=False)

        class Always(Conv):
            def __init__(self, kernel_size, bias=True):
                super().__init__(kernel_size)
                self.use_bias = bias

            def forward(self, X):
                Y = corr2d(X, self.weight)
                return Y + self.bias if self.use_bias else Y

        class PerCell(Conv):
            def __init__(self, kernel_size, bias=True):
                super().__init__(kernel_size, bias)
                if bias:
                    self.bias = nn.Parameter(torch.zeros(kernel_size))

        class Unused(Conv):
            def forward(self, X):
                return corr2d(X, self.weight)

        class Inside(Conv):
            def forward(self, X):
                b = 0 if self.bias is None else self.bias
                return corr2d(X, self.weight + b)

        class Detached(Conv):
            def forward(self, X):
                Y = corr2d(X, self.weight.data)
                return Y if self.bias is None else Y + self.bias

        class Frozen(Conv):
            @torch.no_grad()
            def forward(self, X):
                return super().forward(X)

        named(
            check.conv2d_layer,
            (OneUnderscore, "misnamed"),
            (NoSuper, "no_super"),
            (AsInTheChapter, "no_switch"),
            (PlainTensors, "plain"),
            (PlainWeight, "plain_weight"),
            (PlainBias, "no_bias"),
            (NoBias, "no_bias"),
            (Always, "always_bias"),
            (PerCell, "bias_per_cell"),
            (Unused, "bias_unused"),
            (Inside, "bias_in_kernel"),
            (Detached, "detached"),
            (Frozen, "detached"),
        )

    def test_what_is_said(self):
        class NoSuper(nn.Module):
            def __init__(self, kernel_size, bias=True):
                self.weight = nn.Parameter(torch.rand(kernel_size))

        class Silent(Conv):
            def forward(self, X):
                corr2d(X, self.weight)

        class Crashes(Conv):
            def forward(self, X):
                return corr2d(X, self.wieght)

        class Misspelled(nn.Module):
            def __init__(self, kernel_size, bias=True):
                super().__init__()
                self.weight = nn.Parameter(torch.rand(kernel_size))
                self.bias = nn.Parameter(torch.zeros(1)) if bias else None

            def foward(self, X):
                return X

        class NoElse(Conv):
            def __init__(self, kernel_size, bias=True):
                nn.Module.__init__(self)
                self.weight = nn.Parameter(torch.rand(kernel_size))
                if bias:
                    self.bias = nn.Parameter(torch.zeros(1))

        class FourAxes(Conv):
            def forward(self, X):
                return F.conv2d(X[None, None], self.weight[None, None], self.bias)

        class Unwritten(nn.Module): ...

        told = repr(check.conv2d_layer(NoSuper))
        assert "self.weight = nn.Parameter(torch.rand(kernel_size))" in told
        assert "super().__init__()" in told
        assert "return" in repr(check.conv2d_layer(Silent))
        assert "return corr2d(X, self.wieght)" in repr(check.conv2d_layer(Crashes))
        assert "forward" in repr(check.conv2d_layer(Misspelled))
        assert "'NoElse' object has no attribute 'bias'" in repr(check.conv2d_layer(NoElse))
        assert check.conv2d_layer(NoElse).mistake is None
        assert "第 2 个值：形状应是" in repr(check.conv2d_layer(FourAxes))
        assert "不要加括号" in repr(check.conv2d_layer(Conv((2, 2))))
        assert check.conv2d_layer(Unwritten).outcome == "unattempted"


class TestKernelGradient:
    def test_right(self):
        def cross_correlation(X, Y, W):
            return 2 * corr2d(X, corr2d(X, W) - Y)

        def loops(X, Y, W):
            E = corr2d(X, W) - Y
            gradient = torch.zeros_like(W)
            for a in range(W.shape[0]):
                for b in range(W.shape[1]):
                    part = X[a : a + E.shape[0], b : b + E.shape[1]]
                    gradient[a, b] = 2 * (E * part).sum()
            return gradient

        def window_by_window(X, Y, W):
            E = Y - corr2d(X, W)
            grad = torch.zeros(W.shape)
            for i in range(Y.shape[0]):
                for j in range(Y.shape[1]):
                    grad -= 2 * E[i, j] * X[i : i + W.shape[0], j : j + W.shape[1]]
            return grad

        def unfolded(X, Y, W):
            windows = X.unfold(0, W.shape[0], 1).unfold(1, W.shape[1], 1)
            error = (windows * W).sum((-2, -1)) - Y
            return 2 * torch.tensordot(error, windows, dims=2)

        def torchs_own(X, Y, W):
            error = F.conv2d(X[None, None], W[None, None]) - Y
            return 2 * torch.nn.grad.conv2d_weight(X[None, None], (1, 1, *W.shape), error)[0, 0]

        for answer in (cross_correlation, loops, window_by_window, unfolded):
            assert check.kernel_gradient(answer), answer.__name__
        assert check.kernel_gradient(torchs_own).mistake == "autograd"

    def test_wrong(self):
        def target_minus_output(X, Y, W):
            return 2 * corr2d(X, Y - corr2d(X, W))

        def no_two(X, Y, W):
            return corr2d(X, corr2d(X, W) - Y)

        def neither(X, Y, W):
            E = Y - corr2d(X, W)
            return corr2d(X, E)

        def averaged(X, Y, W):
            E = corr2d(X, W) - Y
            return 2 * corr2d(X, E) / E.numel()

        def only_target(X, Y, W):
            return 2 * corr2d(X, Y)

        def only_output(X, Y, W):
            return 2 * corr2d(X, corr2d(X, W))

        def of_the_output(X, Y, W):
            return 2 * (corr2d(X, W) - Y)

        def turned(X, Y, W):
            E = corr2d(X, W) - Y
            return 2 * corr2d(X, torch.rot90(E, 2))

        def all_errors_at_once(X, Y, W):
            E = (corr2d(X, W) - Y).sum()
            gradient = torch.zeros_like(W)
            for a in range(W.shape[0]):
                for b in range(W.shape[1]):
                    gradient[a, b] = 2 * E * X[a : a + Y.shape[0], b : b + Y.shape[1]].sum()
            return gradient

        def backward(X, Y, W):
            W = W.clone().requires_grad_()
            ((corr2d(X, W) - Y) ** 2).sum().backward()
            return W.grad

        def no_flag(X, Y, W):
            loss = ((corr2d(X, W) - Y) ** 2).sum()
            loss.backward()
            return W.grad

        def same_pixel(X, Y, W):
            E = corr2d(X, W) - Y
            gradient = torch.zeros(W.shape)
            for i in range(E.shape[0]):
                for j in range(E.shape[1]):
                    gradient += 2 * E[i, j] * X[i, j]
            return gradient

        def functional(X, Y, W):
            W = W.clone().requires_grad_()
            loss = ((corr2d(X, W) - Y) ** 2).sum()
            return torch.autograd.grad(loss, W)[0]

        named(
            check.kernel_gradient,
            (target_minus_output, "sign"),
            (no_two, "forgot_two"),
            (neither, "sign_and_two"),
            (averaged, "mean"),
            (only_target, "target"),
            (only_output, "prediction"),
            (of_the_output, "outputs"),
            (turned, "flipped"),
            (all_errors_at_once, "sums"),
            (same_pixel, "one_pixel"),
            (no_flag, "backward"),
            (backward, "autograd"),
            (functional, "autograd"),
        )

    def test_what_is_said(self):
        def error_times_input(X, Y, W):
            E = corr2d(X, W) - Y
            return 2 * E * X

        crash = check.kernel_gradient(error_times_input)
        assert crash.outcome == "crashed" and "return 2 * E * X" in repr(crash)


class TestFitKernel:
    def test_right(self):
        def as_in_the_chapter(X, Y, kernel_size, lr, steps):
            W = torch.zeros(kernel_size, requires_grad=True)
            for _ in range(steps):
                loss = ((corr2d(X, W) - Y) ** 2).sum()
                loss.backward()
                with torch.no_grad():
                    W -= lr * W.grad
                W.grad = None
            return W

        def by_hand(X, Y, kernel_size, lr, steps):
            W = torch.zeros(*kernel_size)
            for _step in range(1, steps + 1):
                W = W - lr * 2 * corr2d(X, corr2d(X, W) - Y)
            return W

        def functional(X, Y, kernel_size, lr, steps):
            W = torch.zeros(kernel_size).requires_grad_()
            while steps > 0:
                (gradient,) = torch.autograd.grad(((corr2d(X, W) - Y) ** 2).sum(), W)
                W = (W - lr * gradient).detach().requires_grad_()
                steps -= 1
            return W.detach()

        def optimizer(X, Y, kernel_size, lr, steps):
            net = nn.Conv2d(1, 1, kernel_size, bias=False)
            nn.init.zeros_(net.weight)
            trainer = torch.optim.SGD(net.parameters(), lr=lr)
            for _ in range(steps):
                trainer.zero_grad()
                ((net(X[None, None]) - Y[None, None]) ** 2).sum().backward()
                trainer.step()
            return net.weight.data[0, 0]

        def in_data(X, Y, kernel_size, lr, steps):
            W = torch.zeros(kernel_size, requires_grad=True)
            for _ in range(steps):
                loss = F.mse_loss(corr2d(X, W), Y, reduction="sum")
                loss.backward()
                W.data -= lr * W.grad
                W.grad.zero_()
            return W

        for answer in (as_in_the_chapter, by_hand, functional, optimizer, in_data):
            assert check.fit_kernel(answer), check.fit_kernel(answer)

    @pytest.mark.filterwarnings("ignore:The .grad attribute")  # torch's, for rebound_in_graph
    def test_wrong(self):
        def fit(X, Y, kernel_size, lr, steps, *, start=torch.zeros, reduce=torch.sum, clear=True):
            W = start(kernel_size).requires_grad_()
            for _ in range(steps):
                loss = reduce((corr2d(X, W) - Y) ** 2)
                loss.backward()
                with torch.no_grad():
                    W -= lr * W.grad
                if clear:
                    W.grad = None
            return W

        def uphill(X, Y, kernel_size, lr, steps):
            return fit(X, Y, kernel_size, -lr, steps)

        def never_cleared(X, Y, kernel_size, lr, steps):
            return fit(X, Y, kernel_size, lr, steps, clear=False)

        def averaged(X, Y, kernel_size, lr, steps):
            return fit(X, Y, kernel_size, lr, steps, reduce=torch.mean)

        def from_random(X, Y, kernel_size, lr, steps):
            return fit(X, Y, kernel_size, lr, steps, start=torch.rand)

        def from_one(X, Y, kernel_size, lr, steps):
            W = torch.zeros(kernel_size)
            for _ in range(1, steps):
                W = W - 2 * lr * corr2d(X, corr2d(X, W) - Y)
            return W

        def through_steps(X, Y, kernel_size, lr, steps):
            return fit(X, Y, kernel_size, lr, len(range(steps + 1)))

        def no_two(X, Y, kernel_size, lr, steps):
            W = torch.zeros(kernel_size)
            for _ in range(steps):
                W = W - lr * corr2d(X, corr2d(X, W) - Y)
            return W

        def gradient_once(X, Y, kernel_size, lr, steps):
            W = torch.zeros(kernel_size)
            gradient = 2 * corr2d(X, corr2d(X, W) - Y)
            for _ in range(steps):
                W -= lr * gradient
            return W

        def rebound(X, Y, kernel_size, lr, steps):
            W = torch.zeros(kernel_size, requires_grad=True)
            for _ in range(steps):
                loss = ((corr2d(X, W) - Y) ** 2).sum()
                loss.backward()
                with torch.no_grad():
                    W = W - lr * W.grad
            return W

        def rebound_in_graph(X, Y, kernel_size, lr, steps):
            W = torch.zeros(kernel_size, requires_grad=True)
            for _ in range(steps):
                loss = ((corr2d(X, W) - Y) ** 2).sum()
                loss.backward()
                W = W - lr * W.grad
            return W

        def returns_early(X, Y, kernel_size, lr, steps):
            W = torch.zeros(kernel_size, requires_grad=True)
            for _ in range(steps):
                loss = ((corr2d(X, W) - Y) ** 2).sum()
                loss.backward()
                with torch.no_grad():
                    W -= lr * W.grad
                return W

        def in_graph(X, Y, kernel_size, lr, steps):
            W = torch.zeros(kernel_size, requires_grad=True)
            for _ in range(steps):
                loss = ((corr2d(X, W) - Y) ** 2).sum()
                loss.backward()
                W -= lr * W.grad
            return W

        def no_sum(X, Y, kernel_size, lr, steps):
            W = torch.zeros(kernel_size, requires_grad=True)
            for _ in range(steps):
                loss = (corr2d(X, W) - Y) ** 2
                loss.backward()
                with torch.no_grad():
                    W -= lr * W.grad
                W.grad = None
            return W

        def no_flag(X, Y, kernel_size, lr, steps):
            W = torch.zeros(kernel_size)
            for _ in range(steps):
                loss = ((corr2d(X, W) - Y) ** 2).sum()
                loss.backward()
                W -= lr * W.grad
            return W

        def cleared_early(X, Y, kernel_size, lr, steps):
            W = torch.zeros(kernel_size, requires_grad=True)
            for _ in range(steps):
                loss = ((corr2d(X, W) - Y) ** 2).sum()
                W.grad.zero_()
                loss.backward()
                W.data -= lr * W.grad
            return W

        named(
            check.fit_kernel,
            (uphill, "uphill"),
            (never_cleared, "accumulates"),
            (averaged, "mean"),
            (from_random, "random"),
            (from_one, "one_less"),
            (through_steps, "one_more"),
            (no_two, "half"),
            (gradient_once, "once"),
            (rebound, "rebound_apart"),
            (rebound_in_graph, "rebound"),
            (returns_early, "first_only"),
            (in_graph, "in_graph"),
            (no_sum, "not_scalar"),
            (no_flag, "no_flag"),
            (cleared_early, "zeroed_early"),
        )
        assert "W -= lr * W.grad" in repr(check.fit_kernel(in_graph))

    def test_what_is_said(self):
        def square_kernel(X, Y, kernel_size, lr, steps):
            W = torch.zeros(kernel_size[0], kernel_size[0])
            for _ in range(steps):
                W = W - 2 * lr * corr2d(X, corr2d(X, W) - Y)
            return W

        def returns_loss(X, Y, kernel_size, lr, steps):
            W = torch.zeros(kernel_size)
            for _ in range(steps):
                E = corr2d(X, W) - Y
                W = W - 2 * lr * corr2d(X, E)
            return (E**2).sum()

        crash = check.fit_kernel(square_kernel)
        assert crash.outcome == "crashed" and "corr2d(X, W) - Y" in repr(crash)
        assert "形状应是" in repr(check.fit_kernel(returns_loss))
