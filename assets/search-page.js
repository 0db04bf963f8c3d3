// Shows what search.js finds while one types; the address keeps the query, for a reload and for Back.
{
  const box = document.querySelector("#site-search input");
  const list = document.querySelector("#search-results");
  const count = document.querySelector("#search-count");
  const AT_ONCE = 3; // parts of a page that are shown unfolded

  const element = (tag, children, attributes = {}) => {
    const made = Object.assign(document.createElement(tag), attributes);
    made.append(...children);
    return made;
  };
  const words = (pieces) => pieces.map(([text, mark]) => (mark ? element("mark", [text]) : text));

  const part = ({ kind, url, title, sentence, code }) =>
    element("li", [
      ...(kind === "page" ? [] : [element("a", words(title), { href: url })]),
      ...(sentence ? [element("p", code ? [element("code", words(sentence))] : words(sentence))] : []),
    ]);

  const page = ({ url, title, parts }) => {
    const items = parts.filter(({ kind, sentence }) => kind !== "page" || sentence).map(part);
    const rest = items.splice(AT_ONCE);
    const folded = rest.length
      ? [element("details", [element("summary", [`这一页还有 ${rest.length} 处`]), element("ul", rest)])]
      : [];
    const heading = element("h2", [element("a", words(title), { href: url })]);
    return element("li", [heading, element("ul", items), ...folded]);
  };

  /** What there is to say in words, for the eye and for a screen reader. */
  const summary = (query, { pages, also, missing }) => {
    if (!query) return "";
    const quoted = (names) => names.map((name) => `“${name}”`).join("、");
    const places = pages.reduce((sum, { parts }) => sum + parts.length, 0);
    const sentences = [];
    if (pages.length) sentences.push(`${pages.length} 页，${places} 处。`);
    if (also.length) sentences.push(`一并找了${quoted(also)}。`);
    if (missing.length) sentences.push(`书里没有${quoted(missing)}${pages.length ? "，找的是其余的词" : ""}。`);
    else if (!pages.length) sentences.push("没有可以找的字：请输入汉字、英文或者代码里的名字。");
    return sentences.join("");
  };

  const show = () => {
    const query = box.value.trim();
    const found = Search.find(query);
    list.replaceChildren(...found.pages.map(page));
    count.textContent = summary(query, found);
    history.replaceState(null, "", query ? `?q=${encodeURIComponent(query)}` : location.pathname);
  };

  // The page that a result leads to marks the words that are marked here (Sphinx's sphinx_highlight.js).
  const remember = ({ target }) => {
    const item = target.closest("a") && target.closest("li");
    if (!item) return;
    const marks = [...item.querySelectorAll("mark")].map(({ textContent }) => textContent);
    const terms = new Set(marks.filter((mark) => !/\s/.test(mark)));
    localStorage.setItem("sphinx_highlight_terms", [...terms].join(" "));
  };

  let waiting = 0;
  box.addEventListener("input", ({ isComposing }) => {
    clearTimeout(waiting);
    if (!isComposing) waiting = setTimeout(show, 150);
  });
  box.addEventListener("compositionend", show);
  list.addEventListener("click", remember);
  list.addEventListener("auxclick", remember); // the middle button
  box.value = new URLSearchParams(location.search).get("q") ?? "";
  if (box.value) show();
  else box.focus();
}
