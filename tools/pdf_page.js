// Makes a page of the site a chapter of the PDF: answers go to its end, explorers become figures.
// Returns its title and its headings as { title, headings: [{ level, text, id }] }.
() => {
  const article = document.querySelector("article.bd-article");

  function words(node) {
    const copy = node.cloneNode(true);
    for (const mark of copy.querySelectorAll(".headerlink")) mark.remove();
    return copy.textContent.replace(/\s+/g, " ").trim();
  }

  /** The question that an answer belongs to, "3. 猜一猜：输出多大。", or else its section. */
  function question(answer) {
    const section = answer.closest("section");
    const before = (node) => node.compareDocumentPosition(answer) & Node.DOCUMENT_POSITION_FOLLOWING;
    const numbered = [...section.querySelectorAll("p > strong:first-child")].filter(
      (node) => before(node) && /^\d+\./.test(node.textContent),
    );
    return words(numbered.at(-1) ?? section.querySelector("h1, h2, h3, h4"));
  }

  function link(text, id) {
    const line = document.createElement("p");
    line.className = "answer-link";
    const a = document.createElement("a");
    a.href = `#${id}`;
    a.textContent = text;
    line.append(a);
    return line;
  }

  const answers = [...article.querySelectorAll("details")].filter((block) =>
    block.querySelector("summary").textContent.includes("答案"),
  );
  if (answers.length) {
    const end = document.createElement("section");
    end.id = "answers";
    end.innerHTML = "<h2>参考答案</h2>";
    answers.forEach((answer, n) => {
      const lead = document.createElement("p");
      lead.id = `answer-${n + 1}`;
      lead.className = "answer-lead";
      lead.innerHTML = "<strong></strong>";
      lead.firstChild.textContent = question(answer);
      answer.querySelector("summary").remove();
      answer.before(link("参考答案见本章末尾", lead.id));
      end.append(lead, ...answer.childNodes);
      answer.remove();
    });
    article.querySelector("section").append(end);
  }

  // To a screen reader one picture with its setting, not a hundred cells.
  for (const explorer of article.querySelectorAll("[data-widget]")) {
    const picture = explorer.querySelector(".dx-boards, .dx-channels, .rf-strips");
    const code = explorer.querySelector("code.dx-code")?.textContent ?? "";
    picture.setAttribute("role", "img");
    picture.setAttribute("aria-label", `${explorer.getAttribute("aria-label")} ${code}`.trim());
  }

  // Chromium gives a place in the PDF only to what some link of the page leads to.
  const links = document.createElement("nav");
  links.style.display = "none";
  links.append(...[...article.querySelectorAll(":not(svg *)[id]")].map(({ id }) => link("", encodeURIComponent(id))));
  document.body.append(links);

  const printed = [...article.querySelectorAll("h2, h3")].filter((heading) => heading.checkVisibility());
  const headings = printed.map((heading) => ({
    level: Number(heading.localName[1]),
    text: words(heading),
    id: encodeURIComponent(heading.closest("section").id),
  }));
  return { title: words(article.querySelector("h1")), headings };
}
