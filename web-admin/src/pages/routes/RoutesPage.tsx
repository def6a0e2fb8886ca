import { Button, Modal } from "@mantine/core";
import { IconPlus, IconRoute } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "@/api/client";
import { useMay } from "@/api/session";
import { RouteForm } from "@/forms/route";
import { type Column, DataTable } from "@/table/DataTable";
import { useAddress } from "@/table/state";
import { Empty } from "@/ui/feedback";
import { PageHead, Panel } from "@/ui/layout";
import { money } from "@/util/format";
import { channelWord } from "@/words";
import { Explain } from "./Explain";

export type Route = Schemas["Route"];

export const STRATEGY: Record<string, string> = {
  ordered: "The first that can be used",
  weighted: "By shares",
  ranked: "The best by its results",
};

/** Which provider carries what, and where to. */
export function RoutesPage() {
  const { t } = useTranslation();
  const may = useMay();
  const address = useAddress();
  const [edited, setEdited] = useState<Route>();
  const routes = api.useQuery("get", "/v1/routes");
  const connections = api.useQuery("get", "/v1/connections");
  const nameOf = (id: string) => connections.data?.connections.find((one) => one.id === id)?.name ?? id.slice(0, 8);
  const open = () => address.set({ new: "1" });
  const close = () => {
    setEdited(undefined);
    address.set({ new: undefined });
  };
  const columns: Column<Route>[] = [
    {
      id: "channel",
      head: t("Channel"),
      value: (row) => t(channelWord(row.channel)),
      show: (row) => (
        <button type="button" className="pf-link" onClick={() => setEdited(row)}>
          {t(channelWord(row.channel))}
        </button>
      ),
    },
    {
      id: "to",
      head: t("To"),
      value: (row) => row.prefix,
      show: (row) => (row.prefix ? <code>+{row.prefix}</code> : t("everyone else")),
    },
    { id: "strategy", head: t("Chosen by"), value: (row) => t(STRATEGY[row.strategy] ?? row.strategy), minor: true },
    {
      id: "legs",
      head: t("Providers, in order"),
      value: (row) => row.legs.map((leg) => nameOf(leg.connectionId)).join(" → "),
    },
    {
      id: "price",
      head: t("Price"),
      value: (row) =>
        row.legs
          .map((leg) => (leg.priceMicros && leg.currency ? money(leg.priceMicros, leg.currency) : "–"))
          .join(" / "),
      align: "end",
      minor: true,
    },
  ];
  return (
    <>
      <PageHead
        title={t("Routes")}
        actions={
          may("config:write") && (
            <Button leftSection={<IconPlus size={16} />} onClick={open}>
              {t("New route")}
            </Button>
          )
        }
      >
        {t("A message takes the route with the longest prefix that fits its number, else the channel's own.")}
      </PageHead>
      <div className="pf-stack">
        <Panel flush>
          <DataTable
            name="routes"
            caption={t("Routes")}
            rows={routes.data?.routes}
            columns={columns}
            keyOf={(row) => `${row.channel}/${row.prefix}`}
            isLoading={routes.isPending}
            error={routes.error}
            onRetry={() => routes.refetch()}
            empty={
              <Empty
                icon={IconRoute}
                title={t("No route yet")}
                action={may("config:write") ? { label: t("New route"), onClick: open } : undefined}
              >
                {t(
                  "Without a route for a channel, its live messages go nowhere. Connect a provider first, then say what it carries.",
                )}
              </Empty>
            }
          />
        </Panel>
        <Explain nameOf={nameOf} />
      </div>
      <Modal
        opened={edited !== undefined || address.get("new") !== ""}
        onClose={close}
        size="xl"
        title={edited ? t("Route") : t("New route")}
      >
        {connections.data && (
          <RouteForm
            key={edited ? `${edited.channel}/${edited.prefix}` : "new"}
            route={edited}
            connections={connections.data.connections}
            disabled={!may("config:write")}
            onDone={close}
          />
        )}
      </Modal>
    </>
  );
}
