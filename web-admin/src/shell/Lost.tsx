import { Button } from "@mantine/core";
import { IconMapQuestion } from "@tabler/icons-react";
import { Link, useRouter } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Empty, Failure } from "@/ui/feedback";

/** An address that is no page. */
export function Lost() {
  const { t } = useTranslation();
  return (
    <main className="pf-main">
      <Empty icon={IconMapQuestion} title={t("There is no such page")}>
        {t("The address may be mistyped, or what it showed is gone.")} <Link to="/">{t("To the overview")}</Link>
      </Empty>
    </main>
  );
}

/** A page that failed. */
export function Mishap({ error }: { error: unknown }) {
  const { t } = useTranslation();
  const router = useRouter();
  return (
    <main className="pf-main pf-narrow pf-stack">
      <h1>{t("This page could not be shown")}</h1>
      <Failure error={error} />
      <div>
        <Button onClick={() => router.invalidate()}>{t("Try again")}</Button>
      </div>
    </main>
  );
}
