// Joins style sheets into one, without the rules that no page and no script has a use for:
// node styles.mjs SITE OUT SHEET…
import { readFile, writeFile } from "node:fs/promises";
import * as esbuild from "esbuild";
import { PurgeCSS } from "purgecss";

const [site, out, ...sheets] = process.argv.slice(2);
const css = await Promise.all(sheets.map(async (file) => ({ raw: await readFile(file, "utf8") })));
const content = [`${site.replaceAll("\\", "/")}/**/*.{html,js}`];
const kept = await new PurgeCSS().purge({ content, css });
const joined = kept.map((part) => part.css).join("\n");
const { code } = await esbuild.transform(joined, { loader: "css", minify: true, charset: "utf8" });
await writeFile(out, code);
