"""Recipes: complete, plain, and able to train every network at their own sizes."""

import json
from dataclasses import asdict, replace

import pytest
import torch

from d2lnotes import models, recipes
from d2lnotes.augment import random_crop_and_flip
from d2lnotes.data import load_data_fashion_mnist
from d2lnotes.recipes import RECIPES, Recipe, initialize_nin, train_recipe
from d2lnotes.train import evaluate_accuracy_gpu, initialize

NAMES = ("quick", "textbook", "tuned")
ALL = [(model, recipe) for model in RECIPES for recipe in NAMES]


def test_every_network_has_all_three():
    assert set(RECIPES) == {
        *("lenet", "alexnet", "vgg", "nin", "googlenet", "bn_lenet", "resnet18", "densenet")
    }
    assert all(tuple(RECIPES[model]) == NAMES for model in RECIPES)
    assert all(RECIPES[model][recipe].num_epochs <= 10 for model, recipe in ALL)


def test_lenet_with_and_without_batch_norm_differ_in_nothing_else():
    for recipe in ("quick", "tuned"):
        assert RECIPES["lenet"][recipe] == RECIPES["bn_lenet"][recipe]


@pytest.mark.parametrize(("model", "recipe"), ALL)
def test_a_recipe_is_plain_data_and_its_network_takes_its_images(model, recipe):
    settings = RECIPES[model][recipe]
    assert json.loads(json.dumps(asdict(settings))) == asdict(settings)
    side = settings.resize or 28
    with torch.device("meta"):
        net = getattr(models, model)(**settings.net)
        assert net(torch.empty(2, 1, side, side)).shape == (2, 10)


@pytest.mark.parametrize(("model", "recipe"), ALL)
def test_a_recipe_trains(model, recipe, monkeypatch):
    """Two small batches at full size: a finite loss, and weights that move."""
    settings = replace(RECIPES[model][recipe], batch_size=5)
    monkeypatch.setitem(RECIPES[model], recipe, settings)
    net, history = train_recipe(
        model, recipe, limit=10, num_epochs=1, device="cpu", seed=0, plot=False
    )
    assert history.epochs == 1 and history.images == 10
    assert all(torch.isfinite(p).all() for p in net.parameters())


def test_the_rate_rises_and_falls_over_all_steps(monkeypatch):
    rates = []
    make = recipes.Recipe.make_optimizer

    def watched(self, parameters, lr):
        optimizer = make(self, parameters, lr)
        optimizer.register_step_pre_hook(lambda o, *_: rates.append(o.param_groups[0]["lr"]))
        return optimizer

    monkeypatch.setattr(recipes.Recipe, "make_optimizer", watched)
    train_recipe("lenet", "quick", limit=640, num_epochs=4, device="cpu", seed=0, plot=False)
    assert len(rates) == 20
    top = rates.index(max(rates))
    assert max(rates) == pytest.approx(RECIPES["lenet"]["quick"].lr, rel=0.05)
    assert rates[:top] == sorted(rates[:top]) and rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[-1] < max(rates) / 100


def test_another_network_trains_with_the_same_settings():
    mine = models.lenet(width=2)
    net, history = train_recipe(
        "lenet", "quick", net=mine, limit=100, num_epochs=1, device="cpu", seed=0, plot=False
    )
    assert net is mine and history.epochs == 1


def test_a_tuned_recipe_that_was_interrupted_goes_on_as_if_never_stopped(tmp_path, monkeypatch):
    """Schedule, momentum, crops and flips go on too."""
    small = replace(RECIPES["resnet18"]["tuned"], resize=32, net={"width": 0.125}, num_epochs=2)
    monkeypatch.setitem(RECIPES["resnet18"], "tuned", small)
    options = {"limit": 100, "device": "cpu", "seed": 0, "plot": False}
    whole = train_recipe("resnet18", "tuned", **options)[1]
    calls = []

    def interrupted_at_the_second(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return evaluate_accuracy_gpu(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr("d2lnotes.train.evaluate_accuracy_gpu", interrupted_at_the_second)
        options["checkpoint"] = tmp_path / "state.pt"
        assert train_recipe("resnet18", "tuned", **options)[1].epochs == 1
    resumed = train_recipe("resnet18", "tuned", **options)[1]
    assert (resumed.train_loss, resumed.test_acc) == (whole.train_loss, whole.test_acc)


def test_a_schedule_of_another_length_is_refused(tmp_path):
    options = {"limit": 100, "device": "cpu", "seed": 0, "plot": False}
    options["checkpoint"] = tmp_path / "state.pt"
    train_recipe("lenet", "quick", num_epochs=1, **options)
    with pytest.raises(RuntimeError, match=r"scheduler\.total_steps 在检查点里是 1，现在是 2"):
        train_recipe("lenet", "quick", num_epochs=2, **options)


def closed_classes(net):
    X, _ = next(iter(load_data_fashion_mnist(500, 67, device="cpu", limit=500, seed=0)[0]))
    with torch.no_grad():
        return (net.eval()(X) == 0).all(dim=0).sum().item()


@pytest.mark.parametrize("seed", range(5))
def test_no_class_of_nin_starts_closed(seed):
    torch.manual_seed(seed)
    net = models.nin(width=0.25)
    initialize_nin(net)
    assert closed_classes(net) == 0
    initialize(net, "xavier")
    assert closed_classes(net) >= 3


def test_crops_and_flips_move_pixels_and_change_none():
    images = torch.randint(1, 256, (64, 1, 6, 5), dtype=torch.uint8)
    before = images.clone()
    moved = random_crop_and_flip(images, torch.Generator().manual_seed(0))
    assert moved.shape == images.shape and moved.dtype == torch.uint8
    assert torch.equal(images, before)
    padded = torch.nn.functional.pad(images, [2] * 4)
    seen = set()
    for image, frame in zip(moved, padded, strict=True):
        windows = {
            (top, left, flip): window.flip(-1) if flip else window
            for top in range(5)
            for left in range(5)
            for window in [frame[:, top : top + 6, left : left + 5]]
            for flip in (False, True)
        }
        matches = [key for key, window in windows.items() if torch.equal(image, window)]
        assert matches
        seen.add(matches[0])
    assert len({flip for *_, flip in seen}) == 2 and len(seen) > 20


def test_a_seed_decides_crops_and_flips():
    images = torch.randint(256, (8, 1, 28, 28), dtype=torch.uint8)
    first, again, other = (
        random_crop_and_flip(images, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_only_training_images_are_augmented():
    train, test = load_data_fashion_mnist(
        100, device="cpu", limit=100, augment=random_crop_and_flip
    )
    plain_train, plain_test = load_data_fashion_mnist(100, device="cpu", limit=100)
    assert torch.equal(next(iter(test))[0], next(iter(plain_test))[0])
    assert next(iter(train))[0].sum() != next(iter(plain_train))[0].sum()


def test_a_recipe_shows_what_is_not_default():
    recipe = Recipe(lr=0.1, batch_size=8, num_epochs=10, net={"width": 0.5})
    assert repr(recipe) == "Recipe(lr=0.1, batch_size=8, num_epochs=10, net={'width': 0.5})"
    for known in RECIPES.values():
        for recipe in known.values():
            assert eval(repr(recipe), {"Recipe": Recipe}) == recipe
