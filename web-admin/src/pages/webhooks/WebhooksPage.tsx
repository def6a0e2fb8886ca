import { Button, Modal } from "@mantine/core";
import { IconPlus, IconWebhook } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "@/api/client";
import { useMay } from "@/api/session";
import { WebhookForm } from "@/forms/webhook";
import { type Column, DataTable } from "@/table/DataTable";
import { useAddress } from "@/table/state";
import { Copyable } from "@/ui/Copy";
import { Empty, Note, Status } from "@/ui/feedback";
import { PageHead, Panel } from "@/ui/layout";
import { number, shortTime } from "@/util/format";

type Endpoint = Schemas["WebhookEndpoint"];

/** Who is told what happens. */
export function WebhooksPage() {
  const { t } = useTranslation();
  const may = useMay();
  const address = useAddress();
  const navigate = useNavigate();
  const [made, setMade] = useState<Endpoint>();
  const { data, error, isPending, refetch } = api.useQuery("get", "/v1/webhook-endpoints");
  const open = () => address.set({ new: "1" });
  const close = () => {
    address.set({ new: undefined });
    if (made) void navigate({ to: "/webhooks/$id", params: { id: made.id }, search: {} });
    setMade(undefined);
  };
  const columns: Column<Endpoint>[] = [
    { id: "url", head: t("Address"), value: (row) => row.url },
    { id: "about", head: t("What it is for"), value: (row) => row.description, minor: true },
    {
      id: "state",
      head: t("State"),
      value: (row) => (row.enabled ? (row.failingSince ? t("Failing") : t("Enabled")) : t("Disabled")),
      show: (row) => (
        <Status tone={!row.enabled ? "plain" : row.failingSince ? "bad" : "good"}>
          {!row.enabled ? t("Disabled") : row.failingSince ? t("Failing") : t("Enabled")}
        </Status>
      ),
    },
    {
      id: "types",
      head: t("Told of"),
      value: (row) => row.eventTypes.join(", "),
      show: (row) => t("{{count}} types", { count: row.eventTypes.length }),
      minor: true,
    },
    {
      id: "created",
      head: t("Since"),
      value: (row) => row.createdAt,
      show: (row) => shortTime(row.createdAt),
      minor: true,
    },
  ];
  const backlog = data?.backlog;
  return (
    <>
      <PageHead
        title={t("Webhooks")}
        actions={
          may("config:write") && (
            <Button leftSection={<IconPlus size={16} />} onClick={open}>
              {t("New endpoint")}
            </Button>
          )
        }
      >
        {t("Your server hears of every PIN as it happens: signed, and tried again for a day.")}
      </PageHead>
      <div className="pf-stack">
        {backlog && backlog.waiting > 0 && (
          <Note tone={backlog.dropped > 0 ? "bad" : "info"}>
            {t("{{waiting}} messages wait; {{limit}} may.", {
              waiting: number(backlog.waiting),
              limit: number(backlog.limit),
            })}{" "}
            {backlog.dropped > 0 &&
              t("{{dropped}} were dropped because too many waited.", { dropped: number(backlog.dropped) })}
          </Note>
        )}
        <Panel flush>
          <DataTable
            name="webhooks"
            caption={t("Webhooks")}
            rows={data?.endpoints}
            columns={columns}
            keyOf={(row) => row.id}
            linkTo={(row) => `/webhooks/${row.id}`}
            isLoading={isPending}
            error={error}
            onRetry={() => refetch()}
            empty={
              <Empty
                icon={IconWebhook}
                title={t("No endpoint yet")}
                action={may("config:write") ? { label: t("New endpoint"), onClick: open } : undefined}
              >
                {t(
                  "Give the address of your server, and it is told when a PIN is sent, arrives, is verified or fails.",
                )}
              </Empty>
            }
          />
        </Panel>
      </div>
      <Modal
        opened={address.get("new") !== ""}
        onClose={close}
        size="lg"
        title={made ? t("Keep the secret") : t("New endpoint")}
      >
        {made?.secret ? (
          <div className="pf-stack">
            <Note tone="warn">{t("Your server checks signatures with this secret. It is shown this once.")}</Note>
            <Copyable text={made.secret} />
            <div>
              <Button onClick={close}>{t("I have it")}</Button>
            </div>
          </div>
        ) : (
          <WebhookForm onDone={setMade} />
        )}
      </Modal>
    </>
  );
}
