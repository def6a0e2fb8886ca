import { useTranslation } from "react-i18next";
import type { PlatformPartition } from "@/api/platform";
import { Bars } from "@/charts/Bars";
import { Note } from "@/ui/feedback";
import { Panel } from "@/ui/layout";
import { millis, number } from "@/util/format";

/** The busiest ones are worth a look; all of them are in the metrics. */
const SHOWN = 8;

const waiting = ({ queues }: PlatformPartition) => (queues ? queues.jobs + queues.due + queues.events : 0);

/** Where it waits: a partition is a share of the organizations, on one shard of Redis. */
export function Partitions({ partitions }: { partitions: PlatformPartition[] }) {
  const { t } = useTranslation();
  const silent = partitions.filter(({ queues }) => !queues).map((one) => one.number);
  const busy = partitions.filter((one) => waiting(one) > 0).sort((one, other) => waiting(other) - waiting(one));
  const most = Math.max(1, ...busy.map(waiting));
  return (
    <Panel
      title={t("Partitions")}
      about={t("Each is a share of the organizations, on one shard of Redis. There are {{total}}.", {
        total: partitions.length,
      })}
    >
      {silent.length > 0 && (
        <Note tone="bad">{t("These do not answer: {{numbers}}", { numbers: silent.join(", ") })}</Note>
      )}
      {busy.length === 0 ? (
        <p className="pf-soft">{t("Nothing waits in any of them.")}</p>
      ) : (
        <Bars
          bars={busy.slice(0, SHOWN).map((one) => ({
            key: String(one.number),
            name: t("Partition {{number}}", { number: one.number }),
            part: waiting(one) / most,
            value: number(waiting(one)),
            note: one.queues?.oldestMs ? t("oldest {{age}}", { age: millis(one.queues.oldestMs) }) : undefined,
          }))}
        />
      )}
    </Panel>
  );
}
