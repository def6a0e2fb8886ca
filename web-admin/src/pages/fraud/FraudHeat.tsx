import "@/styles/charts.css";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { client, dataOf, type Schemas } from "@/api/client";
import { DECISIONS } from "@/api/fraud";
import { Heat } from "@/charts/Heat";
import { Panel } from "@/ui/layout";
import { shortTime } from "@/util/format";

const HOUR = 3_600_000;
const HOURS = 24;
const ROWS = 8;

/** Where it burns: what was suspicious in the last day, by prefix or country and hour. Nothing where nothing was. */
export function FraudHeat() {
  const { t } = useTranslation();
  const { data } = useQuery({
    queryKey: [DECISIONS, "heat"],
    queryFn: () => {
      const from = new Date(Date.now() - HOURS * HOUR).toISOString();
      return dataOf(client.GET(DECISIONS, { params: { query: { from, size: 200 } } }));
    },
    refetchInterval: 30_000,
  });
  if (!data?.decisions.length) return null;
  return (
    <Panel
      title={t("Where it burns")}
      about={t(
        "Suspicious sends of the last day by prefix or country; the stronger the colour, the more in that hour.",
      )}
    >
      <Heat label={t("Suspicious sends")} {...heatOf(data.decisions, Date.now())} />
    </Panel>
  );
}

/** The hottest rows of a day's decisions, hour by hour. */
export function heatOf(decisions: Schemas["FraudDecision"][], now: number) {
  const last = Math.floor(now / HOUR);
  const rows = new Map<string, number[]>();
  for (const { about, at, alike } of decisions) {
    const column = HOURS - 1 - (last - Math.floor(Date.parse(at) / HOUR));
    const counts = rows.get(about) ?? new Array<number>(HOURS).fill(0);
    if (column >= 0 && column < HOURS) counts[column] = (counts[column] ?? 0) + alike;
    rows.set(about, counts);
  }
  const sum = (counts: number[]) => counts.reduce((all, count) => all + count, 0);
  return {
    columns: Array.from({ length: HOURS }, (_, index) => shortTime((last - HOURS + 1 + index) * HOUR)),
    rows: [...rows]
      .map(([name, counts]) => ({ name, counts }))
      .sort((one, other) => sum(other.counts) - sum(one.counts))
      .slice(0, ROWS),
  };
}
