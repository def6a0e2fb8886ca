import { Button, Stack, Switch, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { client, dataOf, type Schemas } from "@/api/client";
import { Failure } from "@/ui/feedback";
import { Panel } from "@/ui/layout";
import { useChange } from "./change";

type Application = Schemas["Application"];
const LIST = "/2fa/2/applications";
const ONE = "/2fa/2/applications/{appId}";

/** Asks for a name; the limits start at the safe defaults. */
export function NewApplication({ onDone }: { onDone: (made: Application) => void }) {
  const { t } = useTranslation();
  const form = useForm({ mode: "uncontrolled", initialValues: { name: "" } });
  const create = useChange({
    run: (body: { name: string }) => dataOf(client.POST(LIST, { body })),
    stale: [LIST],
    says: t("The application is there."),
    onDone,
    form,
  });
  return (
    <form onSubmit={form.onSubmit((values) => create.mutate(values))}>
      <Stack>
        <Failure error={create.error} />
        <TextInput
          label={t("Name")}
          description={t("People may see it in the built-in text.")}
          required
          maxLength={255}
          data-autofocus
          {...form.getInputProps("name")}
        />
        <Button type="submit" loading={create.isPending}>
          {t("Create")}
        </Button>
      </Stack>
    </form>
  );
}

/** Name and switch. */
export function ApplicationBasics({ application, disabled }: { application: Application; disabled: boolean }) {
  const { t } = useTranslation();
  const form = useForm({
    initialValues: { name: application.name, slug: application.slug ?? "", enabled: application.enabled },
  });
  const save = useChange({
    run: (values: typeof form.values) =>
      client.PUT(ONE, {
        params: { path: { appId: application.applicationId } },
        body: { ...values, slug: values.slug || null },
      }),
    stale: [LIST, ONE],
    says: t("Saved."),
    onDone: () => form.resetDirty(),
    form,
  });
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
      <Panel
        title={t("Application")}
        footer={
          <Button type="submit" variant="default" loading={save.isPending} disabled={disabled || !form.isDirty()}>
            {t("Save")}
          </Button>
        }
      >
        <Stack>
          <Failure error={save.error} />
          <TextInput label={t("Name")} required maxLength={255} disabled={disabled} {...form.getInputProps("name")} />
          <TextInput
            label={t("Short name")}
            description={t("A name that clients of other vendors may use in place of the id.")}
            disabled={disabled}
            {...form.getInputProps("slug")}
          />
          <Switch
            label={t("Enabled")}
            description={t("A disabled application refuses every send and check.")}
            disabled={disabled}
            {...form.getInputProps("enabled", { type: "checkbox" })}
          />
        </Stack>
      </Panel>
    </form>
  );
}
