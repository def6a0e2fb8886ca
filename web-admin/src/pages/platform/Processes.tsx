import { IconServerOff } from "@tabler/icons-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { PlatformProcess } from "@/api/platform";
import { type Column, DataTable } from "@/table/DataTable";
import { Empty } from "@/ui/feedback";
import { Panel } from "@/ui/layout";
import { WordMark } from "@/ui/Word";
import { ago, shortTime } from "@/util/format";
import { PROCESS } from "@/words";

/** Each says every five seconds that it runs; past this many milliseconds it missed several. */
const SILENT_MS = 20_000;

function stateOf(process: PlatformProcess, newestMs: number) {
  // Against the newest of all, whatever this machine's clock says.
  if (newestMs - Date.parse(process.seenAt) > SILENT_MS) return "silent";
  if (!process.ready) return "not_ready";
  return process.faults.length > 0 ? "impaired" : "ready";
}

/** Who runs, with which roles, and what is wrong. */
export function Processes({ processes }: { processes: PlatformProcess[] }) {
  const { t } = useTranslation();
  const newestMs = useMemo(() => Math.max(0, ...processes.map(({ seenAt }) => Date.parse(seenAt))), [processes]);
  const columns: Column<PlatformProcess>[] = [
    {
      id: "state",
      head: t("State"),
      value: (row) => stateOf(row, newestMs),
      show: (row) => <WordMark table={PROCESS} of={stateOf(row, newestMs)} />,
    },
    { id: "roles", head: t("Roles"), value: (row) => row.roles.join(", ") },
    { id: "host", head: t("Machine"), value: (row) => row.host },
    { id: "version", head: t("Version"), value: (row) => row.version, minor: true },
    {
      id: "started",
      head: t("Runs since"),
      value: (row) => row.startedAt,
      show: (row) => shortTime(row.startedAt),
      minor: true,
    },
    { id: "seen", head: t("Last heard of"), value: (row) => row.seenAt, show: (row) => ago(row.seenAt) },
    { id: "faults", head: t("What is wrong"), value: (row) => row.faults.join("; "), minor: true },
  ];
  return (
    <Panel
      flush
      title={t("Processes")}
      about={t("One that stops takes its leave. One that died stays here, silent, for a quarter of an hour.")}
    >
      <DataTable
        name="processes"
        caption={t("Processes")}
        rows={processes}
        columns={columns}
        keyOf={(row) => row.id}
        firstSort="roles"
        empty={
          <Empty icon={IconServerOff} title={t("No process was heard of")}>
            {t("Each says so in Redis, every few seconds.")}
          </Empty>
        }
      />
    </Panel>
  );
}
