"""The scripts and styles of explorers: once a site, and whole."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Route
from sphinx.errors import ExtensionError

from conftest import CHAPTERS
from d2lnotes.widgets import channel_explorer, conv_explorer, pool_explorer
from shared_widget_code import SEAM, digest_of, minified, share

PAGE = "chapters/convolution/padding-and-stride.html"
NAMED = re.compile(r'"_(?:esm|css)": \{"shared": \[([^\]]+)\]\}')
LOADED = re.compile(r'<script defer="defer" src="[^"]*/_static/widget-code/(\w+)\.js')
KEPT = re.compile(r'\(window\.widgetCode \?\?= \{\}\)\["(\w+)"\] = (.*);\n')


@pytest.fixture(scope="module")
def kept(html: Path) -> dict[str, str]:
    """What the site keeps, by digest."""
    texts = {}
    for file in html.glob("_static/widget-code/*.js"):
        digest, text = KEPT.fullmatch(file.read_text(encoding="utf-8")).groups()
        assert file.stem == digest
        texts[digest] = json.loads(text)
    return texts


def test_parts_are_kept_once_minified_and_named_by_what_they_were(kept: dict[str, str]) -> None:
    state = conv_explorer().view.get_state()
    for text in (state["_esm"], state["_css"]):
        for part in text.split(SEAM):
            assert len(kept[digest_of(part)]) < len(part)
    assert len(set(kept.values())) == len(kept)


def test_explorers_begin_with_the_same_part() -> None:
    explorers = [make() for make in (conv_explorer, pool_explorer, channel_explorer)]
    for name in ("_esm", "_css"):
        first = {getattr(explorer.view, name).split(SEAM)[0] for explorer in explorers}
        assert len(first) == 1, name


def test_pages_load_what_they_need_and_hold_none_of_it(html: Path, kept: dict[str, str]) -> None:
    named = set()
    for page in CHAPTERS:
        source = (html / page).read_text(encoding="utf-8")
        needed = set(re.findall(r"\w+", " ".join(NAMED.findall(source))))
        assert set(LOADED.findall(source)) == needed, page
        assert not [text for text in kept.values() if json.dumps(text)[1:200] in source], page
        named |= needed
    assert named == set(kept)


def test_a_page_without_the_file_says_so(visit) -> None:
    def leave_out(route: Route) -> None:
        html = re.sub(r"<script [^>]*widget-code[^>]*></script>", "", route.fetch().text())
        route.fulfill(body=html, content_type="text/html")

    seen = visit("http", PAGE, change=leave_out)
    assert "交互控件未能加载" in seen.page.locator(".widget-notice").first.inner_text()
    assert "widget-code" in " ".join(seen.complaints)


def state_of(**models: dict) -> str:
    """The JSON that MyST-NB writes for these models."""
    return json.dumps({"state": {name: {"state": state} for name, state in models.items()}})


def test_equal_texts_are_one_and_short_ones_stay() -> None:
    long = "export default 1;" * 100
    slim, texts = share(state_of(a={"_esm": long, "_css": ""}, b={"_esm": long}, c={"value": long}))
    assert list(texts.values()) == [(long, "js")]
    models = {name: model["state"] for name, model in json.loads(slim)["state"].items()}
    assert models["a"] == {"_esm": {"shared": list(texts)}, "_css": ""}
    assert models["b"]["_esm"] == models["a"]["_esm"]
    assert models["c"]["value"] == long


@pytest.mark.parametrize("text", ["</script><script>", "</SCRIPT >", "<!--<script>", "\u2028'\"\\"])
def test_no_text_ends_the_script_that_holds_it(text: str) -> None:
    slim, _ = share(state_of(a={"description": text}))
    assert "<" not in slim
    assert json.loads(slim)["state"]["a"]["state"]["description"] == text


def test_a_script_that_cannot_be_read_fails_the_build() -> None:
    with pytest.raises(ExtensionError, match="terser cannot read an explorer's js"):
        minified("export default {", "js")
