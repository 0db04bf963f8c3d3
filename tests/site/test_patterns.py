"""The numbers an explorer shows of itself are the same in the browser and in Python."""

import pytest
import torch

from d2lnotes.widgets import conv_explorer

# What the drawn cells hold, in the order of rows and columns; holes of the kernel hold nothing.
VALUES = """([grid, real]) => [...shown[0].root.querySelectorAll(`[data-grid="${grid}"]`)]
  .filter((cell) => cell.dataset.value !== undefined && !(real && cell.dataset.pad))
  .map((cell) => Number(cell.dataset.value))"""


@pytest.mark.parametrize(
    ("setting", "shown_in", "shown_out"),
    [
        ({}, 0, 0),
        ({"input_size": (9, 14), "kernel_size": (4, 5), "padding": 2, "dilation": 2}, 0, 0),
        ({"in_channels": 3, "out_channels": 4, "stride": 2, "padding": (0, 1)}, 2, 3),
        ({"in_channels": 4, "out_channels": 6, "groups": 2, "padding": "same"}, 3, 5),
        ({"input_size": 32, "kernel_size": 15}, 0, 0),
        ({"transposed": True, "stride": 2, "output_padding": 1, "padding": 1}, 0, 0),
        ({"transposed": True, "in_channels": 4, "out_channels": 4, "groups": 2}, 3, 2),
    ],
    ids=str,
)
def test_the_pattern_is_the_same_in_python(show, setting, shown_in, shown_out) -> None:
    explorer = conv_explorer(**setting)
    module, image = explorer.to_module(), explorer.input_tensor()
    page = show(explorer, hash=f"#conv-explorer?shown_in={shown_in}&shown_out={shown_out}")
    page.wait_for_function(
        """([i, o]) => {
          const state = JSON.parse(shown[0].root.dataset.state);
          return state.shown_in === i && state.shown_out === o;
        }""",
        arg=[shown_in, shown_out],
    )
    groups = module.groups
    if module.transposed:
        weight = module.weight[shown_in, shown_out % (module.out_channels // groups)]
    else:
        weight = module.weight[shown_out, shown_in % (module.in_channels // groups)]
    assert page.evaluate(VALUES, ["input", True]) == image[0, shown_in].flatten().tolist()
    assert page.evaluate(VALUES, ["kernel", False]) == weight.flatten().tolist()
    with torch.no_grad():
        output = module(image)[0, shown_out]
    drawn = torch.tensor(page.evaluate(VALUES, ["output", False]), dtype=torch.float32)
    torch.testing.assert_close(drawn, output.flatten())
