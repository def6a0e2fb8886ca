import { Button, Modal, Select } from "@mantine/core";
import { IconPlus, IconUsers } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, client, type Schemas } from "@/api/client";
import { useMay, useSession } from "@/api/session";
import { useChange } from "@/forms/change";
import { Invite } from "@/forms/invite";
import { type Column, DataTable } from "@/table/DataTable";
import { useAddress } from "@/table/state";
import { Confirm } from "@/ui/Confirm";
import { Empty, Failure, Status } from "@/ui/feedback";
import { PageHead, Panel } from "@/ui/layout";
import { shortTime } from "@/util/format";
import { ROLES, roleWord } from "@/words";
import { Invitations } from "./Invitations";

type Member = Schemas["Member"];
const PATH = "/v1/members";
const ONE = "/v1/members/{personId}";

/** Who works here, and as what. */
export function MembersPage() {
  const { t } = useTranslation();
  const may = useMay();
  const address = useAddress();
  const { person } = useSession();
  const [leaving, setLeaving] = useState<Member>();
  const { data, error, isPending, refetch } = api.useQuery("get", PATH);
  const change = useChange({
    run: ({ personId, role }: { personId: string; role: string }) =>
      client.PUT(ONE, { params: { path: { personId } }, body: { role } }),
    stale: [PATH, "session"],
    says: t("The role is changed."),
  });
  const remove = useChange({
    run: (personId: string) => client.DELETE(ONE, { params: { path: { personId } } }),
    stale: [PATH, "session"],
    says: t("They are no member any more."),
    onDone: () => setLeaving(undefined),
  });
  const open = () => address.set({ new: "1" });
  const columns: Column<Member>[] = [
    {
      id: "name",
      head: t("Name"),
      value: (row) => row.name,
      show: (row) =>
        row.managed ? (
          <>
            {row.name} <Status tone="info">{t("Single sign-on")}</Status>
          </>
        ) : (
          row.name
        ),
    },
    { id: "email", head: t("E-mail"), value: (row) => row.email, minor: true },
    {
      id: "role",
      head: t("Role"),
      value: (row) => t(roleWord(row.role)),
      show: (row) =>
        may("members:manage") ? (
          <Select
            aria-label={t("Role of {{name}}", { name: row.name })}
            size="xs"
            w={130}
            data={ROLES.filter(({ value }) => !row.managed || value !== "owner").map(({ value, label }) => ({
              value,
              label: t(label),
            }))}
            value={row.role}
            disabled={change.isPending}
            onChange={(role) => role && role !== row.role && change.mutate({ personId: row.personId, role })}
          />
        ) : (
          t(roleWord(row.role))
        ),
    },
    {
      id: "factor",
      head: t("Second step"),
      value: (row) => (row.managed ? t("At the provider") : row.secondFactor ? t("On") : t("Off")),
      show: (row) =>
        row.managed ? (
          t("At the provider")
        ) : (
          <Status tone={row.secondFactor ? "good" : "warn"}>{row.secondFactor ? t("On") : t("Off")}</Status>
        ),
      minor: true,
    },
    { id: "since", head: t("Since"), value: (row) => row.since, show: (row) => shortTime(row.since), minor: true },
    {
      id: "leave",
      head: "",
      value: () => "",
      fixed: true,
      align: "end",
      show: (row) =>
        (row.personId === person.id ? !row.managed : may("members:manage")) && (
          <Button size="compact-xs" variant="default" onClick={() => setLeaving(row)}>
            {row.personId === person.id ? t("Leave") : t("Remove")}
          </Button>
        ),
    },
  ];
  return (
    <>
      <PageHead
        title={t("Members")}
        actions={
          may("members:manage") && (
            <Button leftSection={<IconPlus size={16} />} onClick={open}>
              {t("Invite somebody")}
            </Button>
          )
        }
      >
        {t("A role says what a member may see and change. Changes hold within seconds.")}
      </PageHead>
      <div className="pf-stack">
        <Failure error={change.error} />
        <Panel flush>
          <DataTable
            name="members"
            caption={t("Members")}
            rows={data?.members}
            columns={columns}
            keyOf={(row) => row.personId}
            isLoading={isPending}
            error={error}
            onRetry={() => refetch()}
            empty={
              <Empty icon={IconUsers} title={t("Nobody yet")}>
                {t("Invite the people you work with.")}
              </Empty>
            }
          />
        </Panel>
        {may("members:manage") && <Invitations />}
      </div>
      <Modal
        opened={address.get("new") !== ""}
        onClose={() => address.set({ new: undefined })}
        title={t("Invite somebody")}
      >
        <Invite onDone={() => address.set({ new: undefined })} />
      </Modal>
      <Confirm
        opened={leaving !== undefined}
        onClose={() => setLeaving(undefined)}
        title={t("Remove {{name}}?", { name: leaving?.name ?? "" })}
        verb={t("Remove")}
        loading={remove.isPending}
        error={remove.error}
        onConfirm={() => leaving && remove.mutate(leaving.personId)}
      >
        {t("Their sessions end for this organization. API keys they made go on; revoke those they know.")}
      </Confirm>
    </>
  );
}
