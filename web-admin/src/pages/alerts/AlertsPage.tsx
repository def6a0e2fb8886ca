import { Button, Menu, Select } from "@mantine/core";
import { IconBell, IconBellOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { api, client, type Schemas } from "@/api/client";
import { useMay } from "@/api/session";
import { useChange } from "@/forms/change";
import { CursorPages } from "@/table/CursorPages";
import { type Column, DataTable } from "@/table/DataTable";
import { useAddress } from "@/table/state";
import { Empty, Failure, Note, Status } from "@/ui/feedback";
import { PageHead, Panel } from "@/ui/layout";
import { ago, shortTime } from "@/util/format";

type Alert = Schemas["Alert"];
const PATH = "/v1/alerts";
const MUTES = "/v1/alert-mutes";
const HOUR_MS = 3_600_000;

const KINDS: Record<string, { says: string }> = {
  number_failures: { says: "A number fails again and again" },
  failure_ratio: { says: "Many checks fail" },
  lockouts: { says: "Many numbers are locked" },
  spraying: { says: "Somebody guesses at many PINs" },
  fraud_recorded: { says: "Sends look like fraud" },
  fraud_blocked: { says: "Sends were refused as fraud" },
  daily_cap: { says: "The day's cap is near or reached" },
  monthly_cap: { says: "The month's cap is near or reached" },
};

/** What needs somebody's eye. */
export function AlertsPage() {
  const { t } = useTranslation();
  const may = useMay();
  const address = useAddress();
  const seen = address.get("seen") || "false";
  const query = {
    acknowledged: seen === "all" ? undefined : seen === "true",
    kind: address.get("kind") || undefined,
    after: address.get("after") || undefined,
    size: 50,
  };
  const { data, error, isPending, refetch } = api.useQuery(
    "get",
    PATH,
    { params: { query } },
    { refetchInterval: 15_000 },
  );
  const mutes = api.useQuery("get", MUTES);
  const acknowledge = useChange({
    run: (id: string) => client.PUT("/v1/alerts/{id}/acknowledgement", { params: { path: { id } } }),
    stale: [PATH],
    says: t("Noted that somebody saw it."),
  });
  const mute = useChange({
    run: ({ kind, hours }: { kind: string; hours: number }) => {
      const others = (mutes.data?.mutes ?? []).filter((one) => one.kind !== kind);
      const until = new Date(Date.now() + hours * HOUR_MS).toISOString();
      return client.PUT(MUTES, { body: { mutes: hours > 0 ? [...others, { kind, until }] : others } });
    },
    stale: [MUTES],
    says: t("Saved."),
  });
  const kindWord = (kind: string) => t(KINDS[kind]?.says ?? kind);
  const columns: Column<Alert>[] = [
    { id: "kind", head: t("What"), value: (row) => kindWord(row.kind), fixed: true },
    { id: "about", head: t("About"), value: (row) => row.about, show: (row) => <code>{row.about}</code>, fixed: true },
    {
      id: "figures",
      head: t("Figures"),
      value: (row) =>
        Object.entries(row.figures)
          // `about` begins with it.
          .filter(([name]) => name !== "rule")
          .map(([name, value]) => `${name} ${value}`)
          .join(", "),
      fixed: true,
      minor: true,
    },
    { id: "times", head: t("Times"), value: (row) => row.times, align: "end", fixed: true, minor: true },
    { id: "last", head: t("Last"), value: (row) => row.lastAt, show: (row) => ago(row.lastAt), fixed: true },
    {
      id: "state",
      head: t("State"),
      value: (row) => row.acknowledgedAt ?? "",
      show: (row) =>
        row.acknowledgedAt ? (
          <Status tone="plain">{t("Seen {{at}}", { at: shortTime(row.acknowledgedAt) })}</Status>
        ) : may("alerts:manage") ? (
          <Button
            size="compact-xs"
            variant="default"
            loading={acknowledge.isPending && acknowledge.variables === row.id}
            onClick={() => acknowledge.mutate(row.id)}
          >
            {t("I saw it")}
          </Button>
        ) : (
          <Status tone="warn">{t("Open")}</Status>
        ),
      fixed: true,
    },
  ];
  return (
    <>
      <PageHead
        title={t("Alerts")}
        actions={
          may("alerts:manage") && (
            <Menu position="bottom-end">
              <Menu.Target>
                <Button variant="default" leftSection={<IconBellOff size={16} />}>
                  {t("Mute for a day")}
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                {Object.keys(KINDS).map((kind) => (
                  <Menu.Item key={kind} onClick={() => mute.mutate({ kind, hours: 24 })}>
                    {kindWord(kind)}
                  </Menu.Item>
                ))}
              </Menu.Dropdown>
            </Menu>
          )
        }
      >
        {t(
          "Owners and admins get a mail as they are raised, webhooks of the type alert.raised hear of them. What is muted is listed all the same.",
        )}
      </PageHead>
      <div className="pf-stack">
        <Failure error={acknowledge.error ?? mute.error} />
        {mutes.data?.mutes.map((one) => (
          <Note key={one.kind}>
            {t("Muted until {{until}}: {{kind}}.", { kind: kindWord(one.kind), until: shortTime(one.until) })}{" "}
            {may("alerts:manage") && (
              <button type="button" className="pf-link" onClick={() => mute.mutate({ kind: one.kind, hours: 0 })}>
                {t("Hear of it again")}
              </button>
            )}
          </Note>
        ))}
        <Panel flush>
          <DataTable
            name="alerts"
            caption={t("Alerts")}
            rows={data?.alerts}
            columns={columns}
            keyOf={(row) => row.id}
            isLoading={isPending}
            error={error}
            onRetry={() => refetch()}
            searchable={false}
            pageSize={50}
            filters={
              <>
                <Select
                  aria-label={t("State")}
                  w={150}
                  data={[
                    { value: "false", label: t("Open") },
                    { value: "true", label: t("Seen") },
                    { value: "all", label: t("All") },
                  ]}
                  value={seen}
                  onChange={(value) => address.set({ seen: value ?? undefined, after: undefined })}
                />
                <Select
                  aria-label={t("What")}
                  placeholder={t("Any kind")}
                  clearable
                  w={260}
                  data={Object.keys(KINDS).map((value) => ({ value, label: kindWord(value) }))}
                  value={address.get("kind") || null}
                  onChange={(value) => address.set({ kind: value ?? undefined, after: undefined })}
                />
              </>
            }
            empty={
              <Empty icon={IconBell} title={t("Nothing needs your eye")}>
                {t("Numbers that fail again and again, sends that look pumped and caps that are reached appear here.")}
              </Empty>
            }
            footer={<CursorPages next={data?.next} />}
          />
        </Panel>
      </div>
    </>
  );
}
