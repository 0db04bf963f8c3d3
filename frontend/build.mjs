// Writes assets/vendor: book-widgets.js (one file, no loader), and the licences of all we publish.
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const modules = path.join(here, "node_modules");
const out = path.join(here, "..", "assets", "vendor");

/** The style sheets of the controls as one string, with every picture inside it. */
async function widgetStyles() {
  const built = await esbuild.build({
    absWorkingDir: here,
    entryPoints: ["widgets.css"],
    bundle: true,
    minify: true,
    write: false,
    loader: { ".svg": "dataurl", ".png": "dataurl" },
    logLevel: "error",
  });
  const css = built.outputFiles[0].text;
  if (/url\((?!["']?data:)/.test(css)) throw new Error("the widget styles ask for another file");
  return css;
}

/** anywidget is published for an AMD loader only; turn its last line into an export. */
const anywidgetAsModule = {
  name: "anywidget-as-module",
  setup(build) {
    build.onLoad({ filter: /anywidget[\\/]dist[\\/]index\.js$/ }, async ({ path: file }) => {
      const source = await readFile(file, "utf8");
      const tail = /define\(\["@jupyter-widgets\/base"\],\s*(\w+)\);?\s*$/;
      if (!tail.test(source)) throw new Error("anywidget's last line changed: adapt build.mjs");
      return { contents: source.replace(tail, "export default $1;"), loader: "js" };
    });
  },
};

/** Lets the entry import the style sheet as text. */
const stylesAsText = (css) => ({
  name: "styles-as-text",
  setup(build) {
    build.onResolve({ filter: /^virtual:widgets\.css$/ }, () => ({ path: "widgets", namespace: "css" }));
    build.onLoad({ filter: /.*/, namespace: "css" }, () => ({ contents: css, loader: "text" }));
  },
});

async function bundle() {
  const { metafile } = await esbuild.build({
    absWorkingDir: here,
    entryPoints: ["book-widgets.js"],
    outfile: path.join(out, "book-widgets.js"),
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2022",
    metafile: true,
    legalComments: "linked",
    logLevel: "warning",
    alias: {
      "sanitize-html": "./sanitize.js",
      jquery: "jquery/dist/jquery.slim.js", // no control asks for what it lacks: requests and effects
    },
    define: { "process.env.NODE_ENV": '"production"', global: "globalThis" },
    plugins: [anywidgetAsModule, stylesAsText(await widgetStyles())],
  });
  return Object.keys(metafile.inputs);
}

/** Name, version and licence of every package with a file in the bundle, and of MathJax's glyphs. */
async function writeLicences(inputs) {
  const names = inputs.map((f) => f.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1]);
  const packages = [...new Set([...names, "@lumino/widgets", "mathjax"])].filter(Boolean).sort();
  const entries = packages.map(async (name) => {
    const folder = path.join(modules, name);
    const { version, license } = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
    const file = (await readdir(folder)).find((f) => /^(licen[cs]e|copying)/i.test(f));
    // Jupyter's and Lumino's packages name their licence without carrying its text.
    const text = await readFile(file ? path.join(folder, file) : path.join(here, `${license}.txt`), "utf8");
    return `${name} ${version} (${license})\n\n${text.trim()}`.trim();
  });
  const rule = `\n\n${"-".repeat(72)}\n\n`;
  await writeFile(path.join(out, "LICENSES.txt"), (await Promise.all(entries)).join(rule) + "\n");
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const inputs = await bundle();
await writeLicences(inputs);
