"""Batch normalisation by hand, and LeNet with it.

Source: Ioffe and Szegedy, "Batch normalization: accelerating deep network training by reducing
internal covariate shift", 2015.
"""

import torch
from torch import nn

from ._parts import scaled


def batch_norm(X, gamma, beta, moving_mean, moving_var, eps, momentum, training=True):
    """Normalise every channel, then scale and shift it.

    Args:
        X: ``(N, C)`` or ``(N, C, H, W)``.
        gamma: Scale ``(C,)``.
        beta: Shift ``(C,)``.
        moving_mean: Mean ``(C,)`` of past batches, used when not training.
        moving_var: Variance ``(C,)`` of past batches, used when not training.
        eps: Added to the variance.
        momentum: Weight of the new batch in the moving statistics (PyTorch's convention).
        training: Normalise by this batch's statistics and update the moving ones.

    Returns:
        ``(Y, moving_mean, moving_var)``, new tensors; Y has X's shape.

    Raises:
        ValueError: If X has neither 2 nor 4 dimensions, or training has one value a channel.
    """
    if X.dim() not in (2, 4):
        raise ValueError(f"X 应有 2 个或 4 个维度，现在形状是 {tuple(X.shape)}")
    mean, var = moving_mean, moving_var
    if training:
        axes = (0, *range(2, X.dim()))  # all but the channels
        count = X.numel() // X.shape[1]
        if count < 2:
            raise ValueError(f"训练时每个通道至少要有 2 个值，现在形状是 {tuple(X.shape)}")
        mean, var = X.mean(axes), X.var(axes, unbiased=False)
        with torch.no_grad():
            moving_mean = torch.lerp(moving_mean, mean.to(moving_mean.dtype), momentum)
            # the moving variance estimates the population's: divided by count - 1
            unbiased = (var * count / (count - 1)).to(moving_var.dtype)
            moving_var = torch.lerp(moving_var, unbiased, momentum)
    shape = (1, -1) + (1,) * (X.dim() - 2)
    X_hat = (X - mean.reshape(shape)) / torch.sqrt(var.reshape(shape) + eps)
    return gamma.reshape(shape) * X_hat + beta.reshape(shape), moving_mean, moving_var


class BatchNorm(nn.Module):
    """Batch normalisation layer; equals ``nn.BatchNorm1d`` and ``nn.BatchNorm2d``.

    Args:
        num_features: Number of channels C.
        num_dims: 2 for ``(N, C)``, 4 for ``(N, C, H, W)``.
        eps: Added to the variance.
        momentum: Weight of the new batch in the moving statistics.
    """

    cell_by_cell = True  # sees no neighbours: keeps the receptive field

    def __init__(self, num_features, num_dims, *, eps=1e-5, momentum=0.1):
        super().__init__()
        self.num_features, self.num_dims = num_features, num_dims
        self.eps, self.momentum = eps, momentum
        self.gamma = nn.Parameter(torch.empty(num_features))
        self.beta = nn.Parameter(torch.empty(num_features))
        # buffers: not trained, but saved and moved to the device with the net
        self.register_buffer("moving_mean", torch.empty(num_features))
        self.register_buffer("moving_var", torch.empty(num_features))
        self.reset_parameters()

    def reset_parameters(self):
        """Start as the identity on data of mean 0 and variance 1."""
        for ones in (self.gamma, self.moving_var):
            nn.init.ones_(ones)
        for zeros in (self.beta, self.moving_mean):
            nn.init.zeros_(zeros)

    def forward(self, X):
        """Normalise ``(N, C)`` or ``(N, C, H, W)``, as ``num_dims`` says."""
        if X.dim() != self.num_dims or X.shape[1] != self.num_features:
            raise ValueError(
                f"X 的形状是 {tuple(X.shape)}，应有 {self.num_dims} 个维度、"
                f"{self.num_features} 个通道"
            )
        statistics = self.moving_mean, self.moving_var
        Y, mean, var = batch_norm(
            X, self.gamma, self.beta, *statistics, self.eps, self.momentum, self.training
        )
        if self.training:
            self.moving_mean.copy_(mean)
            self.moving_var.copy_(var)
        return Y

    def extra_repr(self):
        """Settings, for ``print(net)``."""
        return f"{self.num_features}, num_dims={self.num_dims}, eps={self.eps}"


def bn_lenet(num_classes=10, in_channels=1, *, width=1.0, by_hand=False):
    """Build LeNet with batch normalisation before every activation, for 28x28 images.

    As in d2l, the first convolution has no padding here, so the net is a little smaller than
    :func:`~d2lnotes.models.lenet`.

    Args:
        num_classes: Number of output scores.
        in_channels: Channels of the input image.
        width: Factor on the channels of the convolutions; 1.0 is the textbook's.
        by_hand: Use :class:`BatchNorm` of this file in place of PyTorch's.

    Returns:
        A network from ``(N, in_channels, 28, 28)`` to scores ``(N, num_classes)``.
    """
    c1, c2 = scaled((6, 16), width)

    def norm(features, dims):
        if by_hand:
            return BatchNorm(features, dims)
        return nn.BatchNorm2d(features) if dims == 4 else nn.BatchNorm1d(features)

    return nn.Sequential(
        nn.Conv2d(in_channels, c1, kernel_size=5),
        norm(c1, 4),
        nn.Sigmoid(),
        nn.AvgPool2d(kernel_size=2, stride=2),
        nn.Conv2d(c1, c2, kernel_size=5),
        norm(c2, 4),
        nn.Sigmoid(),
        nn.AvgPool2d(kernel_size=2, stride=2),
        nn.Flatten(),
        nn.Linear(c2 * 4 * 4, 120),
        norm(120, 2),
        nn.Sigmoid(),
        nn.Linear(120, 84),
        norm(84, 2),
        nn.Sigmoid(),
        nn.Linear(84, num_classes),
    )
