"""The explorers in JupyterLab, with a kernel: the steps of the static page, and Python's side."""

import re
import sys
import time
from collections.abc import Iterator

import nbformat
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

import jupyterlab_server
from drives import EXPLORERS, drive, handles, hosts, state_of, values

MAKE = """from torch import nn
from d2lnotes.widgets import *
explorers = {
    "conv-explorer": conv_explorer(),
    "pool-explorer": pool_explorer(),
    "channel-explorer": channel_explorer(),
    "receptive-field-explorer": receptive_field_explorer(),
}
explorer = explorers["conv-explorer"]
"""
CELLS = (MAKE + "explorer", "explorer", *(f'explorers["{name}"]' for name in EXPLORERS))
OUTPUT = ".jp-OutputArea-output"
OPENED = "window.jupyterapp?.shell.currentWidget?.context?.isReady"
RUN_ALL = """async () => {
  const { commands, restored, shell } = window.jupyterapp;
  await restored;
  await shell.currentWidget.sessionContext.ready;
  await commands.execute("notebook:run-all-cells");
}"""
RUN = """async (code) => {
  const { commands, shell } = window.jupyterapp;
  const notebook = shell.currentWidget.content;
  notebook.activeCellIndex = notebook.widgets.length - 1;
  await commands.execute("notebook:insert-cell-below");
  const { model } = notebook.activeCell;
  model.sharedModel.setSource(code);
  await commands.execute("notebook:run-cell");
  return model.outputs.toJSON().map((output) => output.text ?? output.traceback).join("");
}"""


@pytest.fixture(scope="module")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A notebook with two views of one explorer, after Run All Cells."""
    folder = tmp_path_factory.mktemp("lab")
    faults = []

    def refuse(route: Route) -> None:
        faults.append(f"outside: {route.request.url}")
        route.abort()

    with jupyterlab_server.running(folder) as address:
        cells = [nbformat.v4.new_code_cell(code) for code in CELLS]
        kernel = {"name": jupyterlab_server.KERNEL, "display_name": jupyterlab_server.KERNEL}
        notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
        nbformat.write(notebook, folder / "notebooks/live.ipynb")
        page = browser.new_page(viewport={"width": 1280, "height": 1400})
        page.set_default_timeout(60_000)
        page.route(re.compile(r"^https?://(?!127\.0\.0\.1:)"), refuse)
        page.on("pageerror", lambda error: faults.append(f"script: {error}"))
        page.goto(address % "live.ipynb")
        page.wait_for_function(OPENED)
        page.evaluate(RUN_ALL)
        expect(page.locator("[data-widget]")).to_have_count(len(CELLS), timeout=60_000)
        yield page
        page.close()
    assert faults == []


def views(page: Page, widget: str = "conv-explorer") -> Locator:
    """The pictures of an explorer, in the order of the cells."""
    return page.locator(f'[data-widget="{widget}"]')


def sliders_of(page: Page) -> dict[str, Locator]:
    """The slider handles of the convolution explorer, by label."""
    return handles(hosts(page, "conv-explorer", OUTPUT).first)


def run(page: Page, code: str) -> str:
    """Runs code in a new last cell; returns what it prints."""
    return page.evaluate(RUN, code)


def wait_for_print(page: Page, code: str, wanted: str) -> None:
    """Runs a cell until it prints this: what the browser says may arrive after the cell began."""
    deadline = time.monotonic() + 10
    while (printed := run(page, code).strip()) != wanted:
        assert time.monotonic() < deadline, f"{code} printed {printed}, not {wanted}"


def test_the_kernel_is_this_python(lab: Page) -> None:
    code = "import sys, ipywidgets\nprint(sys.executable, ipywidgets.__version__)"
    python, version = run(lab, code).split()
    assert python == sys.executable
    assert version.startswith("8.")


@pytest.mark.parametrize("widget", EXPLORERS)
def test_explorers_say_what_torch_says(lab: Page, widget: str) -> None:
    drive(lab, hosts(lab, widget, OUTPUT).first, widget)
    for view in views(lab, widget).all()[1:]:
        assert state_of(view) == state_of(views(lab, widget).first)


def test_sliders_have_names(lab: Page) -> None:
    for label, slider in sliders_of(lab).items():
        assert slider.get_attribute("aria-label") == label


def test_python_hears_the_sliders(lab: Page) -> None:
    stride = sliders_of(lab)["步幅 s"]
    for key, wanted in [("End", "aria-valuemax"), ("Home", "aria-valuemin")]:
        stride.press(key)
        value = str(int(float(stride.get_attribute(wanted))))
        wait_for_print(lab, "print(explorer.stride)", value)
        wait_for_print(lab, "print(explorer.view.stride)", value)
        wait_for_print(lab, 'print(explorer.sliders["stride"].value)', value)


def test_python_hears_what_is_typed(lab: Page) -> None:
    run(lab, "explorer.kernel_size = 2; explorer.dilation = 1; explorer.padding = 0")
    view = views(lab).first
    cell = view.locator('[data-grid="kernel"][data-row="0"][data-col="0"]')
    expect(view.locator("[data-grid=kernel]")).to_have_count(4)
    cell.focus()
    lab.keyboard.press("Enter")
    lab.keyboard.type("7.5")
    lab.keyboard.press("Enter")
    wait_for_print(lab, "print(explorer.to_module().weight[0, 0, 0, 0].item())", "7.5")


def test_the_picture_hears_python(lab: Page) -> None:
    for value in (2, 3):
        assert run(lab, f"explorer.stride = {value}") == ""
        for view in views(lab).all():
            expect(view).to_have_attribute("data-state", re.compile(rf'"stride":{value}\b'))
        wait_for_print(lab, "print(explorer.view.stride)", str(value))


def test_the_view_alone_may_be_set_too(lab: Page) -> None:
    run(lab, "explorer.view.stride = 1; explorer.view.padding_mode = 'circular'")
    for view in views(lab).all():
        expect(view).to_have_attribute("data-state", re.compile(r'"padding_mode":"circular"'))
    wait_for_print(lab, 'print(explorer.sliders["stride"].value)', "1")


def test_explain_opens_the_readers_own_layer(lab: Page) -> None:
    assert "Error" not in run(lab, "mine = nn.Conv2d(1, 1, 2)\nexplain(mine)")
    view = views(lab).last
    shown = values(view, "kernel").tolist()
    assert shown == pytest.approx(eval(run(lab, "print(mine.weight.flatten().tolist())")), abs=1e-6)
