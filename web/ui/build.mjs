// Builds the page into dist: one script, one style sheet and an icon, each named
// by its content, so that browsers may keep them for ever, and the index that
// names them. Nothing is loaded from anywhere else.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";

const dist = "dist";
await mkdir(`${dist}/assets`, { recursive: true });
for (const name of await readdir(`${dist}/assets`)) await rm(`${dist}/assets/${name}`);

const { metafile } = await build({
  entryPoints: ["src/main.ts", "src/page.css"],
  outdir: `${dist}/assets`,
  entryNames: "[name]-[hash]",
  bundle: true,
  minify: true,
  format: "esm",
  target: ["chrome123", "firefox120", "safari17.5"],
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
});

const made = {};
for (const [file, { entryPoint }] of Object.entries(metafile.outputs)) {
  if (entryPoint) made[basename(entryPoint)] = `/assets/${basename(file)}`;
}
const icon = await readFile("src/icon.svg");
made["icon.svg"] = `/assets/icon-${createHash("sha256").update(icon).digest("hex").slice(0, 8)}.svg`;
await writeFile(dist + made["icon.svg"], icon);

const index = (await readFile("src/index.html", "utf8")).replace(/\{\{([\w.]+)\}\}/g, (_, name) => {
  if (!made[name]) throw new Error(`src/index.html names ${name}, which is not built`);
  return made[name];
});
await writeFile(`${dist}/index.html`, index);
