"""Whole-site search: what comes first, what is shown of it, and where it leads."""

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page

from conftest import SCHEMES
from site_search import plain
from test_accessibility import AXE, VIOLATIONS
from test_dark_mode import switch_to

# What a reader types, the page that teaches it, and the section there (or a part of its heading).
FIRST = [
    ("感受野", "receptive-field", "它看得见整只鞋吗"),
    ("receptive field", "receptive-field", "它看得见整只鞋吗"),
    ("感受野怎么算", "receptive-field", ""),
    ("步幅", "padding-and-stride", "步幅（stride）"),
    ("步长", "padding-and-stride", "步幅（stride）"),
    ("填充", "padding-and-stride", "填充（padding）"),
    ("空洞率", "padding-and-stride", "空洞率（dilation）"),
    ("膨胀卷积", "dilation-and-groups", "空洞卷积"),
    ("conv_output_size", "padding-and-stride", ""),
    ("卷积核为什么是奇数", "padding-and-stride", "核的边长为什么常取奇数"),
    ("can't be greater than actual input size", "padding-and-stride", "放不下的窗口"),
    ("1×1 卷积", "channels", "1×1 卷积"),
    ("1x1卷积", "channels", "1×1 卷积"),
    ("channels", "channels", ""),
    ("池化", "pooling", ""),
    ("汇聚层", "pooling", ""),
    ("maxpool2d", "pooling", ""),
    ("互相关", "cross-correlation", "写成代码"),
    ("corr2d", "cross-correlation", "写成代码"),
    ("学习率", "cross-correlation", "学习率能取多大"),
    ("滤波器", "cross-correlation", ""),
    ("反卷积", "conv-as-matmul", "转置"),
    ("im2col", "conv-as-matmul", "im2col"),
    ("权重共享", "why-convolution", ""),
    ("混淆矩阵", "lenet", "它错在哪里"),
    ("CrossEntropyLoss", "lenet", "训练"),
    ("dropout", "alexnet", "dropout"),
    ("为什么 3×3", "vgg", ""),
    ("GAP", "nin", "全局平均池化"),
    ("Inception", "googlenet", "Inception"),
    ("批量规范化", "batch-norm", ""),
    ("批归一化", "batch-norm", ""),
    ("BatchNorm", "batch-norm", ""),
    ("batch norm", "batch-norm", ""),
    ("resnet", "resnet", ""),
    ("残差", "resnet", "只学差多少"),
    ("skip connection", "resnet", "只学差多少"),
    ("瓶颈", "resnet", "瓶颈"),
    ("增长率", "densenet", "先用两个数试一遍"),
]
# What many pages say much of: among the first three.
AMONG_FIRST = [("nn.Conv2d", "why-convolution"), ("train_ch6", "lenet"), ("过拟合", "glossary")]
NONSENSE = ["", " ", "龘龘龘", ".*+?^${}()|[]\\", "“”", "🎉", "__proto__", "%E0%A4", "一" * 5000]

FIND = """(queries) => queries.map((query) => {
  const { pages, also, missing } = Search.find(query);
  const text = (pieces) => pieces?.map(([words]) => words).join("");
  const marks = (pieces) => pieces?.filter(([, mark]) => mark).map(([words]) => words);
  return {
    pages: pages.map(({ url, parts }) => ({
      url,
      parts: parts.map(({ kind, url, title, sentence }) =>
        ({ kind, url, title: text(title), sentence: text(sentence), marks: marks(sentence) })),
    })),
    also,
    missing,
  };
})"""


@pytest.fixture(params=SCHEMES)
def search(request: pytest.FixtureRequest, visit) -> Page:
    """The search page."""
    seen = visit(request.param, "search.html")
    yield seen.page
    assert seen.complaints == []


def key(text: str) -> str:
    """Letters, digits and characters alone: nn.Conv2d is nnconv2d."""
    return re.sub(r"[\W_]", "", text.lower().replace("×", "x"))


def test_ranking(search: Page) -> None:
    queries = [query for query, *_ in FIRST + AMONG_FIRST]
    found = dict(zip(queries, search.evaluate(FIND, queries), strict=True))
    pages = {query: [Path(page["url"]).stem for page in found[query]["pages"]] for query in queries}
    wrong = [query for query, page in AMONG_FIRST if page not in pages[query][:3]]
    for query, page, section in FIRST:
        title = found[query]["pages"][0]["parts"][0]["title"]
        if pages[query][0] != page or section not in title:
            wrong.append((query, pages[query][0], title))
    assert wrong == []


def test_each_sentence_holds_what_was_asked(search: Page) -> None:
    queries = [query for query, *_ in FIRST + AMONG_FIRST]
    for query, result in zip(queries, search.evaluate(FIND, queries), strict=True):
        names = [key(name) for name in (query, *result["also"])]
        for part in (part for page in result["pages"] for part in page["parts"]):
            if part["kind"] == "answer":
                assert part["sentence"] is None
            elif part["sentence"]:
                assert part["marks"], f"{query}: {part}"
                strange = [m for m in map(key, part["marks"]) if not any(m in n for n in names)]
                assert strange == [], f"{query}: {part}"


def test_every_result_leads_to_a_place_that_exists(visit, html: Path) -> None:
    (result,) = visit("http", "search.html").page.evaluate(FIND, ["卷积"])
    kinds = set()
    for page in result["pages"]:
        source = (html / page["url"]).read_text(encoding="utf-8")
        for part in page["parts"]:
            kinds.add(part["kind"])
            anchor = part["url"].partition("#")[2]
            assert not anchor or f'id="{anchor}"' in source, part["url"]
    assert kinds == {"page", "section", "term", "exercise", "answer"}


def test_nonsense_does_no_harm(search: Page) -> None:
    assert [result["pages"] for result in search.evaluate(FIND, NONSENSE)] == [[]] * len(NONSENSE)
    query = "<img src=x onerror=alert(1)> <b>卷积</b>"
    search.locator("#site-search input").fill(query)
    search.wait_for_selector("#search-results > li")
    assert search.locator("#search-results :is(img, b)").count() == 0
    assert "书里没有" in search.locator("#search-count").text_content()
    assert search.url.endswith(quote(query, safe="()"))


def test_typed_read_and_followed(search: Page) -> None:
    """By keyboard alone: type, step to the first section, go; there the words are marked."""
    keyboard, count = search.keyboard, search.locator("#search-count")
    keyboard.type("空洞率")  # the box has the focus
    search.wait_for_function("document.querySelector('#search-count').textContent")
    assert re.fullmatch(r"\d+ 页，\d+ 处。一并找了“dilation”.*。", count.text_content())
    assert count.get_attribute("role") == "status"
    link = search.locator("#search-results li li a").first
    for _ in range(4):
        if link.evaluate("(link) => link === document.activeElement"):
            break
        keyboard.press("Tab")
    keyboard.press("Enter")
    search.wait_for_url("**/padding-and-stride.html#*")
    heading = search.locator("section:target > h2")
    assert heading.text_content().startswith("空洞率（dilation）")
    search.wait_for_selector("section:target .highlighted")
    assert "空洞率" in search.locator("section:target .highlighted").all_text_contents()
    search.go_back()
    search.wait_for_selector("#search-results mark")
    assert search.locator("#site-search input").input_value() == "空洞率"


def test_an_answer_is_not_given_away(search: Page) -> None:
    search.locator("#site-search input").fill("平衡三进制")  # only a solution says it
    results = search.locator("#search-results")
    results.get_by_text("参考答案").click()
    search.wait_for_url("**/receptive-field.html#answer-*")
    details = search.locator(":target + details")
    assert details.get_attribute("open") is None
    assert "平衡三进制" in details.text_content()


def test_axe_finds_nothing(visit) -> None:
    page = visit("http", f"search.html?q={quote('卷积 conv2d')}").page
    page.add_script_tag(content=AXE.read_text(encoding="utf-8"))
    page.locator("#search-results summary").first.click()
    for theme in ("light", "dark"):
        switch_to(page, theme)
        assert page.evaluate(VIOLATIONS, "article") == [], theme
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate(VIOLATIONS, "article") == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"3\times k_h", "3×k_h"),
        (r"\lfloor (n+2p-k)/s\rfloor+1", "⌊(n+2p-k)/s⌋+1"),
        (r"\frac{1}{n}\sum_{i} x_i", "1/n∑_i x_i"),
        (r"-\ln p,\ \sigma\approx\sqrt{2/n}", "-ln p, σ≈√(2/n)"),
    ],
)
def test_formulas_read_as_written_by_hand(latex: str, text: str) -> None:
    assert plain(latex) == text
