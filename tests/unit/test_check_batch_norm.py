"""The checkers of the chapter on batch normalisation, tried as students would write."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from d2lnotes import check


def refused(exercise, pairs):
    for wrong, mistake in pairs:
        result = exercise(wrong)
        assert not result and result.mistake == mistake, (wrong.__name__, result)


class TestStatistics:
    def test_right(self):
        def loops(X):
            means, variances = [], []
            for c in range(X.shape[1]):
                values = X[:, c].reshape(-1)
                m = sum(values) / len(values)
                means.append(m)
                variances.append(sum((v - m) ** 2 for v in values) / len(values))
            return torch.tensor(means), torch.tensor(variances)

        def by_dims(X):
            dims = {2: 0, 3: (0, 2), 4: (0, 2, 3)}[X.dim()]
            mean = X.mean(dims)
            return mean, (X**2).mean(dims) - mean**2

        def by_torch(X):
            bn = nn.BatchNorm1d if X.dim() < 4 else nn.BatchNorm2d
            layer = bn(X.shape[1], momentum=1.0)
            layer(X)
            n = X.numel() // X.shape[1]
            return layer.running_mean, layer.running_var * (n - 1) / n

        def numpy(X):
            A = np.moveaxis(X.numpy(), 1, 0).reshape(X.shape[1], -1)
            return [torch.from_numpy(A.mean(1)), torch.from_numpy(A.var(1))]

        for answer in (loops, by_dims, by_torch, numpy):
            assert check.bn_statistics(answer), (answer.__name__, check.bn_statistics(answer))

    def test_wrong(self):
        def default_var(X):
            rows = X.transpose(0, 1).flatten(1)
            return rows.mean(1), rows.var(1)

        def std(X):
            rows = X.transpose(0, 1).flatten(1)
            return rows.mean(1), ((rows - rows.mean(1, keepdim=True)) ** 2).mean(1).sqrt()

        def first_axis(X):
            return X.mean(0), ((X - X.mean(0)) ** 2).mean(0)

        def one_each_sample(X):
            rows = X.flatten(1)
            return rows.mean(1), rows.var(1, unbiased=False)

        def whole(X):
            return X.mean(), X.var(unbiased=False)

        def images_only(X):
            return X.mean((0, 2, 3)), X.var((0, 2, 3), unbiased=False)

        def reshaped(X):
            rows = X.reshape(X.shape[1], -1)
            return rows.mean(-1), rows.var(-1, unbiased=False)

        def kept(X):
            dims = [0, *range(2, X.ndim)]
            mean = X.mean(dims, keepdim=True)
            return mean, ((X - mean) ** 2).mean(dims, keepdim=True)

        def turned(X):
            rows = X.transpose(0, 1).flatten(1)
            return torch.var_mean(rows, 1, unbiased=False)

        refused(
            check.bn_statistics,
            [
                (default_var, "unbiased"),
                (std, "std"),
                (first_axis, "only_batch"),
                (one_each_sample, "per_sample"),
                (whole, "all"),
                (images_only, "four_axes"),
                (reshaped, "reshaped"),
                (kept, "keepdim"),
                (turned, "swapped"),
            ],
        )


class TestNormalize:
    def test_right(self):
        def by_torch(X, mean, var, gamma, beta, eps):
            return F.batch_norm(X, mean, var, gamma, beta, False, 0.0, eps)

        def views(X, mean, var, gamma, beta, eps):
            shape = (1, -1, 1, 1)
            X_hat = (X - mean.view(shape)) * (var.view(shape) + eps) ** -0.5
            return X_hat * gamma.view(shape) + beta.view(shape)

        def channels_last(X, mean, var, gamma, beta, eps):
            Y = (X.permute(0, 2, 3, 1) - mean) / (var + eps).sqrt() * gamma + beta
            return Y.permute(0, 3, 1, 2)

        def loops(X, mean, var, gamma, beta, eps):
            Y = torch.empty_like(X)
            for c in range(X.shape[1]):
                Y[:, c] = gamma[c] * (X[:, c] - mean[c]) / (var[c] + eps) ** 0.5 + beta[c]
            return Y

        for answer in (by_torch, views, channels_last, loops):
            assert check.bn_normalize(answer), answer.__name__

    def test_wrong(self):
        def outside(X, mean, var, gamma, beta, eps):
            s = (1, -1, 1, 1)
            X_hat = (X - mean.view(s)) / (var.sqrt().view(s) + eps)
            return X_hat * gamma.view(s) + beta.view(s)

        def variance(X, mean, var, gamma, beta, eps):
            s = (1, -1, 1, 1)
            return (X - mean.view(s)) / (var.view(s) + eps) * gamma.view(s) + beta.view(s)

        def unaligned(X, mean, var, gamma, beta, eps):
            return gamma * (X - mean) / torch.sqrt(var + eps) + beta

        def too_many(X, mean, var, gamma, beta, eps):
            s = (-1, 1, 1, 1)
            X_hat = (X - mean.reshape(s)) / torch.sqrt(var.reshape(s) + eps)
            return gamma.reshape(s) * X_hat + beta.reshape(s)

        def recomputed(X, mean, var, gamma, beta, eps):
            return F.batch_norm(X, None, None, gamma, beta, True, 0.1, eps)

        def forgot_beta(X, mean, var, gamma, beta, eps):
            return F.batch_norm(X, mean, var, gamma, None, False, 0.1, eps)

        def turned(X, mean, var, gamma, beta, eps):
            return F.batch_norm(X, mean, var, beta, gamma, False, 0.1, eps)

        def forgot_eps(X, mean, var, gamma, beta, eps):
            s = (1, -1, 1, 1)
            return (X - mean.view(s)) / var.sqrt().view(s) * gamma.view(s) + beta.view(s)

        def in_place(X, mean, var, gamma, beta, eps):
            s = (1, -1, 1, 1)
            X -= mean.view(s)
            X /= torch.sqrt(var + eps).view(s)
            return X * gamma.view(s) + beta.view(s)

        refused(
            check.bn_normalize,
            [
                (outside, "eps_outside"),
                (variance, "no_root"),
                (unaligned, "columns"),
                (too_many, "samples"),
                (recomputed, "own_statistics"),
                (forgot_beta, "no_beta"),
                (turned, "swapped"),
                (forgot_eps, "no_eps"),
                (in_place, "edited"),
            ],
        )


class TestMoving:
    def test_right(self):
        def lerp(moving_mean, moving_var, X, momentum):
            rows = X.transpose(0, 1).flatten(1)
            mean, var = rows.mean(1), rows.var(1)
            return torch.lerp(moving_mean, mean, momentum), moving_var.lerp(var, momentum)

        def by_torch(moving_mean, moving_var, X, momentum):
            mean, var = moving_mean.clone(), moving_var.clone()
            F.batch_norm(X, mean, var, training=True, momentum=momentum)
            return mean, var

        def by_difference(moving_mean, moving_var, X, momentum):
            n = X.numel() / X.shape[1]
            mean = X.mean((0, 2, 3))
            var = ((X - mean[:, None, None]) ** 2).sum((0, 2, 3)) / (n - 1)
            new_mean = moving_mean + momentum * (mean - moving_mean)
            return new_mean, moving_var + momentum * (var - moving_var)

        for answer in (lerp, by_torch, by_difference):
            assert check.bn_moving(answer), answer.__name__

    def test_wrong(self):
        def textbook(moving_mean, moving_var, X, momentum):
            mean, var = X.mean((0, 2, 3)), X.var((0, 2, 3), unbiased=False)
            new_mean = momentum * moving_mean + (1 - momentum) * mean
            return new_mean, momentum * moving_var + (1 - momentum) * var

        def other_way(moving_mean, moving_var, X, momentum):
            mean, var = X.mean((0, 2, 3)), X.var((0, 2, 3))
            new_mean = momentum * moving_mean + (1 - momentum) * mean
            return new_mean, momentum * moving_var + (1 - momentum) * var

        def biased(moving_mean, moving_var, X, momentum):
            mean, var = X.mean((0, 2, 3)), X.var((0, 2, 3), unbiased=False)
            return moving_mean.lerp(mean, momentum), moving_var.lerp(var, momentum)

        def this_batch(moving_mean, moving_var, X, momentum):
            return X.mean((0, 2, 3)), X.var((0, 2, 3))

        def added(moving_mean, moving_var, X, momentum):
            mean, var = X.mean((0, 2, 3)), X.var((0, 2, 3))
            return moving_mean + momentum * mean, moving_var + momentum * var

        def by_samples(moving_mean, moving_var, X, momentum):
            N = X.shape[0]
            mean = X.mean((0, 2, 3))
            var = X.var((0, 2, 3), unbiased=False) * N / (N - 1)
            return moving_mean.lerp(mean, momentum), moving_var.lerp(var, momentum)

        def in_place(moving_mean, moving_var, X, momentum):
            moving_mean *= 1 - momentum
            moving_mean += momentum * X.mean((0, 2, 3))
            moving_var *= 1 - momentum
            moving_var += momentum * X.var((0, 2, 3))
            return moving_mean, moving_var

        refused(
            check.bn_moving,
            [
                (textbook, "other_way_biased"),
                (other_way, "other_way"),
                (biased, "biased"),
                (this_batch, "replaced"),
                (added, "added"),
                (by_samples, "batch_size"),
                (in_place, "edited"),
            ],
        )


class Written(nn.Module):
    """A student's layer; the tests change one thing each."""

    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1, channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.register_buffer("sum_mean", torch.zeros(1, channels, 1, 1))
        self.register_buffer("sum_var", torch.zeros(1, channels, 1, 1))
        self.register_buffer("seen", torch.zeros(()))

    def forward(self, X):
        if self.training:
            mean = X.mean((0, 2, 3), keepdim=True)
            var = X.var((0, 2, 3), keepdim=True, unbiased=False)
            self.sum_mean += mean
            self.sum_var += X.var((0, 2, 3), keepdim=True)
            self.seen += 1
        else:
            mean, var = self.sum_mean / self.seen, self.sum_var / self.seen
        return self.weight * (X - mean) / torch.sqrt(var + 1e-5) + self.bias


class Lists(nn.Module):
    """Another style: cumulative through F.batch_norm's arithmetic, by hand."""

    def __init__(self, channels, eps=1e-5):
        super().__init__()
        self.eps = eps
        self.scale = nn.Parameter(torch.ones(channels))
        self.shift = nn.Parameter(torch.zeros(channels))
        self.register_buffer("stats", torch.tensor([[0.0] * channels, [1.0] * channels]))
        self.register_buffer("k", torch.tensor([0]))

    def forward(self, X):
        rows = X.transpose(0, 1).flatten(1)
        if self.training:
            self.k += 1
            new = torch.stack([rows.mean(1), rows.var(1)])
            self.stats += (new - self.stats) / self.k
            mean, var = rows.mean(1), rows.var(1, unbiased=False)
        else:
            mean, var = self.stats
        a = self.scale * (var + self.eps) ** -0.5
        return torch.einsum("nchw,c->nchw", X, a) + (self.shift - a * mean)[None, :, None, None]


class TestLayer:
    def test_right(self):
        for answer in (Written, Lists, lambda channels: Written(channels)):
            assert check.bn_layer(answer), check.bn_layer(answer)

    def test_wrong(self):
        class Fixed(nn.Module):
            """The chapter's, with momentum 0.1."""

            def __init__(self, channels):
                super().__init__()
                self.gamma = nn.Parameter(torch.ones(channels))
                self.beta = nn.Parameter(torch.zeros(channels))
                self.register_buffer("m", torch.zeros(channels))
                self.register_buffer("v", torch.ones(channels))

            def forward(self, X):
                return F.batch_norm(X, self.m, self.v, self.gamma, self.beta, self.training)

        class Plain(Written):
            def __init__(self, channels):
                nn.Module.__init__(self)
                self.weight = nn.Parameter(torch.ones(1, channels, 1, 1))
                self.bias = nn.Parameter(torch.zeros(1, channels, 1, 1))
                self.mean = torch.zeros(1, channels, 1, 1)
                self.var = torch.ones(1, channels, 1, 1)
                self.register_buffer("seen", torch.zeros(()))

            def forward(self, X):
                mean, var = self.mean, self.var
                if self.training:
                    mean = X.mean((0, 2, 3), keepdim=True)
                    var = X.var((0, 2, 3), keepdim=True, unbiased=False)
                    self.seen += 1
                    self.mean = self.mean + (mean - self.mean) / self.seen
                    unbiased = X.var((0, 2, 3), keepdim=True)
                    self.var = self.var + (unbiased - self.var) / self.seen
                return self.weight * (X - mean) / torch.sqrt(var + 1e-5) + self.bias

        class Always(Written):
            def forward(self, X):
                return F.batch_norm(X, None, None, self.weight.flatten(), self.bias.flatten(), True)

        class NoParameters(Written):
            def __init__(self, channels):
                super().__init__(channels)
                del self.weight, self.bias
                self.weight, self.bias = 1, 0

        class ByGrad(Written):
            def forward(self, X):
                before = self.training
                self.training = torch.is_grad_enabled()
                try:
                    return super().forward(X)
                finally:
                    self.training = before

        class Biased(Written):
            def forward(self, X):
                Y = super().forward(X)
                if self.training:
                    dims = (0, 2, 3)
                    self.sum_var -= X.var(dims, keepdim=True)
                    self.sum_var += X.var(dims, keepdim=True, unbiased=False)
                return Y

        refused(
            check.bn_layer,
            [
                (Plain, "not_buffers"),
                (Always, "eval_batch"),
                (NoParameters, "not_parameters"),
                (Biased, "biased"),
                (Fixed, "momentum"),
                (ByGrad, "grad_switch"),
            ],
        )

    def test_pytorchs_own_is_refused(self):
        class Borrowed(nn.BatchNorm2d):
            def __init__(self, channels):
                super().__init__(channels, momentum=None)

        class Wrapped(nn.Module):
            def __init__(self, channels):
                super().__init__()
                self.bn = nn.BatchNorm2d(channels, momentum=None)

            def forward(self, X):
                return self.bn(X)

        for layer in (Borrowed, Wrapped):
            assert check.bn_layer(layer).mistake == "built_in"


class TestFold:
    def test_right(self):
        def by_torch(K, b, gamma, beta, mean, var, eps):
            weights = nn.utils.fusion.fuse_conv_bn_weights(K, b, mean, var, eps, gamma, beta)
            return weights

        def loops(K, b, gamma, beta, mean, var, eps):
            K2, b2 = torch.empty_like(K), torch.empty_like(b)
            for o in range(len(K)):
                a = gamma[o] / (var[o] + eps) ** 0.5
                K2[o], b2[o] = a * K[o], a * (b[o] - mean[o]) + beta[o]
            return K2, b2

        def matrix(K, b, gamma, beta, mean, var, eps):
            A = torch.diag(gamma * torch.rsqrt(var + eps))
            return (A @ K.flatten(1)).reshape(K.shape), A @ b - A @ mean + beta

        for answer in (by_torch, loops, matrix):
            assert check.bn_fold(answer), answer.__name__

    def test_wrong(self):
        def inputs(K, b, gamma, beta, mean, var, eps):
            a = gamma / torch.sqrt(var + eps)
            return K * a.view(1, -1, 1, 1), (b - mean) * a + beta

        def unaligned(K, b, gamma, beta, mean, var, eps):
            a = gamma / torch.sqrt(var + eps)
            return a * K, a * (b - mean) + beta

        def half(K, b, gamma, beta, mean, var, eps):
            a = gamma / torch.sqrt(var + eps)
            return a.view(-1, 1, 1, 1) * K, b + beta - a * mean

        def lost(K, b, gamma, beta, mean, var, eps):
            a = gamma / torch.sqrt(var + eps)
            return a.view(-1, 1, 1, 1) * K, beta - a * mean

        def loose_mean(K, b, gamma, beta, mean, var, eps):
            a = gamma / torch.sqrt(var + eps)
            return a.view(-1, 1, 1, 1) * K, a * b - mean + beta

        def outside(K, b, gamma, beta, mean, var, eps):
            a = gamma / (torch.sqrt(var) + eps)
            return a.view(-1, 1, 1, 1) * K, a * (b - mean) + beta

        def variance(K, b, gamma, beta, mean, var, eps):
            a = gamma / (var + eps)
            return a.view(-1, 1, 1, 1) * K, a * (b - mean) + beta

        def everything_scaled(K, b, gamma, beta, mean, var, eps):
            a = gamma / torch.sqrt(var + eps)
            return a.view(-1, 1, 1, 1) * K, a * (b - mean + beta)

        def in_place(K, b, gamma, beta, mean, var, eps):
            a = gamma / torch.sqrt(var + eps)
            K *= a.view(-1, 1, 1, 1)
            return K, a * (b - mean) + beta

        refused(
            check.bn_fold,
            [
                (inputs, "input_axis"),
                (unaligned, "columns"),
                (half, "bias_unscaled"),
                (lost, "bias_lost"),
                (loose_mean, "mean_unscaled"),
                (outside, "eps_outside"),
                (variance, "no_root"),
                (everything_scaled, "beta_scaled"),
                (in_place, "edited"),
            ],
        )


@pytest.mark.parametrize(
    "name", ["bn_statistics", "bn_normalize", "bn_moving", "bn_layer", "bn_fold"]
)
def test_the_last_hint_is_nearly_the_code(name):
    exercise = getattr(check, name)
    assert "(" in str(exercise.hint(len(exercise.texts["hints"])))


class TestMoreAttempts:
    """What a reader tried, and how it was named."""

    def test_statistics(self):
        def memory_order(X):
            Y = X.reshape(X.shape[1], -1)
            return Y.mean(1), Y.var(1)

        def maps_only(X):
            return X.mean((0, 2, 3)), X.var((0, 2, 3))

        def first(X):
            return X.mean(1), X.var(1, unbiased=False)

        def first_default(X):
            return torch.mean(X, dim=1), torch.var(X, dim=1)

        def either(X):
            dims = (0, 2, 3) if X.dim() == 4 else 0
            return X.mean(dims), X.var(dims, unbiased=False)

        def in_two_steps(X):
            Y = X.flatten(2) if X.dim() > 2 else X[:, :, None]
            return Y.mean(2).mean(0), Y.var(2, unbiased=False).mean(0)

        refused(
            check.bn_statistics,
            [
                (memory_order, "reshaped_unbiased"),
                (maps_only, "four_axes_unbiased"),
                (first, "along_channels"),
                (first_default, "along_channels_unbiased"),
                (either, "two_or_four"),
                (in_two_steps, "averaged_variances"),
            ],
        )

    def test_normalize(self):
        def half_aligned(X, mean, var, gamma, beta, eps):
            X_hat = (X - mean.view(-1, 1, 1)) / torch.sqrt(var.view(-1, 1, 1) + eps)
            return X_hat * gamma + beta

        def no_scale(X, mean, var, gamma, beta, eps):
            return (X - mean.view(-1, 1, 1)) / torch.sqrt(var.view(-1, 1, 1) + eps)

        refused(check.bn_normalize, [(half_aligned, "columns_late"), (no_scale, "bare")])

    def test_moving(self):
        def tenth(m, v, X, momentum):
            return 0.9 * m + 0.1 * X.mean((0, 2, 3)), 0.9 * v + 0.1 * X.var((0, 2, 3))

        def new_only(m, v, X, momentum):
            return momentum * X.mean((0, 2, 3)), momentum * X.var((0, 2, 3))

        refused(check.bn_moving, [(tenth, "fixed"), (new_only, "forgot_old")])

    def test_layer(self):
        class Frozen(nn.Module):
            """Keeps its statistics as parameters that are not trained: odd, but right."""

            def __init__(self, channels):
                super().__init__()
                self.gamma = nn.Parameter(torch.ones(channels, 1, 1))
                self.beta = nn.Parameter(torch.zeros(channels, 1, 1))
                state = torch.zeros(channels, 1, 1), torch.ones(channels, 1, 1), torch.zeros(1)
                self.m, self.v, self.k = (nn.Parameter(t, requires_grad=False) for t in state)

            def count(self):
                if self.training:
                    self.k += 1

            def forward(self, X):
                self.count()
                mean, var = self.m, self.v
                if self.training:
                    dims = (0, 2, 3)
                    mean = X.mean(dims)[:, None, None]
                    var = X.var(dims, unbiased=False)[:, None, None]
                    with torch.no_grad():
                        self.m += (mean - self.m) / self.k
                        self.v += (X.var(dims)[:, None, None] - self.v) / self.k
                return self.gamma * (X - mean) / torch.sqrt(var + 1e-5) + self.beta

        class CountsAll(Frozen):
            def count(self):
                self.k += 1

        assert check.bn_layer(Frozen), check.bn_layer(Frozen)
        refused(check.bn_layer, [(CountsAll, "counted_in_eval")])

    def test_fold(self):
        def from_kernel(K, b, gamma, beta, mean, var, eps):
            a = (gamma / torch.sqrt(var + eps)).view(-1, 1, 1, 1)
            return a * (K - mean.view(-1, 1, 1, 1)), a.flatten() * b + beta

        def other_order(K, b, gamma, beta, mean, var, eps):
            a = gamma / torch.sqrt(var + eps)
            return a * (b - mean) + beta, a.view(-1, 1, 1, 1) * K

        refused(check.bn_fold, [(from_kernel, "mean_in_kernel"), (other_order, "swapped")])
