// Runs the page's tests: its pure parts are bundled and given to node's runner.
import { build } from "esbuild";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";

const dir = await mkdtemp(join(tmpdir(), "airloom-page-"));
try {
  await build({ entryPoints: ["test/judge.test.ts", "test/words.test.ts"], outdir: dir, outExtension: { ".js": ".mjs" }, bundle: true, platform: "node", format: "esm", logLevel: "warning" });
  process.exitCode = spawnSync(process.execPath, ["--test", join(dir, "judge.test.mjs"), join(dir, "words.test.mjs")], { stdio: "inherit" }).status ?? 1;
} finally {
  await rm(dir, { recursive: true });
}
