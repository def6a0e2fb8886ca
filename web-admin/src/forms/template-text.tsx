import { Button, NumberInput, Select, SimpleGrid, Stack, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { client, dataOf, type Schemas } from "@/api/client";
import { Failure, Note } from "@/ui/feedback";
import { Panel } from "@/ui/layout";
import { Bubble, Phone } from "@/ui/Phone";
import { number } from "@/util/format";
import { useChange } from "./change";
import { LANGUAGES_OF_MESSAGES, PIN_TYPES } from "./messages";

type Template = Schemas["Message"];

/** A template for SMS and voice, with the phone beside it. */
export function TextTemplateForm({ template, disabled }: { template: Template; disabled: boolean }) {
  const { t } = useTranslation();
  const form = useForm({
    initialValues: {
      messageText: template.messageText,
      pinPlaceholder: template.pinPlaceholder,
      pinLength: template.pinLength,
      pinType: template.pinType,
      senderId: template.senderId ?? "",
      language: template.language,
      voiceName: template.voiceName ?? "",
      speechRate: template.speechRate ?? "",
      repeatDTMF: template.repeatDTMF ?? "",
      androidHash: template.autofill?.androidHash ?? "",
      webOrigin: template.autofill?.webOrigin ?? "",
    },
  });
  const values = form.values;
  const autofill = { androidHash: values.androidHash || null, webOrigin: values.webOrigin || null };
  const save = useChange({
    run: ({ androidHash: _, webOrigin: __, speechRate, ...body }: typeof form.values) =>
      client.PUT("/2fa/2/applications/{appId}/messages/{msgId}", {
        params: { path: { appId: template.applicationId, msgId: template.messageId } },
        body: {
          ...body,
          senderId: body.senderId || null,
          voiceName: body.voiceName || null,
          repeatDTMF: body.repeatDTMF || null,
          speechRate: speechRate === "" ? null : Number(speechRate),
          autofill,
        },
      }),
    stale: ["/2fa/2/applications/{appId}/messages", "/2fa/2/applications/{appId}/messages/{msgId}"],
    says: t("Saved."),
    onDone: () => form.resetDirty(),
    form,
  });
  return (
    <form onSubmit={form.onSubmit((changed) => save.mutate(changed))} className="pf-split">
      <Panel
        footer={
          <Button type="submit" loading={save.isPending} disabled={disabled || !form.isDirty()}>
            {t("Save")}
          </Button>
        }
      >
        <Stack pt={6}>
          <Failure error={save.error} />
          <Textarea
            label={t("Text")}
            description={t("{{pin}} stands for the PIN; other names in double braces are filled in by each send.", {
              pin: values.pinPlaceholder,
            })}
            autosize
            minRows={3}
            maxLength={1530}
            required
            disabled={disabled}
            {...form.getInputProps("messageText")}
          />
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
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
            <TextInput
              label={t("Sender")}
              description={t("A number or up to 11 letters.")}
              maxLength={16}
              disabled={disabled}
              {...form.getInputProps("senderId")}
            />
            <Select
              label={t("Language")}
              description={t("Of the voice, and of numbers in it.")}
              searchable
              data={LANGUAGES_OF_MESSAGES}
              disabled={disabled}
              {...form.getInputProps("language")}
            />
          </SimpleGrid>
          <fieldset className="pf-fieldset">
            <legend className="pf-hint" style={{ marginBottom: "0.5rem" }}>
              <strong>{t("Filled in by the phone")}</strong> {t("Last lines that let a phone take the PIN by itself.")}
            </legend>
            <SimpleGrid cols={{ base: 1, xs: 2 }}>
              <TextInput
                label={t("Web site")}
                placeholder="example.com"
                disabled={disabled}
                {...form.getInputProps("webOrigin")}
              />
              <TextInput
                label={t("Android app hash")}
                placeholder="FA+9qCX9VSu"
                maxLength={11}
                disabled={disabled}
                {...form.getInputProps("androidHash")}
              />
            </SimpleGrid>
          </fieldset>
          <fieldset className="pf-fieldset">
            <legend className="pf-hint" style={{ marginBottom: "0.5rem" }}>
              <strong>{t("Spoken")}</strong> {t("When a call carries the PIN.")}
            </legend>
            <SimpleGrid cols={{ base: 1, xs: 3 }}>
              <TextInput
                label={t("Voice")}
                placeholder="Joanna"
                disabled={disabled}
                {...form.getInputProps("voiceName")}
              />
              <NumberInput
                label={t("Speed")}
                min={0.5}
                max={2}
                step={0.1}
                decimalScale={2}
                disabled={disabled}
                {...form.getInputProps("speechRate")}
              />
              <TextInput
                label={t("Keys that replay")}
                placeholder="1#"
                disabled={disabled}
                {...form.getInputProps("repeatDTMF")}
              />
            </SimpleGrid>
          </fieldset>
        </Stack>
      </Panel>
      <Preview
        values={{
          messageText: values.messageText,
          pinPlaceholder: values.pinPlaceholder,
          pinLength: values.pinLength,
          pinType: values.pinType,
          autofill,
        }}
        from={values.senderId || t("Your sender")}
      />
    </form>
  );
}

/** Names in double braces that are not the PIN. */
export const placeholdersOf = (text: string, pin: string) => [
  ...new Set(
    [...text.matchAll(/\{\{\s*([A-Za-z0-9_]+)\s*\}\}/g)].filter(([all]) => all !== pin).map(([, name]) => name ?? ""),
  ),
];

function Preview({ values, from }: { values: Schemas["MessagePreviewRequest"]; from: string }) {
  const { t } = useTranslation();
  const [settled] = useDebouncedValue(JSON.stringify(values), 200);
  const { data, error } = useQuery({
    queryKey: ["/v1/message-previews", settled],
    retry: false,
    placeholderData: keepPreviousData,
    queryFn: () => dataOf(client.POST("/v1/message-previews", { body: JSON.parse(settled) })),
  });
  const names = placeholdersOf(values.messageText, values.pinPlaceholder ?? "{{pin}}");
  return (
    <div className="pf-stack">
      <div>
        <Phone from={from}>{data && <Bubble text={data.text} />}</Phone>
        {data && (
          <div className="pf-meter" aria-live="polite">
            <span>
              <b>{number(data.segments)}</b> {t("SMS", { count: data.segments })}
            </span>
            <span>
              <b>{number(data.units)}</b> {t("units")}
            </span>
            <span>
              <b>{data.encoding}</b>
            </span>
          </div>
        )}
      </div>
      <Failure error={error} />
      {data && data.segments > 1 && (
        <Note tone="warn">
          {t("More than one SMS: each is paid for, and each can be late. Shorten the text if you can.")}
        </Note>
      )}
      {data?.encoding === "UCS-2" && data.segments > 0 && (
        <Note>{t("A character outside the GSM alphabet makes an SMS hold 70 characters instead of 160.")}</Note>
      )}
      {names.length > 0 && <Note>{t("Every send has to give: {{names}}.", { names: names.join(", ") })}</Note>}
    </div>
  );
}
