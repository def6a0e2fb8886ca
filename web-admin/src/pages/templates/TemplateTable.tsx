import { Button, Modal } from "@mantine/core";
import { IconMessage2, IconPlus } from "@tabler/icons-react";
import { useQueries } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "@/api/client";
import { useMay } from "@/api/session";
import { NewTemplate } from "@/forms/template-new";
import { type Column, DataTable } from "@/table/DataTable";
import { useAddress } from "@/table/state";
import { Empty } from "@/ui/feedback";

type Template = Schemas["AnyMessage"] & { applicationName: string };

const isMail = (template: Template) => "subject" in template;
const textOf = (template: Template) => ("messageText" in template ? template.messageText : template.text);

/** Templates of some applications, and a way to make one. */
export function TemplateTable({ applications }: { applications: Schemas["Application"][] }) {
  const { t } = useTranslation();
  const may = useMay();
  const address = useAddress();
  const navigate = useNavigate();
  const lists = useQueries({
    queries: applications.map((application) =>
      api.queryOptions("get", "/2fa/2/applications/{appId}/messages", {
        params: { path: { appId: application.applicationId } },
      }),
    ),
  });
  const error = lists.find((list) => list.error)?.error;
  const isPending = lists.some((list) => list.isPending);
  const rows = lists.flatMap((list, index): Template[] =>
    (list.data ?? []).map((template) => ({ ...template, applicationName: applications[index]?.name ?? "" })),
  );
  const open = () => address.set({ new: "1" });
  const columns: Column<Template>[] = [
    {
      id: "text",
      head: t("Text"),
      value: textOf,
      show: (row) => <span style={{ display: "inline-block", maxWidth: "34rem" }}>{textOf(row)}</span>,
    },
    { id: "kind", head: t("Kind"), value: (row) => (isMail(row) ? t("E-mail") : t("SMS and voice")), minor: true },
    { id: "language", head: t("Language"), value: (row) => ("language" in row ? row.language : ""), minor: true },
    {
      id: "sender",
      head: t("Sender"),
      value: (row) => ("senderId" in row ? row.senderId : "from" in row ? row.from : ""),
      minor: true,
    },
    { id: "digits", head: t("PIN"), value: (row) => `${row.pinLength} ${row.pinType.toLowerCase()}`, minor: true },
    ...(applications.length > 1
      ? [{ id: "application", head: t("Application"), value: (row: Template) => row.applicationName, minor: true }]
      : []),
  ];
  return (
    <>
      <DataTable
        name="templates"
        caption={t("Templates")}
        rows={isPending ? undefined : rows}
        columns={columns}
        keyOf={(row) => row.messageId}
        linkTo={(row) => `/templates/${row.applicationId}/${row.messageId}`}
        isLoading={isPending}
        error={error}
        filters={
          may("config:write") && (
            <Button variant="default" leftSection={<IconPlus size={16} />} onClick={open}>
              {t("New template")}
            </Button>
          )
        }
        empty={
          <Empty
            icon={IconMessage2}
            title={t("No template yet")}
            action={may("config:write") ? { label: t("New template"), onClick: open } : undefined}
          >
            {t(
              "A template is what people read or hear around the PIN, with sender, language and length. Without one, a built-in text goes out.",
            )}
          </Empty>
        }
      />
      <Modal
        opened={address.get("new") !== ""}
        onClose={() => address.set({ new: undefined })}
        title={t("New template")}
      >
        <NewTemplate
          applications={applications}
          onDone={(appId, msgId) => navigate({ to: "/templates/$appId/$msgId", params: { appId, msgId }, search: {} })}
        />
      </Modal>
    </>
  );
}
