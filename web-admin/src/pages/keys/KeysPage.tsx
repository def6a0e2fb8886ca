import { Button, Menu, Modal } from "@mantine/core";
import { IconDots, IconKey, IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, client, dataOf, type Schemas } from "@/api/client";
import { useChange } from "@/forms/change";
import { NewKey } from "@/forms/key";
import { type Column, DataTable } from "@/table/DataTable";
import { useAddress } from "@/table/state";
import { Confirm } from "@/ui/Confirm";
import { Copyable } from "@/ui/Copy";
import { Empty, Failure, Note, Status, type Tone } from "@/ui/feedback";
import { PageHead, Panel } from "@/ui/layout";
import { ago, shortTime } from "@/util/format";

type Key = Schemas["Key"];
const KEYS = "/v1/api-keys";
const ONE = "/v1/api-keys/{keyId}";

function stateOf(key: Key): { says: string; tone: Tone } {
  if (key.revokedAt) return { says: "Revoked", tone: "plain" };
  if (key.expiresAt && Date.parse(key.expiresAt) < Date.now()) return { says: "Expired", tone: "warn" };
  return key.enabled ? { says: "Works", tone: "good" } : { says: "Disabled", tone: "plain" };
}

/** What servers sign in with. */
export function KeysPage() {
  const { t } = useTranslation();
  const address = useAddress();
  const [made, setMade] = useState<Schemas["CreatedKey"]>();
  const [revoked, setRevoked] = useState<Key>();
  const { data, error, isPending, refetch } = api.useQuery("get", KEYS, { params: { query: { size: 500 } } });
  const change = useChange({
    run: ({ keyId, enabled }: { keyId: string; enabled: boolean }) =>
      client.PUT(ONE, { params: { path: { keyId } }, body: { enabled } }),
    stale: [KEYS],
    says: t("Saved."),
  });
  const rotate = useChange({
    run: (keyId: string) =>
      dataOf(client.POST("/v1/api-keys/{keyId}/rotation", { params: { path: { keyId } }, body: {} })),
    stale: [KEYS],
    onDone: setMade,
  });
  const revoke = useChange({
    run: (keyId: string) => client.DELETE(ONE, { params: { path: { keyId } } }),
    stale: [KEYS],
    says: t("The key is dead within seconds."),
    onDone: () => setRevoked(undefined),
  });
  const open = () => address.set({ new: "1" });
  const columns: Column<Key>[] = [
    { id: "name", head: t("Name"), value: (row) => row.name },
    { id: "begins", head: t("Begins with"), value: (row) => row.prefix, show: (row) => <code>{row.prefix}…</code> },
    {
      id: "environment",
      head: t("Messages"),
      value: (row) => (row.environment === "live" ? t("real") : t("to the simulator")),
      minor: true,
    },
    {
      id: "scopes",
      head: t("May"),
      value: (row) => row.scopes.join(" "),
      show: (row) => <code>{row.scopes.join(" ")}</code>,
      minor: true,
    },
    {
      id: "state",
      head: t("State"),
      value: (row) => t(stateOf(row).says),
      show: (row) => <Status tone={stateOf(row).tone}>{t(stateOf(row).says)}</Status>,
    },
    {
      id: "used",
      head: t("Last used"),
      value: (row) => row.lastUsedAt ?? "",
      show: (row) => (row.lastUsedAt ? ago(row.lastUsedAt) : "–"),
      minor: true,
    },
    {
      id: "expires",
      head: t("Expires"),
      value: (row) => row.expiresAt ?? "",
      show: (row) => (row.expiresAt ? shortTime(row.expiresAt) : "–"),
      minor: true,
    },
    {
      id: "deeds",
      head: "",
      value: () => "",
      fixed: true,
      align: "end",
      show: (row) =>
        !row.revokedAt && (
          <Menu position="bottom-end" withinPortal>
            <Menu.Target>
              <button type="button" className="pf-icon" aria-label={t("What to do with {{name}}", { name: row.name })}>
                <IconDots size={16} />
              </button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={() => change.mutate({ keyId: row.id, enabled: !row.enabled })}>
                {row.enabled ? t("Switch off") : t("Switch on")}
              </Menu.Item>
              <Menu.Item onClick={() => rotate.mutate(row.id)}>{t("Replace by a new one")}</Menu.Item>
              <Menu.Item color="var(--pf-danger)" onClick={() => setRevoked(row)}>
                {t("Revoke")}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        ),
    },
  ];
  return (
    <>
      <PageHead
        title={t("API keys")}
        actions={
          <Button leftSection={<IconPlus size={16} />} onClick={open}>
            {t("New API key")}
          </Button>
        }
      >
        {t("What your servers sign in with. A sandbox key's messages go to the simulator and cost nothing.")}
      </PageHead>
      <div className="pf-stack">
        <Failure error={change.error ?? rotate.error} />
        <Panel flush>
          <DataTable
            name="api-keys"
            caption={t("API keys")}
            rows={data?.keys}
            columns={columns}
            keyOf={(row) => row.id}
            isLoading={isPending}
            error={error}
            onRetry={() => refetch()}
            empty={
              <Empty icon={IconKey} title={t("No API key yet")} action={{ label: t("New API key"), onClick: open }}>
                {t("Make a sandbox key to try things from your server, and a live key when a provider is connected.")}
              </Empty>
            }
          />
        </Panel>
      </div>
      <Modal
        opened={address.get("new") !== ""}
        onClose={() => address.set({ new: undefined })}
        title={t("New API key")}
      >
        <NewKey
          onDone={(key) => {
            address.set({ new: undefined });
            setMade(key);
          }}
        />
      </Modal>
      <Modal opened={made !== undefined} onClose={() => setMade(undefined)} title={t("Keep the key")}>
        <div className="pf-stack">
          <Note tone="warn">
            {t("This is the whole key. It is shown this once; only its beginning is kept in sight.")}
          </Note>
          <Copyable text={made?.secret ?? ""} />
          <div>
            <Button onClick={() => setMade(undefined)}>{t("I have it")}</Button>
          </div>
        </div>
      </Modal>
      <Confirm
        opened={revoked !== undefined}
        onClose={() => setRevoked(undefined)}
        title={t("Revoke the key?")}
        verb={t("Revoke")}
        typed={revoked?.name}
        loading={revoke.isPending}
        error={revoke.error}
        onConfirm={() => revoked && revoke.mutate(revoked.id)}
      >
        {t("Whatever uses it is refused within seconds. This cannot be undone.")}
      </Confirm>
    </>
  );
}
