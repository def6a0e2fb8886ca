import { ask, BASE, cookiesOf, expect, NOBODY, ROLES, test as setup, signIn, tokenFor } from "./world";

setup.use({ storageState: NOBODY });

setup("the owner signs in, and invites one person of each role", async ({ page, browser }) => {
  setup.setTimeout(240_000);
  await signIn(page);
  await page.context().storageState({ path: cookiesOf("owner") });
  await Promise.all(
    ROLES.map(async (role) => {
      const email = `${role}@example.com`;
      await ask(page, "POST", "/v1/invitations", { email, role });
      const token = await tokenFor(page, email);
      const context = await browser.newContext({ storageState: NOBODY });
      const theirs = await context.newPage();
      await theirs.goto(`${BASE}/login`);
      const answer = { token, name: `The ${role}`, password: "analytical engine no. 2" };
      expect((await ask(theirs, "POST", "/v1/invitations/acceptances", answer)).status).toBe(201);
      await context.storageState({ path: cookiesOf(role) });
      await context.close();
    }),
  );
});
