import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [svelte()],
  resolve: { conditions: ["browser"] },
  test: {
    environment: "node", include: ["test/**/*.test.ts"], watch: false,
    // Where effects are to run, all is made as for a browser.
    testTransformMode: { web: ["**/*.svelte.test.ts"] },
    server: { deps: { inline: [/\/svelte\//] } },
  },
});
