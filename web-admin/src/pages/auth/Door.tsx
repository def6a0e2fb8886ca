import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Logo } from "@/shell/Logo";

/** What stands around sign-in and its like. */
export function Door({ title, about, children }: { title: string; about?: ReactNode; children: ReactNode }) {
  const { t } = useTranslation();
  useDocumentTitle(`${title} · Pinfold`);
  return (
    <div className="pf-door">
      <main>
        <div className="pf-brand" style={{ padding: "0 0 1.75rem" }}>
          <Logo />
          Pinfold
        </div>
        <h1 style={{ marginBottom: about ? "0.3rem" : "1.25rem" }}>{title}</h1>
        {about && (
          <p className="pf-soft" style={{ marginBottom: "1.25rem" }}>
            {about}
          </p>
        )}
        {children}
      </main>
      <aside>
        <p className="pf-claim">{t("A code arrives. A person is who they say they are.")}</p>
        <p>
          {t(
            "Send one-time PINs over your own providers by SMS, voice, e-mail and push, see each one arrive, and know which route brings people through.",
          )}
        </p>
      </aside>
    </div>
  );
}
