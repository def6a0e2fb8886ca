import { Button, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, client, dataOf, type Schemas } from "@/api/client";
import { useMay } from "@/api/session";
import { useChange } from "@/forms/change";
import { ProviderForm } from "@/forms/provider";
import { vendorOf } from "@/forms/vendors";
import { Confirm } from "@/ui/Confirm";
import { Copyable } from "@/ui/Copy";
import { Failure, Loading, Note, Status } from "@/ui/feedback";
import { Facts, PageHead, Panel } from "@/ui/layout";
import { WordMark } from "@/ui/Word";
import { ago, millis, number } from "@/util/format";
import { BREAKER, channelWord, OUTCOME } from "@/words";

/** One connection: its settings, how it does, and a test message. */
export function ProviderPage() {
  const { t } = useTranslation();
  const may = useMay();
  const navigate = useNavigate();
  const [isAsking, asking] = useDisclosure();
  const { id } = useParams({ from: "/inside/providers/$id" });
  const params = { path: { id } };
  const { data, error, refetch } = api.useQuery("get", "/v1/connections/{id}", { params });
  const remove = useChange({
    run: () => client.DELETE("/v1/connections/{id}", { params }),
    stale: ["/v1/connections"],
    says: t("The connection is gone."),
    onDone: () => navigate({ to: "/providers" }),
  });
  if (error) return <Failure error={error} onRetry={() => refetch()} />;
  if (!data) return <Loading lines={8} />;
  const vendor = vendorOf(data.provider.kind);
  const isFixed = !may("config:write");
  return (
    <>
      <PageHead
        title={data.name}
        actions={
          <>
            <Status tone={data.enabled ? "good" : "plain"}>{data.enabled ? t("Enabled") : t("Disabled")}</Status>
            <Button variant="default" disabled={isFixed} onClick={asking.open}>
              {t("Delete")}
            </Button>
          </>
        }
      >
        <Copyable text={data.id} />
      </PageHead>
      <div className="pf-split">
        <Panel title={vendor?.name ?? data.provider.kind} about={vendor && t(vendor.about)}>
          {vendor ? (
            <ProviderForm
              key={JSON.stringify(data)}
              vendor={vendor}
              connection={data}
              disabled={isFixed}
              onDone={() => undefined}
            />
          ) : (
            <Note>{t("This console does not know this kind of connection. The API does.")}</Note>
          )}
        </Panel>
        <div className="pf-stack">
          <HealthPanel id={id} />
          <TestPanel id={id} carries={vendor?.carries ?? []} disabled={isFixed} />
          {data.receiptUrl && <ReceiptPanel connection={data} disabled={isFixed} />}
        </div>
      </div>
      <Confirm
        opened={isAsking}
        onClose={asking.close}
        title={t("Delete the connection?")}
        verb={t("Delete")}
        typed={data.name}
        loading={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate(undefined)}
      >
        {t("Its credentials are erased. A connection that a route uses cannot be deleted.")}
      </Confirm>
    </>
  );
}

function HealthPanel({ id }: { id: string }) {
  const { t } = useTranslation();
  const { data, error } = api.useQuery(
    "get",
    "/v1/connections/{id}/health",
    { params: { path: { id } } },
    { refetchInterval: 10_000 },
  );
  return (
    <Panel title={t("Health")}>
      {error ? (
        <Failure error={error} />
      ) : !data ? (
        <Loading lines={3} />
      ) : data.workers.length === 0 ? (
        <p className="pf-soft">{t("No worker used it lately.")}</p>
      ) : (
        data.workers.map((worker) => (
          <Facts
            key={`${worker.sinceMs}`}
            facts={[
              [t("State"), <WordMark key="state" table={BREAKER} of={worker.breaker} />],
              [t("On their way"), number(worker.onTheirWay)],
              [t("Taken"), number(worker.accepted)],
              [t("Failed for now"), number(worker.temporary)],
              [t("Refused"), number(worker.permanent)],
              [t("No answer"), number(worker.unknown)],
              [t("Answers in"), worker.latencyMs ? millis(worker.latencyMs) : undefined],
              [
                t("Last failure"),
                worker.lastFailure && (
                  <>
                    <code>{worker.lastFailure}</code> {worker.lastFailureMs ? ago(worker.lastFailureMs) : ""}
                  </>
                ),
              ],
            ]}
          />
        ))
      )}
    </Panel>
  );
}

function TestPanel({ id, carries, disabled }: { id: string; carries: string[]; disabled: boolean }) {
  const { t } = useTranslation();
  const form = useForm({ initialValues: { to: "", channel: carries[0] ?? "sms" } });
  const test = useChange({
    run: (body: { to: string; channel: string }) =>
      dataOf(client.POST("/v1/connections/{id}/test", { params: { path: { id } }, body })),
    stale: ["/v1/connections/{id}/health"],
    form,
  });
  return (
    <form onSubmit={form.onSubmit((values) => test.mutate(values))}>
      <Panel
        title={t("Send a test")}
        about={t("A real message through this connection, enabled or not. It costs what a message costs.")}
        footer={
          <Button type="submit" variant="default" loading={test.isPending} disabled={disabled}>
            {t("Send")}
          </Button>
        }
      >
        <Stack>
          <TextInput
            label={t("To")}
            placeholder="+41 79 302 67 27"
            required
            disabled={disabled}
            {...form.getInputProps("to")}
          />
          {carries.length > 1 && (
            <Select
              label={t("Channel")}
              data={carries.map((value) => ({ value, label: t(channelWord(value)) }))}
              disabled={disabled}
              {...form.getInputProps("channel")}
            />
          )}
          <Failure error={test.error} />
          {test.data && <TestResult result={test.data} />}
        </Stack>
      </Panel>
    </form>
  );
}

function TestResult({ result }: { result: Schemas["ConnectionTest"] }) {
  const { t } = useTranslation();
  return (
    <Facts
      facts={[
        [t("Outcome"), <WordMark key="outcome" table={OUTCOME} of={result.outcome} />],
        [t("Reason"), result.reason && <code key="reason">{result.reason}</code>],
        [t("Answer took"), millis(result.latencyMs)],
        [t("Provider's id"), result.providerId && <code key="id">{result.providerId}</code>],
      ]}
    />
  );
}

function ReceiptPanel({ connection, disabled }: { connection: Schemas["Connection"]; disabled: boolean }) {
  const { t } = useTranslation();
  const [isAsking, asking] = useDisclosure();
  const replace = useChange({
    run: () => client.POST("/v1/connections/{id}/receipt-url", { params: { path: { id: connection.id } } }),
    stale: ["/v1/connections/{id}"],
    says: t("The new address works now."),
    onDone: asking.close,
  });
  return (
    <Panel
      title={t("Delivery receipts")}
      about={t("Give this address to the provider as its webhook. It is a secret.")}
      footer={
        <Button variant="default" disabled={disabled} onClick={asking.open}>
          {t("Replace it")}
        </Button>
      }
    >
      <Copyable text={connection.receiptUrl ?? ""} />
      <Confirm
        opened={isAsking}
        onClose={asking.close}
        title={t("Replace the address?")}
        verb={t("Replace")}
        loading={replace.isPending}
        error={replace.error}
        onConfirm={() => replace.mutate(undefined)}
      >
        {t("Receipts to the old address are refused at once. Tell the provider the new one.")}
      </Confirm>
    </Panel>
  );
}
