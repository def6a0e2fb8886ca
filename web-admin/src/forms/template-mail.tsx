import { Button, NumberInput, Select, SimpleGrid, Stack, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { client, type Schemas } from "@/api/client";
import { Failure } from "@/ui/feedback";
import { Panel } from "@/ui/layout";
import { useChange } from "./change";
import { PIN_TYPES } from "./messages";

type Template = Schemas["EmailMessage"];

const SAMPLE: Record<Schemas["PinType"], string> = {
  NUMERIC: "4829137056",
  ALPHA: "KWRTBNQHXD",
  ALPHANUMERIC: "K4R7B2Q9X3",
  HEX: "4F29A370BE",
};

/** A template for e-mail. Its HTML is shown as text: nothing that a tenant writes runs here. */
export function MailTemplateForm({ template, disabled }: { template: Template; disabled: boolean }) {
  const { t } = useTranslation();
  const form = useForm({
    initialValues: {
      subject: template.subject,
      from: template.from ?? "",
      text: template.text,
      html: template.html ?? "",
      pinLength: template.pinLength,
      pinType: template.pinType,
      emailTemplateId: template.emailTemplateId,
    },
  });
  const save = useChange({
    run: (values: typeof form.values) =>
      client.PUT("/2fa/2/applications/{appId}/email/messages/{msgId}", {
        params: { path: { appId: template.applicationId, msgId: template.messageId } },
        body: { ...values, from: values.from || null, html: values.html || null },
      }),
    stale: ["/2fa/2/applications/{appId}/messages", "/2fa/2/applications/{appId}/messages/{msgId}"],
    says: t("Saved."),
    onDone: () => form.resetDirty(),
    form,
  });
  const { subject, text, from, pinLength, pinType } = form.values;
  const pin = SAMPLE[pinType].slice(0, pinLength);
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))} className="pf-split">
      <Panel
        footer={
          <Button type="submit" loading={save.isPending} disabled={disabled || !form.isDirty()}>
            {t("Save")}
          </Button>
        }
      >
        <Stack pt={6}>
          <Failure error={save.error} />
          <TextInput label={t("Subject")} required disabled={disabled} {...form.getInputProps("subject")} />
          <Textarea
            label={t("Plain text")}
            autosize
            minRows={4}
            required
            disabled={disabled}
            {...form.getInputProps("text")}
          />
          <Textarea
            label={t("HTML")}
            description={t("With {{pin}}; optional.", { pin: "{{pin}}" })}
            autosize
            minRows={3}
            disabled={disabled}
            {...form.getInputProps("html")}
          />
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <TextInput
              label={t("From")}
              placeholder="Example <no-reply@example.com>"
              disabled={disabled}
              {...form.getInputProps("from")}
            />
            <NumberInput
              label={t("Your number of it")}
              disabled={disabled}
              {...form.getInputProps("emailTemplateId")}
            />
            <NumberInput
              label={t("Length of the PIN")}
              min={4}
              max={10}
              disabled={disabled}
              {...form.getInputProps("pinLength")}
            />
            <Select
              label={t("Made of")}
              data={PIN_TYPES.map(({ value, says }) => ({ value, label: t(says) }))}
              disabled={disabled}
              {...form.getInputProps("pinType")}
            />
          </SimpleGrid>
        </Stack>
      </Panel>
      <Panel title={subject} about={from || t("From your connection's sender")}>
        <p style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{text.replaceAll("{{pin}}", pin)}</p>
      </Panel>
    </form>
  );
}
