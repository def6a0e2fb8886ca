import type { Locator, Page } from "@playwright/test";
import { expect, heading, settled } from "./world";

/** More stops than any page has. */
const MOST_STOPS = 150;

export const isFocused = (target: Locator) => target.evaluate((element) => element === document.activeElement);

/** Moves on with Tab until it has the focus. */
export async function reach(page: Page, target: Locator) {
  await expect(target).toBeVisible();
  await expect(target).toBeEnabled();
  for (let stop = 0; stop < MOST_STOPS; stop++) {
    if (await isFocused(target)) return;
    await page.keyboard.press("Tab");
  }
  await expect(target, `no ${MOST_STOPS} tabs lead there`).toBeFocused({ timeout: 1 });
}

export async function press(page: Page, target: Locator, key = "Enter") {
  await reach(page, target);
  await page.keyboard.press(key);
}

/** Types over what is in a field. */
export async function type(page: Page, target: Locator, text: string) {
  await reach(page, target);
  await page.keyboard.press("Control+a");
  await page.keyboard.type(text);
}

/** The first stop of a page that was just opened. */
export async function skip(page: Page) {
  await page.keyboard.press("Tab");
  const link = page.getByRole("link", { name: "Skip to the page" });
  await expect(link).toBeFocused();
  await expect(link).toBeInViewport();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
}

/** Opens a menu and goes down it. */
export async function choose(page: Page, opener: Locator, name: string) {
  await press(page, opener);
  const item = page.getByRole("menuitem", { name });
  await expect(item).toBeVisible();
  for (let stop = 0; stop < MOST_STOPS && !(await isFocused(item)); stop++) await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
}

/** `g` and a letter, which a field would take for itself. */
export async function go(page: Page, letter: string, name: string) {
  while (await page.evaluate(() => /INPUT|TEXTAREA/.test(document.activeElement?.tagName ?? "")))
    await page.keyboard.press("Tab");
  await page.keyboard.press("g");
  await page.keyboard.press(letter);
  await expect(heading(page, name)).toBeVisible();
  await settled(page);
}

export const button = (within: Page | Locator, name: string | RegExp) =>
  within.getByRole("button", { name, exact: true });
