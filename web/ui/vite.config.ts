import { svelte } from "@sveltejs/vite-plugin-svelte";
import tailwindcss from "@tailwindcss/vite";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

// The server sends files as they lie there: each is compressed once, here.
const compressed = (): Plugin => ({
  name: "compressed",
  apply: "build",
  async closeBundle() {
    const dir = new URL("dist/assets/", import.meta.url);
    for (const name of await readdir(dir)) {
      if (!/\.(js|css|svg)$/.test(name)) continue;
      const plain = await readFile(new URL(name, dir));
      const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length };
      await writeFile(new URL(`${name}.br`, dir), await promisify(brotliCompress)(plain, { params }));
      await writeFile(new URL(`${name}.gz`, dir), await promisify(gzip)(plain, { level: 9 }));
    }
  },
});

export default defineConfig({
  plugins: [tailwindcss(), svelte(), compressed()],
  build: {
    target: ["chrome111", "firefox128", "safari16.4"], // what Tailwind 4 needs, too
    assetsInlineLimit: 0, // the policy allows no data: but for pictures
    chunkSizeWarningLimit: 600, // kB: hls.js, which loads only when the picture is opened
    modulePreload: { polyfill: false },
    emptyOutDir: true, // public/.keep comes back
    rollupOptions: {
      output: {
        hashCharacters: "hex",
        entryFileNames: "assets/[name]-[hash].js",
        chunkFileNames: "assets/[name]-[hash].js",
        assetFileNames: "assets/[name]-[hash][extname]",
      },
    },
  },
  // `npm run dev` beside a channel: AIRLOOM=http://127.0.0.1:8080 npm run dev
  server: { proxy: Object.fromEntries(["/api", "/hls", "/preview"].map((p) => [p, process.env.AIRLOOM ?? "http://127.0.0.1:8080"])) },
});
