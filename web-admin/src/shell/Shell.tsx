import { Drawer } from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import { IconMenu2, IconSearch } from "@tabler/icons-react";
import { Outlet, useNavigate } from "@tanstack/react-router";
import { Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Loading } from "@/ui/feedback";
import { Crumbs } from "./Crumbs";
import { usePageFocus } from "./focus";
import { openPalette, Palette } from "./Palette";
import { Reconfirm } from "./Reconfirm";
import { SchemeButton } from "./SchemeButton";
import { Shortcuts, useGoKeys } from "./Shortcuts";
import { Side } from "./Side";

/** What stands around every page: where one can go, where one is. */
export function Shell() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [isMenuOpen, menu] = useDisclosure();
  const [areShortcutsOpen, shortcuts] = useDisclosure();
  usePageFocus();
  useGoKeys((to) => navigate({ to }));
  useHotkeys([
    ["mod+K", openPalette],
    ["shift+?", shortcuts.open],
    ["/", () => document.querySelector<HTMLInputElement>("[data-search]")?.focus()],
  ]);
  return (
    <div className="pf-shell">
      <a href="#main" className="pf-skip">
        {t("Skip to the page")}
      </a>
      <aside className="pf-side" aria-label={t("Menu")}>
        <Side />
      </aside>
      <Drawer
        opened={isMenuOpen}
        onClose={menu.close}
        size="17rem"
        padding={0}
        withCloseButton={false}
        title={t("Menu")}
        styles={{ header: { display: "none" }, body: { height: "100%", display: "flex", flexDirection: "column" } }}
      >
        <Side onNavigate={menu.close} />
      </Drawer>
      <div style={{ minWidth: 0 }}>
        <header className="pf-top">
          <button type="button" className="pf-icon pf-burger" aria-label={t("Menu")} onClick={menu.open}>
            <IconMenu2 size={18} />
          </button>
          <Crumbs />
          <div className="pf-actions" style={{ marginLeft: "auto", flexWrap: "nowrap" }}>
            <button type="button" className="pf-find" onClick={openPalette} aria-label={t("Find anything")}>
              <IconSearch size={15} aria-hidden />
              <span>{t("Find anything")}</span>
              <kbd>⌘K</kbd>
            </button>
            <SchemeButton />
          </div>
        </header>
        <main className="pf-main" id="main" tabIndex={-1} style={{ outline: "none" }}>
          <Suspense fallback={<Loading />}>
            <Outlet />
          </Suspense>
        </main>
      </div>
      <Palette />
      <Reconfirm />
      <Shortcuts opened={areShortcutsOpen} onClose={shortcuts.close} />
    </div>
  );
}
