import { useRouter } from "@tanstack/react-router";
import { useEffect } from "react";

/** What takes the focus with it when it goes. */
const PASSING = "[role='dialog'], [role='menu'], [role='listbox']";
/** The library's dialogs give the focus back by themselves a little after they close; only what they lose is sought here. */
const PATIENCE_MS = 30;

let last: HTMLElement | undefined;

/** Remembers where the person is, dialogs and menus left aside. */
export function watchFocus() {
  document.addEventListener("focusin", ({ target }) => {
    if (target instanceof HTMLElement && !target.closest(PASSING)) last = target;
  });
}

/** After a dialog: focus that is nowhere goes back to where the person was, such as the button of the menu that led there. */
export function focusBack() {
  setTimeout(() => {
    if (document.activeElement !== document.body) return;
    const place = last?.isConnected ? last : document.getElementById("main");
    place?.focus({ preventScroll: true });
  }, PATIENCE_MS);
}

/** The link or button that led to another page may be gone with its own; the next stop is then the first of the new page. */
export function usePageFocus() {
  const router = useRouter();
  useEffect(
    () =>
      router.subscribe("onRendered", ({ fromLocation, pathChanged }) => {
        // A page that was just opened begins at its first stop, the way past the menu.
        if (fromLocation && pathChanged && document.activeElement === document.body)
          document.getElementById("main")?.focus({ preventScroll: true });
      }),
    [router],
  );
}

/** Where a dialog goes on to its next step, whose predecessor took the focus with it. */
export const focusFirst = (step: HTMLElement | null) => step?.querySelector<HTMLElement>("[data-autofocus]")?.focus();
