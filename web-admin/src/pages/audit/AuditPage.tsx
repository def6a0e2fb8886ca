import { Drawer, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconHistory } from "@tabler/icons-react";
import { keepPreviousData } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "@/api/client";
import { CursorPages } from "@/table/CursorPages";
import { type Column, DataTable } from "@/table/DataTable";
import { useAddress } from "@/table/state";
import { CodeBlock } from "@/ui/Copy";
import { Empty, Status, type Tone } from "@/ui/feedback";
import { Facts, PageHead, Panel } from "@/ui/layout";
import { dateTime } from "@/util/format";

type Entry = Schemas["AuditEntry"];
const PATH = "/v1/audit";
const TONES: Record<string, Tone> = {
  created: "good",
  updated: "info",
  deleted: "bad",
  denied: "bad",
  revealed: "warn",
  exported: "warn",
};
const FILTERS = ["action", "actor", "object"] as const;

/** Who did what, when and from where. Nobody can change it. */
export function AuditPage() {
  const { t } = useTranslation();
  const address = useAddress();
  const names = { action: t("Action"), actor: t("Who"), object: t("What") };
  const [open, setOpen] = useState<Entry>();
  const query = {
    action: address.get("action") || undefined,
    actor: address.get("actor") || undefined,
    object: address.get("object") || undefined,
    before: Number(address.get("before")) || undefined,
    size: 50,
  };
  const { data, error, isPending, refetch } = api.useQuery(
    "get",
    PATH,
    { params: { query } },
    { placeholderData: keepPreviousData },
  );
  const columns: Column<Entry>[] = [
    {
      id: "action",
      head: t("Action"),
      value: (row) => row.action,
      show: (row) => <Status tone={TONES[row.action] ?? "plain"}>{row.action}</Status>,
      fixed: true,
    },
    {
      id: "object",
      head: t("What"),
      value: (row) => `${row.object} ${row.objectId ?? ""}`.trim(),
      show: (row) => (
        <button type="button" className="pf-link" onClick={() => setOpen(row)}>
          {row.object.replaceAll("_", " ")} {row.objectId && <code>{row.objectId.slice(0, 8)}</code>}
        </button>
      ),
      fixed: true,
    },
    {
      id: "actor",
      head: t("Who"),
      value: (row) => row.actor,
      show: (row) => <code>{row.actor.slice(0, 15)}</code>,
      fixed: true,
      minor: true,
    },
    { id: "address", head: t("From"), value: (row) => row.address ?? "", fixed: true, minor: true },
    {
      id: "at",
      head: t("When"),
      value: (row) => row.at,
      show: (row) => <span className="pf-num">{dateTime(row.at)}</span>,
      fixed: true,
    },
  ];
  return (
    <>
      <PageHead title={t("Audit log")}>
        {t(
          "Every change, every look at a whole recipient, every refusal. Each entry vouches for the one before; `pinfold audit verify` checks them all.",
        )}
      </PageHead>
      <Panel flush>
        <DataTable
          name="audit"
          caption={t("Audit log")}
          rows={data?.entries}
          columns={columns}
          keyOf={(row) => `${row.sequence}`}
          isLoading={isPending}
          error={error}
          onRetry={() => refetch()}
          searchable={false}
          pageSize={50}
          filters={FILTERS.map((name) => <Filter key={name} name={name} label={names[name]} />)}
          empty={
            <Empty icon={IconHistory} title={t("Nothing yet")}>
              {t("The first change that somebody makes appears here.")}
            </Empty>
          }
          footer={<CursorPages next={data?.next} cursor="before" />}
        />
      </Panel>
      <Drawer
        opened={open !== undefined}
        onClose={() => setOpen(undefined)}
        position="right"
        size="lg"
        title={t("Entry {{number}}", { number: open?.sequence ?? "" })}
      >
        {open && <Detail entry={open} />}
      </Drawer>
    </>
  );
}

function Filter({ name, label }: { name: string; label: string }) {
  const address = useAddress();
  const [words, setWords] = useState(address.get(name));
  const tell = useDebouncedCallback(
    (next: string) => address.set({ [name]: next.trim() || undefined, before: undefined }),
    300,
  );
  return (
    <TextInput
      aria-label={label}
      placeholder={label}
      w={170}
      value={words}
      onChange={(event) => {
        setWords(event.currentTarget.value);
        tell(event.currentTarget.value);
      }}
    />
  );
}

function Detail({ entry }: { entry: Entry }) {
  const { t } = useTranslation();
  const parts: [string, unknown][] = [
    [t("Before"), entry.before],
    [t("After"), entry.after],
    [t("More"), entry.detail],
  ];
  return (
    <div className="pf-stack">
      <Facts
        facts={[
          [t("Action"), entry.action],
          [t("What"), `${entry.object} ${entry.objectId ?? ""}`],
          [t("Who"), <code key="who">{entry.actor}</code>],
          [t("From"), entry.address],
          [t("When"), dateTime(entry.at)],
          [t("Operation"), entry.operation && <code key="operation">{entry.operation}</code>],
          [t("Request"), entry.requestId && <code key="request">{entry.requestId}</code>],
        ]}
      />
      {parts
        .filter(([, value]) => value !== undefined && value !== null)
        .map(([name, value]) => (
          <div key={name} className="pf-stack" style={{ gap: "0.35rem" }}>
            <h3>{name}</h3>
            <CodeBlock text={JSON.stringify(value, null, 2)} label={name} />
          </div>
        ))}
    </div>
  );
}
