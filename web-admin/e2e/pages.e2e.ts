import { ask, BASE, expect, expectAccessible, heading, NOBODY, settled, test } from "./world";

const PAGES: [path: string, heading: string][] = [
  ["/", "Overview"],
  ["/start", "Get started"],
  ["/verifications", "Verifications"],
  ["/alerts?seen=all", "Alerts"],
  ["/applications", "Applications"],
  ["/applications/APPLICATION", "Customer sign-in"],
  ["/templates", "Templates"],
  ["/providers", "Providers"],
  ["/providers?new=1", "Providers"],
  ["/routes", "Routes"],
  ["/lookup", "Number lookup"],
  ["/fraud", "Fraud guard"],
  ["/fraud?tab=rules", "Fraud guard"],
  ["/fraud?tab=lists", "Fraud guard"],
  ["/keys", "API keys"],
  ["/webhooks", "Webhooks"],
  ["/usage", "Usage and caps"],
  ["/members", "Members"],
  ["/people", "People's data"],
  ["/audit", "Audit log"],
  ["/settings", "Settings"],
  ["/settings?tab=security", "Settings"],
  ["/settings?tab=organization", "Settings"],
  ["/settings?tab=retention", "Settings"],
  ["/platform/tenants", "Organizations"],
  ["/platform/health", "Platform health"],
  ["/platform/dead-letters", "Dead letters"],
];
// In parts, so that they run beside each other.
const PARTS = 4;

for (const scheme of ["light", "dark"] as const) {
  for (let part = 0; part < PARTS; part++) {
    test(`pages are there, accessible and as narrow as a phone: ${scheme}, part ${part + 1}`, async ({ page }) => {
      test.setTimeout(240_000);
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
      await page.goto(`${BASE}/lookup`);
      const { body } = await ask<{ applicationId: string; name: string }[]>(page, "GET", "/2fa/2/applications");
      const id = body.find(({ name }) => name === "Customer sign-in")?.applicationId ?? "";
      for (const [path, name] of PAGES.filter((_, index) => index % PARTS === part)) {
        await page.goto(BASE + path.replace("APPLICATION", id));
        await expect(heading(page, name)).toBeAttached();
        await settled(page);
        await expect(page.getByRole("alert")).toHaveCount(0);
        await expectAccessible(page);
        if (scheme === "dark") continue;
        await page.setViewportSize({ width: 375, height: 720 });
        const isWide = () => page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
        await expect.poll(isWide, `${path} is wider than a phone`).toBe(false);
        await page.setViewportSize({ width: 1360, height: 850 });
      }
    });
  }
}

test("on a phone the menu leads on", async ({ page }) => {
  await page.setViewportSize({ width: 375, height: 720 });
  await page.goto(`${BASE}/`);
  await page.getByRole("button", { name: "Menu" }).click();
  await page.getByRole("dialog").getByRole("link", { name: "Applications" }).click();
  await expect(heading(page, "Applications")).toBeVisible();
});

test("nothing but preferences is kept in the browser", async ({ page }) => {
  await page.goto(`${BASE}/`);
  await page.getByRole("button", { name: "Dark theme" }).click();
  expect(await page.evaluate(() => [localStorage.length, sessionStorage.length])).toEqual([0, 0]);
  const seen = await page.evaluate(() => document.cookie);
  expect(seen).toMatch(/^pinfold-console=/);
  expect(seen).not.toContain("session");
});

test.describe("signed out", () => {
  test.use({ storageState: NOBODY });
  for (const colorScheme of ["light", "dark"] as const)
    test(`the doors are accessible, ${colorScheme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme });
      for (const path of ["/login", "/sign-up", "/reset"]) {
        await page.goto(BASE + path);
        await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
        await expectAccessible(page);
      }
    });
});
