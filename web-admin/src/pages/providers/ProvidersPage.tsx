import { Button, Modal } from "@mantine/core";
import { IconPlugConnected, IconPlus } from "@tabler/icons-react";
import { useQueries } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "@/api/client";
import { useMay } from "@/api/session";
import { ProviderForm } from "@/forms/provider";
import { VENDORS, type Vendor, vendorOf } from "@/forms/vendors";
import { focusFirst } from "@/shell/focus";
import { type Column, DataTable } from "@/table/DataTable";
import { useAddress } from "@/table/state";
import { Empty, Status } from "@/ui/feedback";
import { PageHead, Panel } from "@/ui/layout";
import { WordMark } from "@/ui/Word";
import { millis } from "@/util/format";
import { BREAKER, channelWord, word } from "@/words";

type Connection = Schemas["Connection"];
type Health = Schemas["ConnectionHealth"];

/** The worst of what the workers say. */
export function breakerOf(health: Health | undefined): string | undefined {
  const states = (health?.workers ?? []).map((worker) => worker.breaker);
  return ["open", "paused", "half_open", "closed"].find((state) => states.includes(state));
}

/** The tenant's own ways to people. */
export function ProvidersPage() {
  const { t } = useTranslation();
  const may = useMay();
  const address = useAddress();
  const { data, error, isPending, refetch } = api.useQuery("get", "/v1/connections");
  const connections = data?.connections;
  const healths = useQueries({
    queries: (connections ?? []).map(({ id }) => ({
      ...api.queryOptions("get", "/v1/connections/{id}/health", { params: { path: { id } } }),
      refetchInterval: 15_000,
    })),
  });
  const healthOf = new Map(
    healths.flatMap(({ data: health }) => (health ? [[health.connectionId, health] as const] : [])),
  );
  const latency = (id: string) => healthOf.get(id)?.workers.find((worker) => worker.latencyMs)?.latencyMs;
  const open = () => address.set({ new: "1" });
  const columns: Column<Connection>[] = [
    { id: "name", head: t("Name"), value: (row) => row.name },
    { id: "vendor", head: t("Vendor"), value: (row) => vendorOf(row.provider.kind)?.name ?? row.provider.kind },
    {
      id: "carries",
      head: t("Carries"),
      value: (row) => (vendorOf(row.provider.kind)?.carries ?? []).map((channel) => t(channelWord(channel))).join(", "),
      minor: true,
    },
    {
      id: "health",
      head: t("Health"),
      value: (row) => (row.enabled ? t(word(BREAKER, breakerOf(healthOf.get(row.id)) ?? "").says) : t("Disabled")),
      show: (row) => {
        const state = breakerOf(healthOf.get(row.id));
        if (!row.enabled) return <Status tone="plain">{t("Disabled")}</Status>;
        return state ? <WordMark table={BREAKER} of={state} /> : <Status tone="plain">{t("Not used lately")}</Status>;
      },
    },
    {
      id: "latency",
      head: t("Answers in"),
      value: (row) => latency(row.id) ?? "",
      show: (row) => {
        const ms = latency(row.id);
        return ms ? millis(ms) : "–";
      },
      align: "end",
      minor: true,
    },
  ];
  return (
    <>
      <PageHead
        title={t("Providers")}
        actions={
          may("config:write") && (
            <Button leftSection={<IconPlus size={16} />} onClick={open}>
              {t("Connect a provider")}
            </Button>
          )
        }
      >
        {t("Your own accounts with those who carry messages. Credentials are sealed and never shown again.")}
      </PageHead>
      <Panel flush>
        <DataTable
          name="providers"
          caption={t("Providers")}
          rows={connections}
          columns={columns}
          keyOf={(row) => row.id}
          linkTo={(row) => `/providers/${row.id}`}
          isLoading={isPending}
          error={error}
          onRetry={() => refetch()}
          empty={
            <Empty
              icon={IconPlugConnected}
              title={t("No provider yet")}
              action={may("config:write") ? { label: t("Connect a provider"), onClick: open } : undefined}
            >
              {t(
                "Connect an account at Twilio, Infobip, Vonage or others, an SMPP link, a mail server. Until then the simulator shows every message.",
              )}
            </Empty>
          }
        />
      </Panel>
      <Connect opened={address.get("new") !== ""} onClose={() => address.set({ new: undefined })} />
    </>
  );
}

/** First the vendor, then what it asks for. */
function Connect({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [vendor, setVendor] = useState<Vendor>();
  const close = () => {
    setVendor(undefined);
    onClose();
  };
  return (
    <Modal
      opened={opened}
      onClose={close}
      size="xl"
      title={vendor ? t("Connect {{vendor}}", { vendor: vendor.name }) : t("Connect a provider")}
    >
      {vendor ? (
        <div ref={focusFirst}>
          <ProviderForm
            vendor={vendor}
            onDone={(saved) => navigate({ to: "/providers/$id", params: { id: saved.id }, search: {} })}
          />
        </div>
      ) : (
        <div className="pf-tiles">
          {VENDORS.map((one, index) => (
            <button
              type="button"
              key={one.kind}
              className="pf-tile"
              data-autofocus={index === 0 || undefined}
              onClick={() => setVendor(one)}
            >
              <b>{one.name}</b>
              <span>{t(one.about)}</span>
            </button>
          ))}
        </div>
      )}
    </Modal>
  );
}
