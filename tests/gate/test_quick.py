"""Each ``quick`` recipe, trained once: no NaN, no collapse, a figure inside its recorded band.

Not part of ``make test``: it takes minutes. Run by ``make gate``.
"""

import pytest

from d2lnotes.recipes import RECIPES, train_recipe
from d2lnotes.results import not_recorded, results

FLOOR = 0.88
# Another processor rounds sums otherwise, which is like another seed; five seeds do not span all.
MARGIN = 0.005


@pytest.mark.parametrize("model", RECIPES)
def test_quick(model):
    _, history = train_recipe(model, "quick", device="cpu", seed=0, plot=False)
    accuracy = history.test_acc[-1]
    print(f"{model}: {accuracy:.4f} in {sum(history.seconds):.0f} s")
    assert accuracy >= FLOOR
    recorded = results(model, "quick")
    assert recorded, not_recorded(model, "quick")
    assert not recorded.changed
    assert recorded.min - MARGIN <= accuracy <= recorded.max + MARGIN
