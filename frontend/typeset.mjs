// Sets formulas for sphinx_ext/formulas.py. A line of JSON in, {tex, display}; a line out, {html}
// or {error}: a picture whose glyphs are paths, and MathML for screen readers.
import { createInterface } from "node:readline";
import mathjax from "mathjax";

const X_HEIGHT = 0.442; // em: of MathJax's letters
const EM = 16; // pixels: the size of text, to which lines and gaps are fitted
const SIZE = /((?:width|height)="|vertical-align: )(-?[\d.]+)ex/g;
// what no browser needs; without the last one Chinese looks as in the text around it
const NOISE =
  / (?:(?:data-mml-node|data-mjx-texclass|xmlns(?::xlink)?|role|focusable)="[^"]*"|font-family="serif")/g;
const ERROR = /data-mjx-error="([^"]*)"/;

const MathJax = await mathjax.init({
  loader: {
    load: ["input/tex", "output/svg", "a11y/assistive-mml", "adaptors/liteDOM"],
    versionWarnings: false,
  },
  svg: { fontCache: "none" },
  tex: { packages: { "[-]": ["noundefined"] } }, // an unknown command is an error, not red letters
});

/** Sizes in em, not ex: browsers differ in the x-height of a Chinese font. */
const inEm = (html) => html.replace(SIZE, (_, name, ex) => `${name}${+(ex * X_HEIGHT).toFixed(3)}em`);

async function typeset({ tex, display }) {
  const node = await MathJax.tex2svgPromise(tex, { display, em: EM, ex: EM * X_HEIGHT });
  const html = MathJax.startup.adaptor.outerHTML(node);
  const error = html.match(ERROR)?.[1];
  return error ? { error } : { html: inEm(html.replace(NOISE, "")) };
}

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await typeset(JSON.parse(line)).catch(({ message }) => ({ error: message }));
  console.log(JSON.stringify(answer));
}
