"""Classic convolutional networks, one file each: small builders that return an ``nn.Module``."""

from .alexnet import alexnet
from .bn_lenet import BatchNorm, batch_norm, bn_lenet
from .densenet import DenseBlock, conv_block, densenet, transition_block
from .googlenet import Inception, googlenet
from .lenet import lenet
from .nin import nin, nin_block
from .resnet import Bottleneck, Residual, resnet18, resnet34, resnet50
from .summary import layer_summary
from .vgg import vgg, vgg_block

__all__ = [
    "BatchNorm",
    "Bottleneck",
    "DenseBlock",
    "Inception",
    "Residual",
    "alexnet",
    "batch_norm",
    "bn_lenet",
    "conv_block",
    "densenet",
    "googlenet",
    "layer_summary",
    "lenet",
    "nin",
    "nin_block",
    "resnet18",
    "resnet34",
    "resnet50",
    "transition_block",
    "vgg",
    "vgg_block",
]
