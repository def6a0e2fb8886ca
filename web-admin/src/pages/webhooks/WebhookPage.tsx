import { Button, Modal } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, client, dataOf } from "@/api/client";
import { useMay } from "@/api/session";
import { useChange } from "@/forms/change";
import { WebhookForm } from "@/forms/webhook";
import { Confirm } from "@/ui/Confirm";
import { Copyable } from "@/ui/Copy";
import { Failure, Loading, Note, Status } from "@/ui/feedback";
import { PageHead, Panel } from "@/ui/layout";
import { ago } from "@/util/format";
import { Messages } from "./Messages";

const ONE = "/v1/webhook-endpoints/{id}";
const MESSAGES = "/v1/webhook-endpoints/{id}/messages";

/** One endpoint: what it is told, what it answered, and how to tell it again. */
export function WebhookPage() {
  const { t } = useTranslation();
  const may = useMay();
  const navigate = useNavigate();
  const { id } = useParams({ from: "/inside/webhooks/$id" });
  const params = { path: { id } };
  const [isDeleting, deleting] = useDisclosure();
  const [isRotating, rotating] = useDisclosure();
  const [secret, setSecret] = useState<string>();
  const { data, error, refetch } = api.useQuery("get", ONE, { params });
  const isFixed = !may("config:write");
  const remove = useChange({
    run: () => client.DELETE(ONE, { params }),
    stale: ["/v1/webhook-endpoints"],
    says: t("The endpoint is gone."),
    onDone: () => navigate({ to: "/webhooks" }),
  });
  const test = useChange({
    run: () => client.POST("/v1/webhook-endpoints/{id}/test", { params }),
    stale: [MESSAGES],
    says: t("A test is on its way."),
  });
  const replay = useChange({
    run: () =>
      client.POST("/v1/webhook-endpoints/{id}/replay", {
        params,
        body: { since: new Date(Date.now() - 86_400_000).toISOString() },
      }),
    stale: [MESSAGES],
    says: t("What failed in the last day is told again."),
  });
  const rotate = useChange({
    run: () => dataOf(client.POST("/v1/webhook-endpoints/{id}/secret", { params, body: { overlapHours: 24 } })),
    stale: [ONE],
    onDone: (changed) => {
      rotating.close();
      setSecret(changed.secret);
    },
  });
  if (error) return <Failure error={error} onRetry={() => refetch()} />;
  if (!data) return <Loading lines={8} />;
  return (
    <>
      <PageHead
        title={data.description || t("Webhook endpoint")}
        actions={
          <>
            <Status tone={!data.enabled ? "plain" : data.failingSince ? "bad" : "good"}>
              {!data.enabled ? t("Disabled") : data.failingSince ? t("Failing") : t("Enabled")}
            </Status>
            <Button
              variant="default"
              disabled={isFixed}
              loading={test.isPending}
              onClick={() => test.mutate(undefined)}
            >
              {t("Send a test")}
            </Button>
            <Button
              variant="default"
              disabled={isFixed}
              loading={replay.isPending}
              onClick={() => replay.mutate(undefined)}
            >
              {t("Replay what failed")}
            </Button>
          </>
        }
      >
        <Copyable text={data.url} />
      </PageHead>
      <div className="pf-stack">
        <Failure error={test.error ?? replay.error} />
        {data.disabledReason && <Note tone="bad">{t("Disabled: {{reason}}", { reason: data.disabledReason })}</Note>}
        {data.enabled && data.failingSince && (
          <Note tone="warn">{t("Nothing was accepted since {{ago}}.", { ago: ago(data.failingSince) })}</Note>
        )}
        <Messages id={id} disabled={isFixed} />
        <div className="pf-split">
          <Panel title={t("Settings")}>
            <WebhookForm key={JSON.stringify(data)} endpoint={data} disabled={isFixed} onDone={() => undefined} />
          </Panel>
          <div className="pf-stack">
            <Panel
              title={t("Secret")}
              about={t("A new one is used at once; the old one signs beside it for a day.")}
              footer={
                <Button variant="default" disabled={isFixed} onClick={rotating.open}>
                  {t("New secret")}
                </Button>
              }
            >
              {data.previousSecretExpiresAt && (
                <p className="pf-soft">
                  {t("The one before works until {{ago}}.", { ago: ago(data.previousSecretExpiresAt) })}
                </p>
              )}
            </Panel>
            <Panel
              title={t("Delete")}
              about={t("Its messages go with it.")}
              footer={
                <Button color="var(--pf-danger)" disabled={isFixed} onClick={deleting.open}>
                  {t("Delete")}
                </Button>
              }
            />
          </div>
        </div>
      </div>
      <Confirm
        opened={isDeleting}
        onClose={deleting.close}
        title={t("Delete the endpoint?")}
        verb={t("Delete")}
        typed={new URL(data.url).host}
        loading={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate(undefined)}
      >
        {t("It is told nothing more, and the record of what it was told is erased.")}
      </Confirm>
      <Confirm
        opened={isRotating}
        onClose={rotating.close}
        title={t("Make a new secret?")}
        verb={t("New secret")}
        loading={rotate.isPending}
        error={rotate.error}
        onConfirm={() => rotate.mutate(undefined)}
      >
        {t("For a day, messages carry signatures of both.")}
      </Confirm>
      <Modal opened={secret !== undefined} onClose={() => setSecret(undefined)} title={t("Keep the secret")}>
        <div className="pf-stack">
          <Note tone="warn">{t("Your server checks signatures with this secret. It is shown this once.")}</Note>
          <Copyable text={secret ?? ""} />
        </div>
      </Modal>
    </>
  );
}
