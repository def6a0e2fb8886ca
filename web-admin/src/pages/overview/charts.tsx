import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { type Chosen, type Grouping, type Range, statisticsQuery } from "@/api/statistics";
import { Bars, Columns, Funnel } from "@/charts/Bars";
import { Legend, TimeChart } from "@/charts/TimeChart";
import { Failure, Loading } from "@/ui/feedback";
import { Panel } from "@/ui/layout";
import { country, dateTime, day, number, percent, shortTime } from "@/util/format";
import { channelWord } from "@/words";

type Figures = Schemas["StatisticsFigures"];

/** Sent, delivered and verified over time. */
export function Traffic({ data, range }: { data: Schemas["Statistics"]; range: Range }) {
  const { t } = useTranslation();
  const series = [
    { name: t("PINs"), color: "var(--pf-chart-3)", values: data.groups.map((group) => group.pins), area: true },
    { name: t("Delivered"), color: "var(--pf-chart-2)", values: data.groups.map((group) => group.pinsDelivered) },
    {
      name: t("Verified"),
      color: "var(--pf-chart-1)",
      values: data.groups.map((group) => group.pinsVerified),
      area: true,
    },
  ];
  const isDaily = data.bucket === "1d";
  const hour = (time: string) => new Date(time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return (
    <Panel title={t("PINs over time")} actions={<Legend series={series} />}>
      <TimeChart
        label={t("PINs accepted, delivered and verified over time")}
        times={data.groups.map((group) => group.key)}
        series={series}
        short={isDaily ? day : range === "7d" ? day : hour}
        long={isDaily ? day : range === "7d" ? shortTime : dateTime}
      />
    </Panel>
  );
}

/** How many come through. */
export function Path({ totals }: { totals: Figures }) {
  const { t } = useTranslation();
  const whole = totals.pins || 1;
  const stages = [
    { name: t("Accepted"), count: totals.pins },
    { name: t("Sent"), count: totals.pinsSent },
    { name: t("Delivered"), count: totals.pinsDelivered },
    { name: t("Verified"), count: totals.pinsVerified },
  ];
  return (
    <Panel
      title={t("From send to verified")}
      about={t("Providers without receipts say nothing of delivery; such PINs may be verified all the same.")}
    >
      <Funnel
        stages={stages.map(({ name, count }) => ({
          name,
          value: number(count),
          note: percent(count, totals.pins),
          part: count / whole,
        }))}
      />
    </Panel>
  );
}

interface GroupsProps {
  range: Range;
  chosen: Chosen;
}

/** Conversion by one grouping, as ranked bars. */
function Ranked({
  range,
  chosen,
  by,
  title,
  nameOf,
  about,
}: GroupsProps & {
  by: Grouping;
  title: string;
  about: string;
  nameOf: (group: { key: string; name?: string }) => string;
}) {
  const { t } = useTranslation();
  const { data, error } = useQuery(statisticsQuery(range, by, chosen));
  const groups = (data?.groups ?? []).filter((group) => group.pins > 0).slice(0, 8);
  return (
    <Panel title={title} about={about}>
      {error ? (
        <Failure error={error} />
      ) : !data ? (
        <Loading />
      ) : groups.length === 0 ? (
        <p className="pf-soft">{t("Nothing in this range.")}</p>
      ) : (
        <Bars
          bars={groups.map((group) => ({
            key: group.key,
            name: nameOf(group),
            part: group.pinsSent ? group.pinsVerified / group.pinsSent : 0,
            value: percent(group.pinsVerified, group.pinsSent),
            note: t("{{pins}} PINs", { pins: number(group.pins) }),
          }))}
        />
      )}
    </Panel>
  );
}

export function Countries(props: GroupsProps) {
  const { t } = useTranslation();
  return (
    <Ranked
      {...props}
      by="country"
      title={t("Conversion by country")}
      about={t("Verified PINs per sent one; most traffic first.")}
      nameOf={(group) => (group.key ? country(group.key) : t("Unknown"))}
    />
  );
}

export function Providers(props: GroupsProps) {
  const { t } = useTranslation();
  return (
    <Ranked
      {...props}
      by="connection"
      title={t("Providers compared")}
      about={t("The same measure, by the provider that took the last message.")}
      nameOf={(group) => group.name ?? (group.key ? group.key.slice(0, 8) : t("None"))}
    />
  );
}

export function Channels(props: GroupsProps) {
  const { t } = useTranslation();
  return (
    <Ranked
      {...props}
      by="channel"
      title={t("Channels")}
      about={t("The channel of a PIN's last message.")}
      nameOf={(group) => t(channelWord(group.key))}
    />
  );
}

/** How long providers take to answer. */
export function Latency({ totals }: { totals: Figures }) {
  const { t } = useTranslation();
  const names: Record<string, string> = {
    100: "≤ 0.1 s",
    300: "≤ 0.3 s",
    1000: "≤ 1 s",
    3000: "≤ 3 s",
    10000: "≤ 10 s",
  };
  const whole = totals.handOver.reduce((sum, one) => sum + one.messages, 0);
  return (
    <Panel title={t("Time to the provider's answer")} about={t("Messages by how long the hand-over took.")}>
      <Columns
        label={t("Time to the provider's answer")}
        columns={totals.handOver.map((one) => ({
          name: one.upToMs == null ? "> 10 s" : (names[one.upToMs] ?? `≤ ${one.upToMs} ms`),
          part: whole ? one.messages / whole : 0,
          value: percent(one.messages, whole, 0),
        }))}
      />
    </Panel>
  );
}

/** How long people take. */
export function Speed({ totals }: { totals: Figures }) {
  const { t } = useTranslation();
  const whole = totals.verifiedAfter.reduce((sum, one) => sum + one.pins, 0);
  const name = (seconds?: number | null) =>
    seconds == null ? "> 5 min" : seconds < 60 ? `≤ ${seconds} s` : `≤ ${seconds / 60} min`;
  return (
    <Panel title={t("Time to the right guess")} about={t("From the send to the moment a person typed the code.")}>
      <Columns
        label={t("Time to the right guess")}
        columns={totals.verifiedAfter.map((one) => ({
          name: name(one.upToSeconds),
          part: whole ? one.pins / whole : 0,
          value: percent(one.pins, whole, 0),
        }))}
      />
    </Panel>
  );
}
