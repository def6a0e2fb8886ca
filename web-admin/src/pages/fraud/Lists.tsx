import { Button, Select, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconListCheck } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { api, client, type Schemas } from "@/api/client";
import { LISTS } from "@/api/fraud";
import { useChange } from "@/forms/change";
import { type Column, DataTable } from "@/table/DataTable";
import { Empty, Failure, Status } from "@/ui/feedback";
import { Panel } from "@/ui/layout";
import { shortTime } from "@/util/format";

/** Numbers, prefixes and networks that are allowed or blocked by name. */
export function Lists({ disabled }: { disabled: boolean }) {
  const { t } = useTranslation();
  const { data, error, isPending, refetch } = api.useQuery("get", LISTS);
  const remove = useChange({
    run: (id: string) => client.DELETE("/v1/fraud/lists/{id}", { params: { path: { id } } }),
    stale: [LISTS],
    says: t("The entry is gone."),
  });
  const form = useForm({ initialValues: { list: "block", kind: "prefix", value: "", note: "" } });
  const add = useChange({
    run: ({ note, ...entry }: typeof form.values) =>
      client.POST(LISTS, { body: { ...entry, note: note || undefined } }),
    stale: [LISTS],
    onDone: () => form.reset(),
    form,
  });
  const kinds = [
    { value: "number", label: t("Number") },
    { value: "prefix", label: t("Prefix") },
    { value: "network", label: t("Network") },
  ];
  const columns: Column<Schemas["FraudEntry"]>[] = [
    {
      id: "list",
      head: t("List"),
      value: (row) => row.list,
      show: (row) => (
        <Status tone={row.list === "allow" ? "good" : "bad"}>
          {row.list === "allow" ? t("Allowed") : t("Blocked")}
        </Status>
      ),
    },
    {
      id: "kind",
      head: t("Kind"),
      value: (row) => kinds.find((kind) => kind.value === row.kind)?.label ?? row.kind,
      minor: true,
    },
    { id: "value", head: t("Value"), value: (row) => row.value, show: (row) => <code>{row.value}</code> },
    { id: "note", head: t("Note"), value: (row) => row.note ?? "", minor: true },
    {
      id: "since",
      head: t("Since"),
      value: (row) => row.createdAt,
      show: (row) => shortTime(row.createdAt),
      minor: true,
    },
    {
      id: "deeds",
      head: "",
      value: () => "",
      fixed: true,
      align: "end",
      show: (row) => (
        <Button size="compact-xs" variant="default" disabled={disabled} onClick={() => remove.mutate(row.id)}>
          {t("Remove")}
        </Button>
      ),
    },
  ];
  return (
    <div className="pf-stack">
      <form onSubmit={form.onSubmit((values) => add.mutate(values))}>
        <Panel
          title={t("Add an entry")}
          about={t("What is allowed is held up by nothing that is inferred; what is blocked is refused in every mode.")}
        >
          <Failure error={add.error ?? remove.error} />
          <div style={{ display: "flex", gap: "0.5rem", alignItems: "flex-end", flexWrap: "wrap" }}>
            <Select
              label={t("List")}
              w={130}
              disabled={disabled}
              data={[
                { value: "block", label: t("Block") },
                { value: "allow", label: t("Allow") },
              ]}
              {...form.getInputProps("list")}
            />
            <Select label={t("Kind")} w={130} disabled={disabled} data={kinds} {...form.getInputProps("kind")} />
            <TextInput
              label={t("Value")}
              required
              disabled={disabled}
              placeholder={{ number: "+41 79 302 67 27", prefix: "41793", network: "192.0.2.0/24" }[form.values.kind]}
              {...form.getInputProps("value")}
            />
            <TextInput label={t("Note")} maxLength={200} disabled={disabled} {...form.getInputProps("note")} />
            <Button type="submit" disabled={disabled} loading={add.isPending}>
              {t("Add")}
            </Button>
          </div>
        </Panel>
      </form>
      <Panel flush>
        <DataTable
          name="fraud-lists"
          caption={t("Lists")}
          rows={data?.entries}
          columns={columns}
          keyOf={(row) => row.id}
          isLoading={isPending}
          error={error}
          onRetry={() => refetch()}
          empty={
            <Empty icon={IconListCheck} title={t("Both lists are empty")}>
              {t("Block a prefix that only costs; allow the numbers of your own tests.")}
            </Empty>
          }
        />
      </Panel>
    </div>
  );
}
