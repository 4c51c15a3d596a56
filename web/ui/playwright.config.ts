import { defineConfig } from "playwright/test";

// The browser's tests. Go starts them, each beside a channel of its own, and says in
// AIRLOOM_STAGE where that is; see cmd/airloom/desk_stage_test.go.
export default defineConfig({
  testDir: "e2e",
  workers: 1,
  retries: 0,
  timeout: 180_000,
  expect: { timeout: 10_000 },
  reporter: "line",
  outputDir: process.env.AIRLOOM_KEEP ?? process.env.AIRLOOM_OUT ?? "/tmp/airloom-desk",
  use: {
    baseURL: process.env.AIRLOOM_URL,
    actionTimeout: 20_000,
    locale: "en-GB",
    colorScheme: "dark",
    viewport: { width: 1440, height: 900 },
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env.AIRLOOM_CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--mute-audio"],
    },
  },
});
