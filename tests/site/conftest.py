"""The built site over http and as files, in a real browser that reaches no other host."""

import re
import threading
from collections.abc import Callable, Iterator
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
READY = "document.documentElement.dataset.bookWidgets === 'ready'"
FLAGS = [
    "--no-sandbox",  # in a container we are root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


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
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files without a line of log for each."""

    def log_message(self, *args: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="session")
def addresses(html: Path) -> Iterator[dict[str, str]]:
    """Where the site begins, by scheme; each ends with a slash."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=html))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield {"http": f"http://127.0.0.1:{server.server_port}/", "file": f"{html.as_uri()}/"}
    server.shutdown()
    thread.join()
    server.server_close()


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
        """Waits until widgets and formulas are drawn and nothing is asked for any more."""
        self.page.wait_for_load_state("networkidle")
        if self.page.locator('script[src*="book-widgets.js"]').count():
            try:
                self.page.wait_for_function(READY, timeout=15_000)
            except TimeoutError:
                self.complaints.append("widgets: not ready after 15 s")
        self.page.evaluate("() => window.MathJax?.startup?.promise")
        self.page.wait_for_load_state("networkidle")


@pytest.fixture(scope="session")
def visit(browser: Browser, addresses: dict[str, str]) -> Iterator[Callable[..., Visit]]:
    """Opens a page: `visit("http", "intro.html")`; `change` may serve other HTML in its place."""
    contexts = []

    def open_page(scheme: str, name: str, change: Callable[[Route], None] | None = None) -> Visit:
        while contexts:  # one at a time is enough
            contexts.pop().close()
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        contexts.append(context)
        seen = Visit(context.new_page(), addresses[scheme])
        seen.watch()
        if change:
            seen.page.route(addresses[scheme] + name, change)
        seen.page.goto(addresses[scheme] + name)
        seen.settle()
        return seen

    yield open_page
    for context in contexts:
        context.close()
