import { Button, SegmentedControl, Select, Stack, Textarea } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { client, dataOf, type Schemas } from "@/api/client";
import { Failure } from "@/ui/feedback";
import { useChange } from "./change";

interface NewTemplateProps {
  applications: Schemas["Application"][];
  onDone: (appId: string, msgId: string) => void;
}

/** The first words of a template; everything else is on its page. */
export function NewTemplate({ applications, onDone }: NewTemplateProps) {
  const { t } = useTranslation();
  const form = useForm({
    initialValues: {
      kind: "sms",
      appId: applications[0]?.applicationId ?? "",
      messageText: t("Your code is {{pin}}.", { pin: "{{pin}}" }),
    },
  });
  const create = useChange({
    run: async ({ kind, appId, messageText }: typeof form.values) => {
      const params = { path: { appId } };
      if (kind === "sms") {
        const body = { messageText, pinType: "NUMERIC" } as const;
        return (await dataOf(client.POST("/2fa/2/applications/{appId}/messages", { params, body }))).messageId;
      }
      const body = { emailTemplateId: Math.floor(Date.now() / 1000), text: messageText };
      return (await dataOf(client.POST("/2fa/2/applications/{appId}/email/messages", { params, body }))).messageId;
    },
    stale: ["/2fa/2/applications/{appId}/messages"],
    onDone: (msgId, { appId }) => onDone(appId, msgId),
    form,
  });
  return (
    <form onSubmit={form.onSubmit((values) => create.mutate(values))}>
      <Stack>
        <Failure error={create.error} />
        <SegmentedControl
          aria-label={t("Kind")}
          data={[
            { value: "sms", label: t("SMS and voice") },
            { value: "email", label: t("E-mail") },
          ]}
          {...form.getInputProps("kind")}
        />
        {applications.length > 1 && (
          <Select
            label={t("Application")}
            data={applications.map((one) => ({ value: one.applicationId, label: one.name }))}
            {...form.getInputProps("appId")}
          />
        )}
        <Textarea
          label={t("Text")}
          description={t("The PIN stands where the placeholder is.")}
          autosize
          minRows={3}
          required
          data-autofocus
          {...form.getInputProps("messageText")}
        />
        <Button type="submit" loading={create.isPending}>
          {t("Create")}
        </Button>
      </Stack>
    </form>
  );
}
