"""The built site over http and as files, in a real browser that reaches no other host."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Response,
    Route,
    TimeoutError,
    sync_playwright,
)
from sphinx_external_toc.parsing import parse_toc_yaml

import browser as browser_finder

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / "_build" / "html"
CHAPTERS = [f"{name}.html" for name in parse_toc_yaml(ROOT / "_toc.yml")]
PAGES = [*CHAPTERS, "search.html", "genindex.html"]
SCHEMES = ["http", "file"]
SUB_PATH = "/class/cnn/"  # where the site lies on its server: nothing may ask for /…
READY = "document.documentElement.dataset.bookWidgets === 'ready'"


@pytest.fixture(scope="session")
def html() -> Path:
    """The folder of the built site."""
    if not (HTML / "search.html").is_file():
        pytest.fail("没有建好的站点：请先运行 make book", pytrace=False)
    return HTML


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium; where there is none the test fails and says how to get one."""
    try:
        path = browser_finder.find()
    except FileNotFoundError as error:
        pytest.fail(str(error), pytrace=False)
    if path is None:
        pytest.fail(browser_finder.HOW_TO, pytrace=False)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=browser_finder.FLAGS)
        yield chromium
        chromium.close()


class SubPathHandler(SimpleHTTPRequestHandler):
    """Serves files below SUB_PATH and nothing elsewhere, without a line of log for each."""

    def translate_path(self, path: str) -> str:
        """The file of an address; one that is not there for addresses outside."""
        inside = path.startswith(SUB_PATH)
        return super().translate_path(path[len(SUB_PATH) :] if inside else "/outside/the/site")

    def log_message(self, *args: object) -> None:
        """Says nothing."""


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serves a folder over http below a sub-path, as a teacher's web server may; gives its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SubPathHandler, directory=folder))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}{SUB_PATH}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def addresses(html: Path) -> Iterator[dict[str, str]]:
    """Where the site begins, by scheme; each ends with a slash."""
    with serve(html) as address:
        yield {"http": address, "file": f"{html.as_uri()}/"}


@dataclass
class Visit:
    """One page opened in a fresh context, with all that went wrong on it so far."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)

    def watch(self) -> None:
        """Notes errors, failures and every request that leaves the site; the latter get nothing."""
        self.page.route(
            re.compile(f"^https?://(?!{re.escape(self.base[7:])})"), lambda r: r.abort()
        )
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("requestfailed", lambda r: self.complaints.append(f"failed: {r.url}"))
        self.page.on("request", self._request)
        self.page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"console: {message.text}")

    def _request(self, request: object) -> None:
        if not request.url.startswith((self.base, "data:", "blob:")):
            self.complaints.append(f"outside: {request.url}")

    def _response(self, response: Response) -> None:
        self.responses.append(response)
        if response.status >= 400:
            self.complaints.append(f"{response.status}: {response.url}")

    def settle(self) -> None:
        """Waits until widgets are drawn and nothing is asked for any more."""
        self.page.wait_for_load_state("networkidle")
        if self.page.locator('script[src*="book-widgets.js"]').count():
            try:
                self.page.wait_for_function(READY, timeout=15_000)
            except TimeoutError:
                self.complaints.append("widgets: not ready after 15 s")
        self.page.wait_for_load_state("networkidle")


@pytest.fixture(scope="session")
def visit(browser: Browser, addresses: dict[str, str]) -> Iterator[Callable[..., Visit]]:
    """Opens a page: `visit("http", "intro.html")`; `change` may serve other HTML in its place.

    In place of a scheme, an address opens a site that lies elsewhere.
    """
    contexts = []

    def open_page(scheme: str, name: str, change: Callable[[Route], None] | None = None) -> Visit:
        while contexts:  # one at a time is enough
            contexts.pop().close()
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        contexts.append(context)
        seen = Visit(context.new_page(), addresses.get(scheme, scheme))
        seen.watch()
        if change:
            seen.page.route(seen.base + name, change)
        seen.page.goto(seen.base + name)
        seen.settle()
        return seen

    yield open_page
    for context in contexts:
        context.close()


# A model as anywidget hands it to `render`; it counts its listeners.
MODEL = """
window.shown = [];
window.show = async (state, host = document.body) => {
  const listeners = {};
  const model = {
    get: (name) => state[name],
    set(name, value) {
      if (JSON.stringify(state[name]) === JSON.stringify(value)) return;
      state[name] = value;
      for (const listener of [...(listeners[`change:${name}`] ?? [])]) listener();
    },
    on: (event, listener) => (listeners[event] ??= []).push(listener),
    off: (event, listener) => {
      listeners[event] = listeners[event].filter((other) => other !== listener);
    },
    saved: 0,
    save_changes() { this.saved += 1; },
  };
  const el = document.createElement("div");
  host.append(el);
  const source = new Blob([state._esm], { type: "text/javascript" });
  const { default: widget } = await import(URL.createObjectURL(source));
  const cleanup = widget.render({ model, el });
  const root = (el.shadowRoot ?? el).querySelector("[data-widget]");
  window.shown.push({ model, el, cleanup, listeners, root });
};
"""


@pytest.fixture
def show(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Shows explorers made in Python on a bare page of the book, with no Jupyter around them.

    `page = show(conv_explorer(), width=320, hash="#conv-explorer?stride=2", color_scheme="dark")`;
    in the page `shown[i]` has model, el, root and cleanup. An error in the page fails the test.
    """
    contexts, faults = [], []

    def open_page(*explorers: object, width: int = 1000, hash: str = "", **options) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        css = "".join(sorted({explorer.view._css for explorer in explorers}))
        head = f'<meta charset="utf-8"><link rel="icon" href="data:,"><style>{css}</style>'
        html = f'<!doctype html><html lang="zh" data-book-widgets="ready">{head}<body></body>'
        context.route("**/*", lambda route: route.fulfill(content_type="text/html", body=html))
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(f"error: {error}"))
        page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
        page.goto(f"https://explorer.test/{hash}")
        page.add_script_tag(content=MODEL)
        for explorer in explorers:
            state = explorer.view.get_state()
            plain = {k: v for k, v in state.items() if k not in ("layout", "tooltip")}
            page.evaluate("state => show(state)", plain)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults
