import { Button, Drawer, Select } from "@mantine/core";
import { IconSend } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { api, client, type Schemas } from "@/api/client";
import { useChange } from "@/forms/change";
import { CursorPages } from "@/table/CursorPages";
import { type Column, DataTable } from "@/table/DataTable";
import { useAddress } from "@/table/state";
import { CodeBlock } from "@/ui/Copy";
import { Empty, Failure, Loading } from "@/ui/feedback";
import { Facts, Panel } from "@/ui/layout";
import { WordMark } from "@/ui/Word";
import { dateTime, shortTime } from "@/util/format";
import { WEBHOOK, word } from "@/words";

type Message = Schemas["WebhookMessage"];
const MESSAGES = "/v1/webhook-endpoints/{id}/messages";
const ONE = "/v1/webhook-endpoints/{id}/messages/{messageId}";

/** What an endpoint was told. */
export function Messages({ id, disabled }: { id: string; disabled: boolean }) {
  const { t } = useTranslation();
  const address = useAddress();
  const after = address.get("after") || undefined;
  const status = address.get("status") || undefined;
  const { data, error, isPending, refetch } = api.useQuery(
    "get",
    MESSAGES,
    { params: { path: { id }, query: { after, status, size: 25 } } },
    { refetchInterval: 10_000 },
  );
  const columns: Column<Message>[] = [
    {
      id: "type",
      head: t("Type"),
      value: (row) => row.type,
      show: (row) => (
        <button type="button" className="pf-link" onClick={() => address.set({ message: row.id })}>
          <code>{row.type}</code>
        </button>
      ),
      fixed: true,
    },
    {
      id: "status",
      head: t("Status"),
      value: (row) => row.status,
      show: (row) => <WordMark table={WEBHOOK} of={row.status} />,
      fixed: true,
    },
    { id: "attempts", head: t("Attempts"), value: (row) => row.attempts, align: "end", fixed: true, minor: true },
    {
      id: "outcome",
      head: t("Last outcome"),
      value: (row) => row.lastOutcome ?? "",
      show: (row) => row.lastOutcome && <code>{row.lastOutcome}</code>,
      fixed: true,
      minor: true,
    },
    {
      id: "at",
      head: t("Queued"),
      value: (row) => row.createdAt,
      show: (row) => shortTime(row.createdAt),
      fixed: true,
    },
  ];
  return (
    <Panel title={t("Deliveries")} flush>
      <DataTable
        name="webhook-messages"
        caption={t("Deliveries")}
        rows={data?.messages}
        columns={columns}
        keyOf={(row) => row.id}
        isLoading={isPending}
        error={error}
        onRetry={() => refetch()}
        searchable={false}
        filters={
          <Select
            aria-label={t("Status")}
            placeholder={t("Any status")}
            clearable
            data={Object.keys(WEBHOOK).map((value) => ({ value, label: t(word(WEBHOOK, value).says) }))}
            value={status ?? null}
            onChange={(value) => address.set({ status: value ?? undefined, after: undefined })}
          />
        }
        empty={
          <Empty icon={IconSend} title={t("Nothing yet")}>
            {t("What this endpoint is told appears here. Send a test to see it work.")}
          </Empty>
        }
        footer={<CursorPages next={data?.next} />}
      />
      <Drawer
        opened={address.get("message") !== ""}
        onClose={() => address.set({ message: undefined })}
        position="right"
        size="lg"
        title={t("Delivery")}
      >
        {address.get("message") && <Detail id={id} messageId={address.get("message")} disabled={disabled} />}
      </Drawer>
    </Panel>
  );
}

function Detail({ id, messageId, disabled }: { id: string; messageId: string; disabled: boolean }) {
  const { t } = useTranslation();
  const params = { path: { id, messageId } };
  const { data, error } = api.useQuery("get", ONE, { params });
  const replay = useChange({
    run: () => client.POST("/v1/webhook-endpoints/{id}/messages/{messageId}/replay", { params }),
    stale: [MESSAGES, ONE],
    says: t("It is told again."),
  });
  if (error) return <Failure error={error} />;
  if (!data) return <Loading />;
  return (
    <div className="pf-stack">
      <Facts
        facts={[
          [t("Type"), <code key="type">{data.type}</code>],
          [t("Status"), <WordMark key="status" table={WEBHOOK} of={data.status} />],
          [t("Happened"), dateTime(data.timestamp)],
          [t("Id"), <code key="id">{data.webhookId}</code>],
          [t("Next attempt"), data.nextAttemptAt && dateTime(data.nextAttemptAt)],
        ]}
      />
      <CodeBlock text={JSON.stringify(data.data, null, 2)} label={t("What it tells")} />
      <h3>{t("Attempts")}</h3>
      <Facts
        facts={data.attemptLog.map((attempt) => [
          dateTime(attempt.endedAt),
          <span key={attempt.number}>
            <code>{attempt.statusCode ?? attempt.outcome}</code> {attempt.durationMs} ms
          </span>,
        ])}
      />
      <Failure error={replay.error} />
      <div>
        <Button
          variant="default"
          disabled={disabled}
          loading={replay.isPending}
          onClick={() => replay.mutate(undefined)}
        >
          {t("Tell it again")}
        </Button>
      </div>
    </div>
  );
}
