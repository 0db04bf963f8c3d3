"""The explorers in JupyterLab, with a kernel: the steps of the static page, and Python's side."""

import re
import sys
import time
from collections.abc import Iterator

import nbformat
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

import jupyterlab_server
from test_explorer import drive, handles, hosts

CELLS = (
    "from d2lnotes.widgets import conv_explorer\n\nexplorer = conv_explorer()\nexplorer",
    "explorer",
)
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
        expect(views(page)).to_have_count(2, timeout=60_000)
        yield page
        page.close()
    assert faults == []


def views(page: Page) -> Locator:
    """The pictures of the explorer, in the order of the cells."""
    return page.locator('[data-widget="conv-explorer"]')


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


def test_output_size_is_what_torch_says(lab: Page) -> None:
    drive(lab, hosts(lab, ".jp-OutputArea-output").first)
    first, second = (view.get_attribute("data-state") for view in views(lab).all())
    assert first == second


def test_python_hears_the_sliders(lab: Page) -> None:
    stride = handles(hosts(lab, ".jp-OutputArea-output").first)["stride"]
    for key, wanted in [("End", "aria-valuemax"), ("Home", "aria-valuemin")]:
        stride.press(key)
        value = str(int(float(stride.get_attribute(wanted))))
        wait_for_print(lab, "print(explorer.view.stride)", value)
        wait_for_print(lab, 'print(explorer.sliders["stride"].value)', value)


def test_the_picture_hears_python(lab: Page) -> None:
    for value in (2, 3):
        assert run(lab, f'explorer.sliders["stride"].value = {value}') == ""
        for view in views(lab).all():
            expect(view).to_have_attribute("data-state", re.compile(rf'"stride":{value}\b'))
        wait_for_print(lab, "print(explorer.view.stride)", str(value))
