import { defineConfig } from "@playwright/test";

/** Runs against a served console: `scripts/ci/console.py` starts one and says where. */
export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results/runs",
  fullyParallel: true,
  workers: Number(process.env.PLAYWRIGHT_WORKERS ?? 2),
  timeout: 120_000,
  expect: { timeout: 30_000 },
  // A busy machine may be late once; the list names what was tried twice.
  retries: process.env.CI ? 1 : 0,
  reporter: [["list"]],
  // People sign in once; every test begins with their cookies.
  projects: [
    { name: "people", testMatch: "people.setup.ts" },
    { name: "console", testMatch: "*.e2e.ts", dependencies: ["people"] },
  ],
  use: {
    baseURL: process.env.CONSOLE_URL ?? "http://127.0.0.1:8080/console",
    viewport: { width: 1360, height: 850 },
    locale: "en-GB",
    reducedMotion: "reduce",
    trace: "off",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    },
  },
});
