import "@/styles/charts.css";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { HEALTH } from "@/api/platform";
import { Bars } from "@/charts/Bars";
import { Failure, Loading, Note, Status } from "@/ui/feedback";
import { Facts, PageHead, Panel, Stats } from "@/ui/layout";
import { ago, millis, number } from "@/util/format";
import { Partitions } from "./Partitions";
import { Processes } from "./Processes";

/** Whether all of it works, and what waits, for those who run it. */
export function HealthPage() {
  const { t } = useTranslation();
  const { data, error, refetch } = api.useQuery("get", HEALTH, undefined, { refetchInterval: 5_000 });
  const mark = (ok: boolean) => <Status tone={ok ? "good" : "bad"}>{ok ? t("Answers") : t("Does not answer")}</Status>;
  const queues = data?.queues;
  const waiting = queues
    ? [
        { key: "jobs", name: t("Messages to hand over"), count: queues.jobs },
        { key: "parked", name: t("Messages that wait for their organization's turn"), count: queues.parked },
        { key: "due", name: t("Attempts that wait for their time"), count: queues.due },
        { key: "events", name: t("Events to record"), count: queues.events },
      ]
    : [];
  const most = Math.max(1, ...waiting.map(({ count }) => count));
  return (
    <>
      <PageHead
        title={t("Platform health")}
        actions={
          data && (
            <Status tone={data.ready ? "good" : "bad"}>
              {data.ready ? t("Sends and verifies") : t("Cannot send or verify")}
            </Status>
          )
        }
      >
        {t("Stores, queues and processes, as of a few seconds ago.")}
      </PageHead>
      {error && !data ? (
        <Failure error={error} onRetry={() => refetch()} />
      ) : !data || !queues ? (
        <Panel>
          <Loading lines={6} />
        </Panel>
      ) : (
        <div className="pf-stack">
          <Stats
            figures={[
              { label: "PostgreSQL", value: mark(data.postgres.ok) },
              { label: "Redis", value: mark(data.redis.ok) },
              { label: t("Waiting"), value: number(queues.jobs + queues.parked), note: t("messages") },
              {
                label: t("Oldest message"),
                value: queues.oldestMs > 0 ? millis(queues.oldestMs) : "–",
                note: t("in the queue"),
              },
              {
                label: t("Given up"),
                value: number(queues.dead),
                note: <Link to="/platform/dead-letters">{t("Dead letters")}</Link>,
              },
            ]}
          />
          <div className="pf-grid">
            <Panel title={t("What waits")} about={t("Over all partitions of the queue.")}>
              <Bars
                bars={waiting.map(({ key, name, count }) => ({ key, name, part: count / most, value: number(count) }))}
              />
            </Panel>
            <Partitions partitions={data.partitions} />
            <Panel title={t("Organizations that leave")} about={t("Their data is being erased.")}>
              {data.offboardings.length === 0 ? (
                <p className="pf-soft">{t("None at the moment.")}</p>
              ) : (
                <Facts facts={data.offboardings.map((one) => [one.slug, ago(one.startedAt)])} />
              )}
            </Panel>
          </div>
          <Processes processes={data.processes} />
          {!data.ready && (
            <Note tone="bad">
              {t("Sends are refused until the stores answer again. The runbooks say what to look at first.")}
            </Note>
          )}
        </div>
      )}
    </>
  );
}
