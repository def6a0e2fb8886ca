import { Drawer } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Markdown } from "./Markdown";

/** The pages of `docs/errors`, each loaded when it is asked for. */
const PAGES = import.meta.glob<string>("../../../docs/errors/*.md", { query: "?raw", import: "default" });

/** Infobip's names of what our own table calls otherwise. */
const OTHER_NAMES: Record<string, string> = { too_many_requests: "too_many_sends", bad_request: "invalid_field" };

const load = (code: string) => PAGES[`../../../docs/errors/${OTHER_NAMES[code] ?? code}.md`];

/** The problem's own page, beside what one was doing. */
export function ProblemPage({ code, opened, onClose }: { code: string; opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const { data } = useQuery({
    queryKey: ["problem page", code],
    enabled: opened,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => (await load(code)?.()) ?? "",
  });
  return (
    <Drawer opened={opened} onClose={onClose} position="right" size="lg" title={t("What this means")}>
      {data === "" ? <p>{t("There is no page about this.")}</p> : data && <Markdown text={data} />}
    </Drawer>
  );
}
