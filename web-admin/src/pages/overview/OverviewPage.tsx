import "@/styles/charts.css";
import { SegmentedControl, Select } from "@mantine/core";
import { IconChartLine } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { type Chosen, isRange, type Range, statisticsQuery } from "@/api/statistics";
import { useAddress } from "@/table/state";
import { Empty, Failure, Loading } from "@/ui/feedback";
import { PageHead, Panel, Stats } from "@/ui/layout";
import { ago, number, percent } from "@/util/format";
import { CHANNEL } from "@/words";
import { Channels, Countries, Latency, Path, Providers, Speed, Traffic } from "./charts";
import { Spend } from "./Spend";

/** How it goes: figures and charts of a range, of everything or of one application or channel. */
export function OverviewPage() {
  const { t } = useTranslation();
  const address = useAddress();
  const navigate = useNavigate();
  const asked = address.get("range");
  const range: Range = isRange(asked) ? asked : "7d";
  const chosen: Chosen = {
    applicationId: address.get("application") || undefined,
    channel: address.get("channel") || undefined,
    environment: address.get("environment") || undefined,
  };
  const series = useQuery(statisticsQuery(range, "time", chosen));
  const applications = api.useQuery("get", "/2fa/2/applications");
  const totals = series.data?.totals;
  const isEmpty = totals?.pins === 0 && !chosen.applicationId && !chosen.channel && range === "90d";

  return (
    <>
      <PageHead
        title={t("Overview")}
        actions={
          <>
            <Select
              aria-label={t("Application")}
              placeholder={t("All applications")}
              clearable
              w={190}
              data={(applications.data ?? []).map((one) => ({ value: one.applicationId, label: one.name }))}
              value={chosen.applicationId ?? null}
              onChange={(value) => address.set({ application: value ?? undefined })}
            />
            <Select
              aria-label={t("Channel")}
              placeholder={t("All channels")}
              clearable
              w={140}
              data={Object.entries(CHANNEL).map(([value, label]) => ({ value, label: t(label) }))}
              value={chosen.channel ?? null}
              onChange={(value) => address.set({ channel: value ?? undefined })}
            />
            <SegmentedControl
              aria-label={t("Range")}
              value={range}
              onChange={(value) => address.set({ range: value })}
              data={[
                { value: "1h", label: t("Hour") },
                { value: "24h", label: t("Day") },
                { value: "7d", label: t("Week") },
                { value: "30d", label: t("30 days") },
                { value: "90d", label: t("90 days") },
              ]}
            />
          </>
        }
      >
        {series.data?.asOf && t("Counted {{ago}}.", { ago: ago(series.data.asOf) })}
      </PageHead>
      {series.error ? (
        <Failure error={series.error} onRetry={() => series.refetch()} />
      ) : !totals || !series.data ? (
        <Panel>
          <Loading lines={9} />
        </Panel>
      ) : isEmpty ? (
        <Panel>
          <Empty
            icon={IconChartLine}
            title={t("Nothing was sent yet")}
            action={{ label: t("Send the first PIN"), onClick: () => navigate({ to: "/start" }) }}
          >
            {t("Once PINs go out, you see here how many arrive, how many people come through, and by which provider.")}
          </Empty>
        </Panel>
      ) : (
        <div className="pf-stack">
          <Stats
            figures={[
              {
                label: t("PINs"),
                value: number(totals.pins),
                note: t("{{messages}} messages", { messages: number(totals.messages) }),
              },
              {
                label: t("Verified"),
                value: percent(totals.pinsVerified, totals.pinsSent),
                note: t("{{verified}} of {{sent}} sent", {
                  verified: number(totals.pinsVerified),
                  sent: number(totals.pinsSent),
                }),
              },
              {
                label: t("Delivered"),
                value: percent(totals.messagesDelivered, totals.messagesSent),
                note: t("of messages, by their receipts"),
              },
              { label: t("Not sent"), value: number(totals.pinsFailed), note: percent(totals.pinsFailed, totals.pins) },
              {
                label: t("Wrong guesses"),
                value: number(totals.wrongGuesses),
                note: t("{{count}} PINs ran out", { count: totals.pinsExhausted }),
              },
            ]}
          />
          <Traffic data={series.data} range={range} />
          <div className="pf-grid">
            <Path totals={totals} />
            <Countries range={range} chosen={chosen} />
          </div>
          <div className="pf-thirds">
            <Providers range={range} chosen={chosen} />
            <Channels range={range} chosen={chosen} />
            <Spend />
          </div>
          <div className="pf-grid">
            <Speed totals={totals} />
            <Latency totals={totals} />
          </div>
        </div>
      )}
    </>
  );
}
