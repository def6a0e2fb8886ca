import { Button, Modal } from "@mantine/core";
import { IconApps, IconPlus } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "@/api/client";
import { useMay } from "@/api/session";
import { NewApplication } from "@/forms/application";
import { type Column, DataTable } from "@/table/DataTable";
import { useAddress } from "@/table/state";
import { Empty, Status } from "@/ui/feedback";
import { PageHead, Panel } from "@/ui/layout";

type Application = Schemas["Application"];

/** The applications: each with its own limits, templates and caps. */
export function ApplicationsPage() {
  const { t } = useTranslation();
  const may = useMay();
  const address = useAddress();
  const navigate = useNavigate();
  const { data, error, isPending, refetch } = api.useQuery("get", "/2fa/2/applications");
  const open = () => address.set({ new: "1" });
  const columns: Column<Application>[] = [
    { id: "name", head: t("Name"), value: (row) => row.name },
    {
      id: "state",
      head: t("State"),
      value: (row) => (row.enabled ? t("Enabled") : t("Disabled")),
      show: (row) => (
        <Status tone={row.enabled ? "good" : "plain"}>{row.enabled ? t("Enabled") : t("Disabled")}</Status>
      ),
    },
    { id: "life", head: t("PIN lives"), value: (row) => row.configuration.pinTimeToLive, align: "end", minor: true },
    { id: "attempts", head: t("Guesses"), value: (row) => row.configuration.pinAttempts, align: "end", minor: true },
    {
      id: "number",
      head: t("Per number"),
      value: (row) => row.configuration.sendPinPerPhoneNumberLimit,
      align: "end",
      minor: true,
    },
    {
      id: "id",
      head: t("Id"),
      value: (row) => row.applicationId,
      show: (row) => <code>{row.applicationId.slice(0, 8)}…</code>,
      minor: true,
    },
  ];
  return (
    <>
      <PageHead
        title={t("Applications")}
        actions={
          may("config:write") && (
            <Button leftSection={<IconPlus size={16} />} onClick={open}>
              {t("New application")}
            </Button>
          )
        }
      >
        {t(
          "An application is one place where people type a PIN: a sign-in, a payment. Limits, templates and locks belong to it.",
        )}
      </PageHead>
      <Panel flush>
        <DataTable
          name="applications"
          caption={t("Applications")}
          rows={data}
          columns={columns}
          keyOf={(row) => row.applicationId}
          linkTo={(row) => `/applications/${row.applicationId}`}
          isLoading={isPending}
          error={error}
          onRetry={() => refetch()}
          empty={
            <Empty
              icon={IconApps}
              title={t("No application yet")}
              action={may("config:write") ? { label: t("New application"), onClick: open } : undefined}
            >
              {t(
                "Make one for each place where people type a PIN. It starts with safe limits: six digits, five guesses, five minutes.",
              )}
            </Empty>
          }
        />
      </Panel>
      <Modal
        opened={address.get("new") !== ""}
        onClose={() => address.set({ new: undefined })}
        title={t("New application")}
      >
        <NewApplication
          onDone={(made) => navigate({ to: "/applications/$appId", params: { appId: made.applicationId }, search: {} })}
        />
      </Modal>
    </>
  );
}
