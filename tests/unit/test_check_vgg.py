"""Exercises on VGG, answered as students would."""

import math
from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from d2lnotes import check
from d2lnotes.models import vgg_block


class TestStackWeights:
    def test_right(self):
        def formula(k, c_in, c_out):
            layers = (k - 1) // 2
            return k**2 * c_in * c_out, 9 * c_out * (c_in + (layers - 1) * c_out)

        def loop(k, c_in, c_out):
            one, many, field, seen = k * k * c_in * c_out, 0, 1, c_in
            while field < k:
                many += 3 * 3 * seen * c_out
                seen = c_out
                field += 2
            return [one, many]

        def by_layers(k, c_in, c_out):
            convs = [nn.Conv2d(c_in, c_out, 3, bias=False)]
            convs += [nn.Conv2d(c_out, c_out, 3, bias=False) for _ in range(k // 2 - 1)]
            one = nn.Conv2d(c_in, c_out, k, bias=False).weight.numel()
            return one, sum(conv.weight.numel() for conv in convs)

        def by_numpy(k, c_in, c_out):
            widths = np.array([c_in] + [c_out] * (k // 2))
            return np.prod([k, k, c_in, c_out]), 9 * (widths[:-1] * widths[1:]).sum()

        for answer in (formula, loop, by_layers, by_numpy):
            assert check.stack_weights(answer), (answer.__name__, check.stack_weights(answer))

    def test_wrong(self):
        def same_channels(k, c_in, c_out):
            return k * k * c_out**2, 9 * (k // 2) * c_out**2

        def all_read_the_input(k, c_in, c_out):
            return k * k * c_in * c_out, (k - 1) // 2 * 9 * c_in * c_out

        def all_read_the_output(k, c_in, c_out):
            return k * k * c_in * c_out, (k - 1) // 2 * 9 * c_out * c_out

        def a_third(k, c_in, c_out):
            return k * k * c_in * c_out, 9 * c_in * c_out + (k // 3 - 1) * 9 * c_out * c_out

        def one_a_cell(k, c_in, c_out):
            return k * k * c_in * c_out, 9 * c_in * c_out + (k - 3) * 9 * c_out * c_out

        def too_many(k, c_in, c_out):
            return k * k * c_in * c_out, 9 * c_in * c_out + (k // 2) * 9 * c_out * c_out

        def biased(k, c_in, c_out):
            many = nn.Sequential(nn.Conv2d(c_in, c_out, 3))
            many.extend(nn.Conv2d(c_out, c_out, 3) for _ in range(k // 2 - 1))
            one = nn.Conv2d(c_in, c_out, k)
            return tuple(sum(p.numel() for p in net.parameters()) for net in (one, many))

        def reversed_pair(k, c_in, c_out):
            one = k * k * c_in * c_out
            many = 9 * c_in * c_out + (k // 2 - 1) * 9 * c_out * c_out
            return many, one

        def a_row(k, c_in, c_out):
            return k * c_in * c_out, 9 * c_in * c_out + (k // 2 - 1) * 9 * c_out**2

        def single(k, c_in, c_out):
            return k * k * c_in * c_out, 3 * 3 * c_in * c_out

        for wrong, mistake in [
            (same_channels, "equal_channels"),
            (all_read_the_input, "others_are_like_first"),
            (all_read_the_output, "first_is_like_others"),
            (a_third, "k_over_3"),
            (one_a_cell, "k_minus_2"),
            (too_many, "one_more"),
            (biased, "with_bias"),
            (reversed_pair, "swapped"),
            (a_row, "k_once"),
            (single, "one_layer"),
        ]:
            result = check.stack_weights(wrong)
            assert result.mistake == mistake, (wrong.__name__, result)

    def test_true_division_is_told(self):
        def halves(k, c_in, c_out):
            layers = (k - 1) / 2
            return k * k * c_in * c_out, 9 * c_in * c_out + (layers - 1) * 9 * c_out**2

        assert "//" in repr(check.stack_weights(halves))


class TestVggShapes:
    def test_right(self):
        def powers(arch, height, width):
            return [(c, height // 2**i, width // 2**i) for i, (_, c) in enumerate(arch, 1)]

        def with_lists(arch, height, width):
            rows, size = [], [height, width]
            for pair in arch:
                size = [n >> 1 for n in size]
                rows.append([pair[1], *size])
            return rows

        def by_running(arch, height, width):
            X, shapes, seen = torch.zeros(1, 1, height, width), [], 1
            for num_convs, channels in arch:
                X = vgg_block(num_convs, seen, channels)(X)
                seen = channels
                shapes.append(tuple(X.shape[1:]))
            return shapes

        def a_tuple(arch, height, width):
            return tuple(powers(arch, height, width))

        for answer in (powers, with_lists, by_running, a_tuple):
            assert check.vgg_shapes(answer), (answer.__name__, check.vgg_shapes(answer))

    def test_wrong(self):
        def each_conv(arch, height, width):
            shapes = []
            for num_convs, channels in arch:
                for _ in range(num_convs):
                    height, width = height // 2, width // 2
                shapes.append((channels, height, width))
            return shapes

        def up(arch, height, width):
            shapes = []
            for _, channels in arch:
                height, width = math.ceil(height / 2), math.ceil(width / 2)
                shapes.append((channels, height, width))
            return shapes

        def exact(arch, height, width):
            shapes = []
            for _, channels in arch:
                height, width = height / 2, width / 2
                shapes.append((channels, height, width))
            return shapes

        def noted_first(arch, height, width):
            shapes = []
            for _, channels in arch:
                shapes.append((channels, height, width))
                height, width = height // 2, width // 2
            return shapes

        def last_axis(arch, height, width):
            shapes = []
            for _, channels in arch:
                height, width = height // 2, width // 2
                shapes.append((height, width, channels))
            return shapes

        def shrinking(arch, height, width):
            shapes = []
            for num_convs, channels in arch:
                for _ in range(num_convs):
                    height, width = height - 3 + 1, width - 3 + 1
                height, width = height // 2, width // 2
                shapes.append((channels, height, width))
            return shapes

        def first_number(arch, height, width):
            return [(pair[0], height // 2**i, width // 2**i) for i, pair in enumerate(arch, 1)]

        def only_height(arch, height, width):
            return [(c, height // 2**i, height // 2**i) for i, (_, c) in enumerate(arch, 1)]

        def the_end(arch, height, width):
            for _ in arch:
                height, width = height // 2, width // 2
            return arch[-1][1], height, width

        def unpooled(arch, height, width):
            return [(channels, height, width) for _, channels in arch]

        def a_row_each_conv(arch, height, width):
            shapes = []
            for num_convs, channels in arch:
                height, width = height // 2, width // 2
                shapes += [(channels, height, width)] * num_convs
            return shapes

        def halved_once(arch, height, width):
            return [(channels, height // 2, width // 2) for _, channels in arch]

        def transposed(arch, height, width):
            return [(c, width // 2**i, height // 2**i) for i, (_, c) in enumerate(arch, 1)]

        def nearest(arch, height, width):
            shapes = []
            for _, channels in arch:
                height, width = round(height / 2), round(width / 2)
                shapes.append((channels, height, width))
            return shapes

        for wrong, mistake in [
            (halved_once, "not_kept"),
            (transposed, "width_first"),
            (nearest, "rounded"),
            (each_conv, "every_conv"),
            (up, "rounded_up"),
            (exact, "no_floor"),
            (noted_first, "before_pool"),
            (last_axis, "channels_last"),
            (shrinking, "unpadded"),
            (first_number, "counts"),
            (only_height, "square"),
            (the_end, "last_only"),
            (unpooled, "no_pool"),
            (a_row_each_conv, "one_conv_too_many"),
        ]:
            result = check.vgg_shapes(wrong)
            assert result.mistake == mistake, (wrong.__name__, result)


class TestVggBlockC:
    def test_right(self):
        def appended(num_convs, in_channels, out_channels):
            block = nn.Sequential()
            for _ in range(num_convs):
                block.append(nn.Conv2d(in_channels, out_channels, 3, padding="same"))
                block.append(nn.ReLU(inplace=True))
                in_channels = out_channels
            block.append(nn.Conv2d(out_channels, out_channels, kernel_size=1))
            block.append(nn.ReLU())
            return block.append(nn.MaxPool2d(2, 2))

        class Block(nn.Module):
            def __init__(self, num_convs, in_channels, out_channels):
                super().__init__()
                self.pointwise = nn.Conv2d(out_channels, out_channels, 1)
                widths = [in_channels] + [out_channels] * num_convs
                pairs = pairwise(widths)
                self.convs = nn.ModuleList(nn.Conv2d(a, b, (3, 3), padding=1) for a, b in pairs)

            def forward(self, X):
                for conv in self.convs:
                    X = F.relu(conv(X))
                return F.max_pool2d(self.pointwise(X).relu(), 2)

        def out_of_the_plain_block(num_convs, in_channels, out_channels):
            layers = list(vgg_block(num_convs, in_channels, out_channels))
            layers[-1:-1] = [nn.Conv2d(out_channels, out_channels, 1), nn.ReLU()]
            return nn.Sequential(*layers)

        def relu_after_pooling(num_convs, in_channels, out_channels):
            layers = list(out_of_the_plain_block(num_convs, in_channels, out_channels))
            return nn.Sequential(*layers[:-2], layers[-1], layers[-2])

        for answer in (appended, Block, out_of_the_plain_block, relu_after_pooling):
            assert check.vgg_block_c(answer), (answer.__name__, check.vgg_block_c(answer))

    def test_wrong(self):
        def build(kernels, paddings, ends, pool):
            def block(num_convs, c, out):
                layers = []
                for k in kernels(num_convs):
                    layers += [nn.Conv2d(c, out, k, padding=paddings[k]), nn.ReLU()]
                    c = out
                layers = layers[: len(layers) - ends]
                return nn.Sequential(*layers, *pool)

            return block

        def late(n):
            return [3] * n + [1]

        same, pool = {3: 1, 1: 0}, [nn.MaxPool2d(2)]

        def never_updated(num_convs, in_channels, out_channels):
            block = nn.Sequential()
            for _ in range(num_convs):
                block.append(nn.Conv2d(in_channels, out_channels, 3, padding=1))
                block.append(nn.ReLU())
            block.append(nn.Conv2d(out_channels, out_channels, 1))
            return block.append(nn.ReLU()).append(nn.MaxPool2d(2))

        def always_the_input(num_convs, in_channels, out_channels):
            layers = []
            for _ in range(num_convs):
                layers += [nn.Conv2d(in_channels, out_channels, 3, padding=1), nn.ReLU()]
            layers += [nn.Conv2d(in_channels, out_channels, 1), nn.ReLU()]
            return nn.Sequential(*layers, nn.MaxPool2d(2))

        def one_conv_repeated(num_convs, in_channels, out_channels):
            layers = [nn.Conv2d(in_channels, out_channels, 3, padding=1), nn.ReLU()]
            layers += [nn.Conv2d(out_channels, out_channels, 3, padding=1), nn.ReLU()] * (
                num_convs - 1
            )
            layers += [nn.Conv2d(out_channels, out_channels, 1), nn.ReLU()]
            return nn.Sequential(*layers, nn.MaxPool2d(2))

        def without_bias(num_convs, c, out):
            layers = []
            for _ in range(num_convs):
                layers += [nn.Conv2d(c, out, 3, padding=1, bias=False), nn.ReLU()]
                c = out
            layers += [nn.Conv2d(out, out, 1, bias=False), nn.ReLU(), nn.MaxPool2d(2)]
            return nn.Sequential(*layers)

        def a_list(num_convs, in_channels, out_channels):
            layers = [nn.Conv2d(in_channels, out_channels, 3, padding=1), nn.ReLU()]
            layers += [nn.Conv2d(out_channels, out_channels, 1), nn.ReLU()]
            layers.append(nn.MaxPool2d(2))
            return layers

        for number, (wrong, mistake) in enumerate(
            [
                (build(late, {3: 1, 1: 1}, 0, pool), "padded_1x1"),
                (build(late, same, 1, pool), "no_last_relu"),
                (build(lambda n: [1] + [3] * n, same, 0, pool), "pointwise_first"),
                (build(lambda n: [3, 1] * n, same, 0, pool), "pointwise_each"),
                (build(lambda n: [3] * n, same, 0, pool), "no_pointwise"),
                (build(lambda n: [3] * (n - 1) + [1], same, 0, pool), "replaces_last"),
                (build(lambda n: [3] * n + [3], same, 0, pool), "one_more_3x3"),
                (build(late, {3: 0, 1: 0}, 0, pool), "unpadded"),
                (build(late, same, 0, []), "no_pool"),
                (build(late, same, 0, [nn.AvgPool2d(2)]), "average"),
                (never_updated, "in_channels_kept"),
                (always_the_input, "in_channels_last"),
                (one_conv_repeated, "shared"),
                (without_bias, "no_bias"),
                (a_list, "list"),
            ]
        ):
            result = check.vgg_block_c(wrong)
            assert result.mistake == mistake, (number, result)

    def test_a_stub_is_open(self):
        def stub(num_convs, in_channels, out_channels): ...

        assert check.vgg_block_c(stub).outcome == "unattempted"


class TestVggFeatures:
    def test_right(self):
        def loop(config, in_channels):
            net = nn.Sequential()
            for entry in config:
                if isinstance(entry, str):
                    net.append(nn.MaxPool2d(kernel_size=2, stride=2))
                else:
                    net.append(nn.Conv2d(in_channels, entry, 3, 1, 1))
                    net.append(nn.ReLU(True))
                    in_channels = entry
            return net

        def nested(config, in_channels):
            blocks = []
            for entry in config:
                if entry == "M":
                    blocks.append(nn.MaxPool2d(2))
                    continue
                conv = nn.Conv2d(in_channels, entry, kernel_size=3, padding=1)
                blocks.append(nn.Sequential(conv, nn.ReLU()))
                in_channels = entry
            return nn.Sequential(*blocks)

        class Features(nn.Module):
            def __init__(self, config, in_channels):
                super().__init__()
                widths = [in_channels, *(c for c in config if c != "M")]
                pairs = pairwise(widths)
                self.convs = nn.ModuleList([nn.Conv2d(a, b, 3, padding=1) for a, b in pairs])
                self.config = config

            def forward(self, X):
                convs = iter(self.convs)
                for entry in self.config:
                    X = F.max_pool2d(X, 2) if entry == "M" else next(convs)(X).clamp(min=0)
                return X

        for answer in (loop, nested, Features):
            assert check.vgg_features(answer), (answer.__name__, check.vgg_features(answer))

    def test_wrong(self):
        def bare(config, in_channels):
            layers = []
            for entry in config:
                if entry == "M":
                    layers.append(nn.MaxPool2d(2))
                else:
                    layers.append(nn.Conv2d(in_channels, entry, 3, padding=1))
                    in_channels = entry
            return nn.Sequential(*layers)

        def relu_with_pool(config, in_channels):
            layers = []
            for i, entry in enumerate(config):
                if entry == "M":
                    layers.append(nn.MaxPool2d(2))
                else:
                    layers.append(nn.Conv2d(in_channels, entry, 3, padding=1))
                    if i + 1 < len(config) and config[i + 1] == "M":
                        layers.append(nn.ReLU())
                    in_channels = entry
            return nn.Sequential(*layers)

        def changed(padding=1, pool=None, keep=False, end=(), skip=False):
            def build(config, in_channels):
                layers, seen = [], in_channels
                for entry in config:
                    if entry != "M":
                        layers += [nn.Conv2d(seen, entry, 3, padding=padding), nn.ReLU()]
                        seen = in_channels if keep else entry
                    elif not skip:
                        layers.append(pool or nn.MaxPool2d(2))
                return nn.Sequential(*layers, *end)

            return build

        def pooled_always(config, in_channels):
            layers = []
            for entry in config:
                if entry != "M":
                    layers += [nn.Conv2d(in_channels, entry, 3, padding=1), nn.ReLU()]
                    layers.append(nn.MaxPool2d(2))
                    in_channels = entry
            return nn.Sequential(*layers)

        def a_list(config, in_channels):
            return [*changed()(config, in_channels)]

        for number, (wrong, mistake) in enumerate(
            [
                (bare, "no_relu"),
                (relu_with_pool, "relu_once"),
                (changed(padding=0), "unpadded"),
                (changed(pool=nn.MaxPool2d(3, 2)), "big_pool"),
                (changed(pool=nn.MaxPool2d(2, 1)), "overlapping"),
                (changed(pool=nn.AvgPool2d(2)), "average"),
                (changed(keep=True), "in_channels_kept"),
                (changed(end=[nn.Flatten()]), "flattened"),
                (changed(skip=True), "no_pool"),
                (changed(skip=True, end=[nn.MaxPool2d(2)]), "one_pool"),
                (pooled_always, "pool_each"),
                (a_list, "list"),
            ]
        ):
            result = check.vgg_features(wrong)
            assert result.mistake == mistake, (number, result)


class TestRescale:
    def test_right(self):
        def with_data(convs):
            factors = []
            for conv in convs:
                c_in, k_h, k_w = conv.weight.shape[1:]
                factor = math.sqrt(2 / (c_in * k_h * k_w)) / conv.weight.data.std()
                conv.weight.data *= factor
                conv.bias.data.fill_(0)
                factors.append(factor)
            return factors

        @torch.no_grad()
        def decorated(convs):
            wanted = [(2 / c.weight[0].numel()) ** 0.5 for c in convs]
            factors = [w / c.weight.std().item() for w, c in zip(wanted, convs, strict=True)]
            for conv, factor in zip(convs, factors, strict=True):
                conv.weight.mul_(factor)
                nn.init.zeros_(conv.bias)
            return factors

        def new_parameters(convs):
            factors = []
            for conv in convs:
                n = conv.in_channels * np.prod(conv.kernel_size)
                factor = np.sqrt(2 / n) / conv.weight.std().item()
                conv.weight = nn.Parameter(conv.weight.detach() * float(factor))
                conv.bias = nn.Parameter(torch.zeros_like(conv.bias))
                factors.append(factor)
            return factors

        for answer in (with_data, decorated, new_parameters):
            assert check.rescale(answer), (answer.__name__, check.rescale(answer))

    def test_wrong(self):
        def changed(count, power=0.5, gain=2, divide=True, zero=True, write=True):
            def build(convs):
                factors = []
                with torch.no_grad():
                    for conv in convs:
                        factor = (gain / count(conv)) ** power
                        if divide:
                            factor /= conv.weight.std().item()
                        if write:
                            conv.weight *= factor
                        if zero:
                            conv.bias *= 0
                        factors.append(factor)
                return factors

            return build

        def fan_in(conv):
            return conv.in_channels * conv.kernel_size[0] * conv.kernel_size[1]

        def fan_out(conv):
            return conv.out_channels * conv.kernel_size[0] * conv.kernel_size[1]

        def one_factor(convs):
            weight = convs[0].weight.data
            factor = (2 / weight[0].numel()) ** 0.5 / weight.std().item()
            for conv in convs:
                conv.weight.data *= factor
                conv.bias.data.zero_()
            return [factor for _ in convs]

        def measured_again(convs):
            changed(fan_in)(convs)
            return [(2 / fan_in(conv)) ** 0.5 / conv.weight.std().item() for conv in convs]

        for number, (wrong, mistake) in enumerate(
            [
                (changed(lambda conv: 9 * conv.in_channels), "nine"),
                (
                    changed(lambda conv: conv.in_channels * conv.kernel_size[0] ** 2),
                    "square_kernel",
                ),
                (measured_again, "measured_after"),
                (changed(fan_in, gain=1), "xavier"),
                (changed(fan_in, power=1), "variance"),
                (changed(fan_out), "fan_out"),
                (changed(lambda conv: conv.in_channels), "channels_only"),
                (changed(lambda conv: math.prod(conv.kernel_size)), "kernel_only"),
                (changed(lambda conv: conv.weight.numel()), "all_weights"),
                (changed(lambda conv: (fan_in(conv) + fan_out(conv)) / 2), "glorot"),
                (changed(fan_in, divide=False), "not_divided"),
                (changed(fan_in, zero=False), "bias_kept"),
                (changed(fan_in, write=False), "not_written"),
                (one_factor, "first_only"),
            ]
        ):
            result = check.rescale(wrong)
            assert result.mistake == mistake, (number, result)

    def test_nothing_returned_is_told(self):
        def only_writes(convs):
            with torch.no_grad():
                for conv in convs:
                    conv.weight *= (2 / conv.weight[0].numel()) ** 0.5 / conv.weight.std()
                    conv.bias.zero_()

        assert check.rescale(only_writes).mistake == "nothing"
