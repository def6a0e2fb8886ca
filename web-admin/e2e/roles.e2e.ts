import { ask, BASE, cookiesOf, expect, heading, type ROLES, settled, test } from "./world";

/** Refused for good: who only has to prove themselves once more may. */
const refused = ({ status, body }: { status: number; body: { code?: string } }) =>
  status === 403 && body.code !== "confirmation_needed";

type Role = (typeof ROLES)[number];

const EVERYBODY = [
  "Overview",
  "Get started",
  "Verifications",
  "Alerts",
  "Applications",
  "Templates",
  "Providers",
  "Routes",
  "Number lookup",
  "Fraud guard",
  "Webhooks",
  "Usage and caps",
  "Members",
  "Settings",
];
/** Pages beyond everybody's, and changes that the server lets through. */
const VIEWS: Record<Role, { more: string[]; configures: boolean; keys: boolean; invites: boolean }> = {
  admin: { more: ["API keys", "People's data", "Audit log"], configures: true, keys: true, invites: true },
  developer: { more: ["API keys"], configures: true, keys: true, invites: false },
  analyst: { more: ["Audit log"], configures: false, keys: false, invites: false },
  viewer: { more: [], configures: false, keys: false, invites: false },
};

for (const [role, view] of Object.entries(VIEWS) as [Role, (typeof VIEWS)[Role]][]) {
  test.describe(role, () => {
    test.use({ storageState: cookiesOf(role) });

    test(`sees what a ${role} may see, and changes nothing else`, async ({ page }) => {
      await page.goto(`${BASE}/`);
      await expect(heading(page, "Overview")).toBeVisible();
      const places = await page.getByRole("navigation", { name: "Pages" }).first().getByRole("link").allTextContents();
      expect(places.toSorted()).toEqual([...EVERYBODY, ...view.more].toSorted());

      const offers = async (path: string, button: string, isOffered: boolean) => {
        await page.goto(BASE + path);
        await settled(page);
        await expect(page.getByRole("button", { name: button }).first()).toBeVisible({ visible: isOffered });
      };
      await offers("/applications", "New application", view.configures);
      await offers("/providers", "Connect a provider", view.configures);
      await offers("/webhooks", "New endpoint", view.configures);
      await offers("/members", "Invite somebody", view.invites);
      await page.goto(`${BASE}/settings?tab=retention`);
      await expect(page.getByLabel("Days")).toBeDisabled();

      // The server decides: what is not offered is refused.
      const tried = async (method: string, path: string, body: unknown) =>
        refused(await ask<{ code?: string }>(page, method, path, body)) === false;
      expect(await tried("PUT", "/v1/fraud/rules", {})).toBe(view.configures);
      expect(await tried("POST", "/v1/api-keys", {})).toBe(view.keys);
      expect(await tried("POST", "/v1/invitations", {})).toBe(view.invites);
      expect(await tried("PUT", "/v1/retention", { recipientDays: 30 })).toBe(false);
      expect(await tried("POST", "/v1/recipients/export", {})).toBe(role === "admin");
      expect((await ask(page, "GET", "/v1/operator/tenants")).status).toBe(404);

      // An address that the role has no page for says so in words.
      await page.goto(`${BASE}/platform/tenants`);
      await expect(page.getByRole("alert").first()).toBeVisible();
    });
  });
}
