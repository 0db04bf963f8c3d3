// Searches BOOK, which sphinx_ext/site_search.py writes; search-page.js shows what is found.
//
// The book is half a megabyte of text, so each query reads it from end to end. That finds Chinese as
// it stands: nothing is cut into words, except what the book does not hold in one piece.
const Search = (() => {
  const TOKEN = /\p{Script=Han}+|(?:(?!\p{Script=Han})[\p{L}\p{N}])+/gu;
  const HAN = /^\p{Script=Han}+$/u;
  const GAP = "[^\\p{L}\\p{N}]{0,3}"; // what may stand between two tokens: a dot, a space, quotes
  const LONGEST = 100; // characters of a query that are read, and of a sentence that are shown

  /** Runs of Chinese and runs of other letters and digits. */
  const tokens = (text) =>
    text.normalize("NFKC").toLowerCase().replaceAll("×", "x").match(TOKEN) ?? [];
  /** The same for batch norm, batch_norm and BatchNorm. */
  const key = (text) => tokens(text).join("");

  // ---- The book ------------------------------------------------------------------------------
  const pages = BOOK.pages.map(([title, url]) => ({ title, url }));
  const parts = BOOK.parts.map(([page, kind, title, anchor, text]) => ({
    page: pages[page],
    kind,
    title,
    text,
    url: pages[page].url + (kind === "page" ? "" : `#${anchor}`),
    name: title.split("：")[0].replace(/（.*?）/g, ""), // 步幅（stride）：一步跨几格 is about 步幅
  }));
  const meanLength = parts.reduce((sum, { text }) => sum + text.length, 0) / parts.length;
  const conceptOf = new Map(); // from every name
  for (const [names, taught] of BOOK.concepts) {
    for (const name of names) {
      if (!conceptOf.has(key(name))) conceptOf.set(key(name), { names, taught });
    }
  }
  const chineseNames = [...conceptOf.keys()]
    .filter((name) => HAN.test(name) && name.length > 1)
    .sort((a, b) => b.length - a.length);

  // ---- Where a text holds a name -----------------------------------------------------------------
  /** A pattern of letters and digits alone, so nothing typed has a meaning of its own in it. */
  const pattern = (name) =>
    tokens(name).map((token) => token.replace(/(\d)x(?=\d)/g, "$1[x×]")).join(GAP);

  const letter = (sign) =>
    /[a-z]/.test(sign) ? "lower" : /[A-Z]/.test(sign) ? "upper" : /\d/.test(sign) ? "digit" : "";
  /** Whether two neighbours belong to one word; nn.MaxPool2d is of nn, Max, Pool, 2 and d. */
  const joined = (a = "", b = "") =>
    letter(a) !== "" && (letter(a) === letter(b) || (letter(a) === "upper" && letter(b) === "lower"));

  /** Every place of a name, as a whole word (weight 1) or at the beginning of one (0.5). */
  function* places(text, regex) {
    for (const { 0: match, index } of text.matchAll(regex)) {
      const end = index + match.length;
      if (joined(text[index - 1], match[0])) continue;
      const goesOn = joined(match.at(-1), text[end]);
      if (goesOn && (match.length === 1 || letter(text[end]) === "digit")) continue;
      yield { start: index, end, weight: goesOn ? 0.5 : 1 };
    }
  }

  // ---- What is asked -----------------------------------------------------------------------------
  /** One thing to look for, as typed and under its other names, and how much each part has of it. */
  function unit(names, { concept = null, weight = 1 } = {}) {
    const regex = new RegExp(names.map(pattern).sort((a, b) => b.length - a.length).join("|"), "giu");
    const found = parts.map(({ text, name }) => {
      let inText = 0;
      let inName = 0;
      for (const { weight } of places(text, regex)) inText += weight;
      for (const { start, end, weight } of places(name, regex)) {
        inName = Math.max(inName, (weight * (end - start)) / name.length);
      }
      return { inText, inName };
    });
    const count = found.filter(({ inText, inName }) => inText || inName).length;
    const rarity = weight * Math.log(1 + (parts.length - count + 0.5) / (count + 0.5)); // as BM25 has it
    // Who asks for a name wants to read what it is: def corr2d(…), 步幅（stride）, or where it is met first.
    const name = `(${regex.source})`;
    const defined = new RegExp(`^\\t(def|class) ${name}[(:]|${name}（[^）]*${name}`, "imu");
    const first = found.findIndex(({ inText }, index) => inText && parts[index].kind === "section");
    const bonus = (index) =>
      7 * (index === concept?.taught) + 0.7 * (index === first) + 2 * defined.test(parts[index].text);
    return { names, regex, found, count, rarity, bonus };
  }

  function conceptUnit(typed) {
    const concept = conceptOf.get(key(typed)) ?? conceptOf.get(key(typed).replace(/s$/, ""));
    if (!concept) return null;
    const others = concept.names.filter((name) => name.length > 1 && key(name) !== key(typed));
    return unit([typed, ...others], { concept, weight: 1.5 });
  }

  /** With the glossary's other names in it: 汇聚层 is also looked for as 池化层. */
  function otherwise(typed) {
    const name = chineseNames.find((name) => typed.includes(name));
    const others = name ? conceptOf.get(name).names.filter((other) => HAN.test(other)) : [];
    return others
      .filter((other) => other.length > 1 && other !== name)
      .map((other) => typed.replace(name, other));
  }

  /** The units of something typed without a space: one where the book holds it, else its pieces. */
  function unitsOf(typed, missing) {
    const whole = conceptUnit(typed) ?? unit([typed, ...otherwise(typed)]);
    if (whole.count) return [whole];
    const pieces = tokens(typed);
    if (pieces.length > 1) return pieces.flatMap((piece) => unitsOf(piece, missing));
    missing.push(typed.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, ""));
    return HAN.test(typed) ? cut(typed) : [];
  }

  /** Chinese that the book does not hold in one piece: names of the glossary, else pairs. */
  function cut(run) {
    const name = chineseNames.find((name) => run.includes(name));
    if (name) {
      const [before, after] = [run.slice(0, run.indexOf(name)), run.slice(run.indexOf(name) + name.length)];
      return [...cut(before), conceptUnit(name), ...cut(after)].filter(({ count }) => count);
    }
    const pairs = Array.from({ length: Math.max(0, run.length - 1) }, (_, i) => run.slice(i, i + 2));
    return pairs.map((pair) => unit([pair], { weight: 0.5 })).filter(({ count }) => count);
  }

  function read(query) {
    const typed = query.slice(0, LONGEST).split(/\s+/).filter((word) => tokens(word).length);
    const units = [];
    const missing = [];
    for (let i = 0, n; i < typed.length; i += n) {
      let found = null; // the longest name that begins here: receptive field
      for (n = Math.min(4, typed.length - i); n > 0 && !found; n--) {
        found = conceptUnit(typed.slice(i, i + n).join(" "));
      }
      n += 1;
      units.push(...(found?.count ? [found] : unitsOf(typed[i], missing)));
    }
    return { units, missing, phrase: new RegExp(pattern(typed.join(" ")), "giu") };
  }

  // ---- How well a part answers -------------------------------------------------------------------
  const KIND = { page: 1.3, section: 1, term: 1.15, exercise: 0.7, answer: 0.3 };
  const APPENDIX = 0.7; // chapters teach; the appendix looks back at them

  function score(index, { units, phrase }) {
    const { text, kind, url } = parts[index];
    let sum = 0;
    let covered = 0;
    for (const { found, rarity, bonus } of units) {
      const { inText, inName } = found[index];
      if (!inText && !inName) continue;
      covered += rarity;
      const often = (2.2 * inText) / (inText + 0.7 + 0.5 * (text.length / meanLength)); // BM25
      sum += rarity * (often + 4 * inName + bonus(index));
    }
    const all = units.reduce((total, { rarity }) => total + rarity, 0);
    const near = units.length > 1 && !places(text, phrase).next().done ? 2 : 1;
    const weight = KIND[kind] * (url.includes("/appendix/") ? APPENDIX : 1);
    return { value: sum * (covered / all) ** 2 * near * weight, share: covered / all };
  }

  /** The line or sentence that says most of what was asked; null where only the heading does. */
  function sentence(text, { units, phrase }) {
    let best = null;
    for (const line of text.split("\n")) {
      const code = line.startsWith("\t");
      for (const words of code ? [line.slice(1)] : line.match(/[^。！？]+[。！？”）]*/g) ?? []) {
        let value = 0;
        for (const { names, regex, rarity } of units) {
          const held = [...places(words, regex)].map(({ start, end }) => key(words.slice(start, end)));
          const different = Math.min(3, new Set(held).size); // 步幅（stride） says what is what
          const typed = held.includes(key(names[0]));
          if (different) value += rarity * (0.7 + 0.3 * different + 0.3 * typed);
        }
        if (units.length > 1 && !places(words, phrase).next().done) value *= 1.5;
        if (code && !/^(def|class) /.test(words)) value *= 0.9;
        if (value > (best?.value ?? 0)) best = { value, words: words.trim(), code };
      }
    }
    return best;
  }

  // ---- What is shown -----------------------------------------------------------------------------
  /** A text in pieces: [["一个", false], ["感受野", true]]; a long one is cut around its first mark. */
  function marked(text, units, longest = Infinity) {
    const marks = new Array(text.length).fill(false);
    for (const { regex } of units) {
      for (const { start, end } of places(text, regex)) marks.fill(true, start, end);
    }
    const spare = Math.max(0, text.length - longest); // characters that must go
    const from = Math.min(spare, Math.max(0, marks.indexOf(true) - Math.round(longest / 3)));
    const to = text.length - spare + from;
    const pieces = from ? [["…", false]] : [];
    for (let i = from, j; i < to; i = j) {
      for (j = i; j < to && marks[j] === marks[i]; j++);
      pieces.push([text.slice(i, j), marks[i]]);
    }
    return to < text.length ? [...pieces, ["…", false]] : pieces;
  }

  /** All that answers a query: the best page first, in a page the best part first. */
  function find(query) {
    const asked = read(query);
    const { units, missing } = asked;
    let hits = units.length ? parts.map((part, i) => ({ part, ...score(i, asked) })) : [];
    const share = Math.max(0, ...hits.map((hit) => hit.share)) / 2; // less is beside the point
    hits = hits.filter((hit) => hit.share > share).sort((a, b) => b.value - a.value);
    const found = [...new Set(hits.map(({ part }) => part.page))].map((page) => {
      const own = hits.filter(({ part }) => part.page === page);
      const value = own[0].value + 0.1 * ((own[1]?.value ?? 0) + (own[2]?.value ?? 0));
      return { value, url: page.url, title: marked(page.title, units), parts: own.map(shown) };
    });
    const others = units.flatMap(({ names }) => names.slice(1));
    return {
      pages: found.sort((a, b) => b.value - a.value),
      also: others.filter((name) => parts.some(({ text }) => text.search(new RegExp(pattern(name), "iu")) >= 0)),
      missing,
    };

    function shown({ part, value }) {
      // An answer is not given away: who wants it goes there and opens it.
      const best = part.kind === "answer" ? null : sentence(part.text, asked);
      return {
        value,
        kind: part.kind,
        url: part.url,
        title: marked(part.title, units),
        sentence: best && marked(best.words, units, LONGEST),
        code: best?.code,
      };
    }
  }

  return { find };
})();
