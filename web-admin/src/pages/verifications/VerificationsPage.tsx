import { Select, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconFingerprint } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, client, dataOf, type Schemas } from "@/api/client";
import { CursorPages } from "@/table/CursorPages";
import { type Column, DataTable } from "@/table/DataTable";
import { useAddress } from "@/table/state";
import { Empty, Status } from "@/ui/feedback";
import { PageHead, Panel } from "@/ui/layout";
import { WordMark } from "@/ui/Word";
import { number, shortTime } from "@/util/format";
import { CHANNEL, channelWord, STATUS, word } from "@/words";

type Verification = Schemas["VerificationSummary"];

const PAGE = 50;
/** More rows than this are a job for the API, not for a browser's download. */
const MOST_EXPORTED = 10_000;

/** Every PIN, newest first; the server filters and pages. */
export function VerificationsPage() {
  const { t } = useTranslation();
  const address = useAddress();
  const navigate = useNavigate();
  const filter = {
    applicationId: address.get("application") || undefined,
    status: address.get("status") || undefined,
    channel: address.get("channel") || undefined,
    recipient: address.get("recipient") || undefined,
    from: address.get("from") ? new Date(address.get("from")).toISOString() : undefined,
    to: address.get("to") ? new Date(address.get("to")).toISOString() : undefined,
  };
  const after = address.get("after") || undefined;
  const applications = api.useQuery("get", "/2fa/2/applications");
  const names = new Map((applications.data ?? []).map((one) => [one.applicationId, one.name]));
  const query = api.useQuery(
    "get",
    "/v1/verifications",
    { params: { query: { ...filter, after, size: PAGE } } },
    { refetchInterval: after ? false : 10_000 },
  );
  const rows = query.data?.verifications;
  const isFiltered = Object.values(filter).some(Boolean);

  const exportAll = async () => {
    const all: Verification[] = [];
    let next: string | undefined;
    do {
      const params = { query: { ...filter, after: next, size: 200 } };
      const page: Schemas["VerificationList"] = await dataOf(client.GET("/v1/verifications", { params }));
      all.push(...page.verifications);
      next = page.next;
    } while (next && all.length < MOST_EXPORTED);
    return all;
  };

  const columns: Column<Verification>[] = [
    {
      id: "pin",
      head: t("PIN"),
      value: (row) => row.pinId,
      show: (row) => <code>{row.pinId.slice(0, 8)}…</code>,
      fixed: true,
    },
    {
      id: "status",
      head: t("Status"),
      value: (row) => row.status,
      show: (row) => (
        <>
          <WordMark table={STATUS} of={row.status} /> {row.test && <Status tone="warn">{t("Test number")}</Status>}
        </>
      ),
      fixed: true,
    },
    {
      id: "application",
      head: t("Application"),
      value: (row) => names.get(row.applicationId ?? "") ?? row.applicationId ?? "",
      fixed: true,
      minor: true,
    },
    {
      id: "channel",
      head: t("Channel"),
      value: (row) => row.channel,
      show: (row) => t(channelWord(row.channel)),
      fixed: true,
      minor: true,
    },
    { id: "messages", head: t("Messages"), value: (row) => row.deliveries, align: "end", fixed: true, minor: true },
    { id: "wrong", head: t("Wrong guesses"), value: (row) => row.wrongGuesses, align: "end", fixed: true, minor: true },
    {
      id: "took",
      head: t("Took"),
      value: (row) =>
        row.verifiedAt ? Math.round((Date.parse(row.verifiedAt) - Date.parse(row.createdAt)) / 1000) : "",
      show: (row) =>
        row.verifiedAt ? `${number((Date.parse(row.verifiedAt) - Date.parse(row.createdAt)) / 1000)} s` : "–",
      align: "end",
      fixed: true,
      minor: true,
    },
    {
      id: "created",
      head: t("Accepted"),
      value: (row) => row.createdAt,
      show: (row) => <span className="pf-num">{shortTime(row.createdAt)}</span>,
      fixed: true,
    },
  ];

  return (
    <>
      <PageHead title={t("Verifications")}>
        {t("Every PIN and what became of it. Recipients are found by the whole number or address, never shown whole.")}
      </PageHead>
      <Panel flush>
        <DataTable
          name="verifications"
          caption={t("Verifications")}
          rows={rows}
          columns={columns}
          keyOf={(row) => row.pinId}
          linkTo={(row) => `/verifications/${row.pinId}`}
          isLoading={query.isPending}
          error={query.error}
          onRetry={() => query.refetch()}
          searchable={false}
          pageSize={PAGE}
          exportAll={exportAll}
          filters={<Filters applications={applications.data ?? []} />}
          empty={
            <Empty
              icon={IconFingerprint}
              title={isFiltered ? t("Nothing matches.") : t("No PIN was sent yet")}
              action={
                isFiltered ? undefined : { label: t("Send the first PIN"), onClick: () => navigate({ to: "/start" }) }
              }
            >
              {isFiltered
                ? t("Nothing was sent that fits these filters. Loosen one of them.")
                : t("Each PIN that you send appears here within seconds, with every attempt, receipt and guess.")}
            </Empty>
          }
          footer={
            <CursorPages next={query.data?.next}>
              <span>{after ? t("Older ones") : t("Newest {{count}}", { count: rows?.length ?? 0 })}</span>
            </CursorPages>
          }
        />
      </Panel>
    </>
  );
}

function Filters({ applications }: { applications: Schemas["Application"][] }) {
  const { t } = useTranslation();
  const address = useAddress();
  const [recipient, setRecipient] = useState(address.get("recipient"));
  const search = useDebouncedCallback((value: string) => address.set({ recipient: value, after: undefined }), 300);
  const set = (name: string) => (value: string | null) => address.set({ [name]: value ?? undefined, after: undefined });
  return (
    <>
      <TextInput
        aria-label={t("Number or address")}
        placeholder={t("Whole number, address or PIN id")}
        value={recipient}
        onChange={(event) => {
          setRecipient(event.currentTarget.value);
          search(event.currentTarget.value.trim());
        }}
        data-search
      />
      <Select
        aria-label={t("Status")}
        placeholder={t("Any status")}
        clearable
        w={150}
        data={Object.keys(STATUS).map((value) => ({ value, label: t(word(STATUS, value).says) }))}
        value={address.get("status") || null}
        onChange={set("status")}
      />
      <Select
        aria-label={t("Channel")}
        placeholder={t("Any channel")}
        clearable
        w={140}
        data={Object.entries(CHANNEL).map(([value, label]) => ({ value, label: t(label) }))}
        value={address.get("channel") || null}
        onChange={set("channel")}
      />
      <Select
        aria-label={t("Application")}
        placeholder={t("All applications")}
        clearable
        w={180}
        data={applications.map((one) => ({ value: one.applicationId, label: one.name }))}
        value={address.get("application") || null}
        onChange={set("application")}
      />
      <TextInput
        type="date"
        aria-label={t("From")}
        w={145}
        value={address.get("from")}
        onChange={(event) => set("from")(event.currentTarget.value)}
      />
      <TextInput
        type="date"
        aria-label={t("Until")}
        w={145}
        value={address.get("to")}
        onChange={(event) => set("to")(event.currentTarget.value)}
      />
    </>
  );
}
