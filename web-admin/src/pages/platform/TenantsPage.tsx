import { Button } from "@mantine/core";
import { IconBuilding } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, client } from "@/api/client";
import { TENANTS, type TenantFigures } from "@/api/platform";
import { useChange } from "@/forms/change";
import { Suspend } from "@/forms/suspend";
import { type Column, DataTable } from "@/table/DataTable";
import { Empty, Failure, Status } from "@/ui/feedback";
import { PageHead, Panel, Stats } from "@/ui/layout";
import { number, percent, shortTime } from "@/util/format";

/** Everybody whom this platform serves, for those who run it. */
export function TenantsPage() {
  const { t } = useTranslation();
  const [closing, setClosing] = useState<TenantFigures>();
  const { data, error, isPending, refetch } = api.useQuery("get", TENANTS, undefined, { refetchInterval: 30_000 });
  const resume = useChange({
    run: (id: string) => client.DELETE("/v1/operator/tenants/{id}/suspension", { params: { path: { id } } }),
    stale: [TENANTS],
    says: t("The organization is open again."),
  });
  const tenants = data?.tenants ?? [];
  const sum = (figure: (tenant: TenantFigures) => number) => tenants.reduce((all, tenant) => all + figure(tenant), 0);
  const columns: Column<TenantFigures>[] = [
    {
      id: "name",
      head: t("Organization"),
      value: (row) => row.name,
      show: (row) => (
        <>
          {row.name} <code className="pf-soft">{row.slug}</code>
        </>
      ),
    },
    {
      id: "state",
      head: t("State"),
      value: (row) => (row.suspendedAt ? t("Suspended") : t("Open")),
      show: (row) => (
        <span title={row.suspensionReason ?? undefined}>
          <Status tone={row.suspendedAt ? "bad" : "good"}>{row.suspendedAt ? t("Suspended") : t("Open")}</Status>
        </span>
      ),
    },
    { id: "reason", head: t("Reason"), value: (row) => row.suspensionReason ?? "", minor: true },
    {
      id: "sends",
      head: t("PINs in a day"),
      value: (row) => row.sends24h,
      show: (row) => number(row.sends24h),
      align: "end",
    },
    {
      id: "verified",
      head: t("Verified"),
      value: (row) => (row.sends24h ? row.verified24h / row.sends24h : 0),
      show: (row) => percent(row.verified24h, row.sends24h),
      align: "end",
      minor: true,
    },
    { id: "members", head: t("Members"), value: (row) => row.members, align: "end", minor: true },
    { id: "applications", head: t("Applications"), value: (row) => row.applications, align: "end", minor: true },
    { id: "keys", head: t("API keys"), value: (row) => row.apiKeys, align: "end", minor: true },
    {
      id: "since",
      head: t("Since"),
      value: (row) => row.createdAt,
      show: (row) => shortTime(row.createdAt),
      minor: true,
    },
    {
      id: "deeds",
      head: "",
      value: () => "",
      fixed: true,
      align: "end",
      show: (row) =>
        row.suspendedAt ? (
          <Button
            size="compact-xs"
            variant="default"
            loading={resume.isPending && resume.variables === row.id}
            aria-label={t("Open {{name}} again", { name: row.name })}
            onClick={() => resume.mutate(row.id)}
          >
            {t("Open again")}
          </Button>
        ) : (
          <Button
            size="compact-xs"
            variant="default"
            aria-label={t("Suspend {{name}}", { name: row.name })}
            onClick={() => setClosing(row)}
          >
            {t("Suspend")}
          </Button>
        ),
    },
  ];
  return (
    <>
      <PageHead title={t("Organizations")}>
        {t("Everybody whom this platform serves. One that is suspended can neither send nor verify nor sign in.")}
      </PageHead>
      <div className="pf-stack">
        {data && (
          <Stats
            figures={[
              { label: t("Organizations"), value: number(tenants.length) },
              { label: t("Suspended"), value: number(tenants.filter((one) => one.suspendedAt).length) },
              { label: t("PINs in a day"), value: number(sum((one) => one.sends24h)) },
              {
                label: t("Verified"),
                value: percent(
                  sum((one) => one.verified24h),
                  sum((one) => one.sends24h),
                ),
              },
            ]}
          />
        )}
        <Failure error={resume.error} />
        <Panel flush>
          <DataTable
            name="organizations"
            caption={t("Organizations")}
            rows={data?.tenants}
            columns={columns}
            keyOf={(row) => row.id}
            isLoading={isPending}
            error={error}
            onRetry={() => refetch()}
            firstSort="-sends"
            empty={
              <Empty icon={IconBuilding} title={t("Nobody yet")}>
                {t("Whoever signs up appears here.")}
              </Empty>
            }
          />
        </Panel>
      </div>
      <Suspend key={closing?.id} tenant={closing} onClose={() => setClosing(undefined)} />
    </>
  );
}
