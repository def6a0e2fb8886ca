import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { client, dataOf } from "./client";

export type Grouping = "time" | "country" | "connection" | "channel" | "application";

/** How far back the dashboards look, and where their buckets begin. */
export const RANGES = {
  "1h": { minutes: 60, step: 5, bucket: "5m" },
  "24h": { minutes: 1_440, step: 60, bucket: "1h" },
  "7d": { minutes: 10_080, step: 60, bucket: "1h" },
  "30d": { minutes: 43_200, step: 1_440, bucket: "1d" },
  "90d": { minutes: 129_600, step: 1_440, bucket: "1d" },
} as const;
export type Range = keyof typeof RANGES;
export const isRange = (text: string): text is Range => text in RANGES;

/** From when to when a range goes, now. */
export function spanOf(range: Range, now = Date.now()) {
  const { minutes, step } = RANGES[range];
  const grid = step * 60_000;
  const to = Math.ceil(now / 60_000) * 60_000;
  const from = Math.floor((to - minutes * 60_000) / grid) * grid;
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

export interface Chosen {
  applicationId?: string;
  channel?: string;
  environment?: string;
}

/** Figures of a range; they refresh by themselves while somebody looks. */
export const statisticsQuery = (range: Range, by: Grouping, chosen: Chosen = {}) =>
  queryOptions({
    queryKey: ["statistics", range, by, chosen],
    queryFn: () => {
      const bucket = by === "time" ? RANGES[range].bucket : undefined;
      return dataOf(client.GET("/v1/statistics", { params: { query: { ...spanOf(range), by, bucket, ...chosen } } }));
    },
    placeholderData: keepPreviousData,
    refetchInterval: range === "1h" ? 10_000 : 30_000,
  });
