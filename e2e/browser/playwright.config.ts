import { defineConfig } from "@playwright/test";

// The real binary and Debian's Chromium; each test has a server, a database and a browser context of its own. With
// BROWSER_ON=postgres the databases are of a PostgreSQL that is started for the run.
export default defineConfig({
  testDir: ".",
  globalSetup: "./databases.ts",
  outputDir: "../../target/browser/results",
  timeout: 60_000,
  expect: { timeout: 10_000 },
  fullyParallel: true,
  workers: Number(process.env.BROWSER_WORKERS ?? 3),
  retries: 0,
  forbidOnly: !!process.env.CI,
  reporter: [["./closing-line.ts"]],
  use: {
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    timezoneId: "Europe/Kyiv",
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      // As root in a container Chromium has no sandbox of its own to use.
      args: ["--no-sandbox", "--disable-dev-shm-usage"],
    },
  },
});
