import "@/styles/charts.css";
import { Select } from "@mantine/core";
import { IconCash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { api, client, type Schemas } from "@/api/client";
import { useMay } from "@/api/session";
import { CapsForm } from "@/forms/caps";
import { type Column, DataTable } from "@/table/DataTable";
import { useAddress } from "@/table/state";
import { Empty, Failure, Loading } from "@/ui/feedback";
import { PageHead, Panel, Stats } from "@/ui/layout";
import { day, money, number } from "@/util/format";

type Day = Schemas["UsageDay"];

const costOf = (cost: Schemas["UsageCost"][]) => cost.map((one) => money(one.micros, one.currency)).join(" + ");

/** The last twelve months, newest first. */
function months(now = new Date()) {
  return Array.from({ length: 12 }, (_, back) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 1)).toISOString().slice(0, 7),
  );
}

/** What was sent and what it cost, day by day; and what may be. */
export function UsagePage() {
  const { t } = useTranslation();
  const may = useMay();
  const address = useAddress();
  const month = address.get("month") || undefined;
  const usage = api.useQuery("get", "/v1/usage", { params: { query: { month } } });
  const caps = api.useQuery("get", "/v1/caps");
  const applications = api.useQuery("get", "/2fa/2/applications");
  const nameOf = (id: string | undefined) =>
    applications.data?.find((one) => one.applicationId === id)?.name ?? (id ? id.slice(0, 8) : t("none"));
  const columns: Column<Day>[] = [
    { id: "day", head: t("Day"), value: (row) => row.day, show: (row) => day(row.day) },
    { id: "application", head: t("Application"), value: (row) => nameOf(row.applicationId) },
    {
      id: "messages",
      head: t("Messages"),
      value: (row) => row.messages,
      show: (row) => number(row.messages),
      align: "end",
    },
    {
      id: "lookups",
      head: t("Lookups"),
      value: (row) => row.lookups,
      show: (row) => number(row.lookups),
      align: "end",
      minor: true,
    },
    { id: "cost", head: t("Cost"), value: (row) => costOf(row.cost), align: "end" },
  ];
  return (
    <>
      <PageHead
        title={t("Usage and caps")}
        actions={
          <Select
            aria-label={t("Month")}
            w={130}
            data={months()}
            value={month ?? months()[0] ?? null}
            onChange={(value) => address.set({ month: value ?? undefined, page: undefined })}
          />
        }
      >
        {t("Days and months are of UTC. Costs are what providers and your routes' prices say.")}
      </PageHead>
      <div className="pf-stack">
        {usage.data && (
          <Stats
            figures={[
              { label: t("Messages"), value: number(usage.data.messages) },
              { label: t("Lookups"), value: number(usage.data.lookups) },
              { label: t("Cost, as far as known"), value: costOf(usage.data.cost) || "–" },
            ]}
          />
        )}
        <div className="pf-split">
          <Panel flush title={t("Day by day")}>
            <DataTable
              name={`usage-${usage.data?.month ?? ""}`}
              caption={t("Day by day")}
              rows={usage.data?.days}
              columns={columns}
              firstSort="-day"
              keyOf={(row) => `${row.day} ${row.applicationId}`}
              isLoading={usage.isPending}
              error={usage.error}
              onRetry={() => usage.refetch()}
              empty={
                <Empty icon={IconCash} title={t("Nothing was sent in this month")}>
                  {t("Messages are counted the moment they are accepted, costs when they are known.")}
                </Empty>
              }
            />
          </Panel>
          {caps.error ? (
            <Failure error={caps.error} />
          ) : caps.data ? (
            <CapsForm
              key={JSON.stringify(caps.data)}
              caps={caps.data}
              title={t("Caps of the organization")}
              about={t(
                "For all applications together. Past a cap every send is refused until the day or month is over.",
              )}
              disabled={!may("config:write")}
              save={(body) => client.PUT("/v1/caps", { body })}
              stale={["/v1/caps"]}
            />
          ) : (
            <Loading />
          )}
        </div>
      </div>
    </>
  );
}
