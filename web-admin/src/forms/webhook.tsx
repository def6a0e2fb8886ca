import { Button, Checkbox, Select, SimpleGrid, Stack, Switch, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { client, dataOf, type Schemas } from "@/api/client";
import { Failure } from "@/ui/feedback";
import { useChange } from "./change";

type Endpoint = Schemas["WebhookEndpoint"];
type Type = Schemas["WebhookType"];

const TYPES: Type[] = [
  "pin.sent",
  "pin.delivered",
  "pin.failed",
  "pin.verified",
  "pin.expired",
  "pin.exhausted",
  "pin.canceled",
  "pin.locked",
  "alert.raised",
  "webhook.exhausted",
  "endpoint.disabled",
];
const isType = (text: string): text is Type => TYPES.some((type) => type === text);

interface WebhookFormProps {
  endpoint?: Endpoint;
  disabled?: boolean;
  onDone: (saved: Endpoint) => void;
}

/** Where to tell what. */
export function WebhookForm({ endpoint, disabled = false, onDone }: WebhookFormProps) {
  const { t } = useTranslation();
  const form = useForm({
    initialValues: {
      url: endpoint?.url ?? "",
      description: endpoint?.description ?? "",
      eventTypes: endpoint?.eventTypes ?? ["pin.verified", "pin.failed"],
      format: endpoint?.format ?? "standard",
      enabled: endpoint?.enabled ?? true,
    },
  });
  const save = useChange({
    run: async ({ eventTypes, format, enabled, ...rest }: typeof form.values) => {
      const types = eventTypes.filter(isType);
      if (endpoint) {
        const params = { path: { id: endpoint.id } };
        const body = { ...rest, eventTypes: types, enabled };
        return dataOf(client.PUT("/v1/webhook-endpoints/{id}", { params, body }));
      }
      return dataOf(client.POST("/v1/webhook-endpoints", { body: { ...rest, eventTypes: types, format } }));
    },
    stale: ["/v1/webhook-endpoints", "/v1/webhook-endpoints/{id}"],
    says: t("Saved."),
    onDone,
    form,
  });
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
      <Stack>
        <Failure error={save.error} />
        <TextInput
          label={t("Address")}
          description={t("https, on the public Internet.")}
          placeholder="https://example.com/hooks/pins"
          required
          disabled={disabled}
          data-autofocus
          {...form.getInputProps("url")}
        />
        <TextInput label={t("What it is for")} disabled={disabled} {...form.getInputProps("description")} />
        {!endpoint && (
          <Select
            label={t("Format")}
            data={[
              { value: "standard", label: t("Standard Webhooks, signed") },
              { value: "vonage", label: t("As Vonage's status callbacks") },
            ]}
            {...form.getInputProps("format")}
          />
        )}
        <Checkbox.Group
          label={t("Told of")}
          error={form.errors.eventTypes}
          value={form.values.eventTypes}
          onChange={(types) => form.setFieldValue("eventTypes", types)}
        >
          <SimpleGrid cols={{ base: 1, xs: 2 }} mt={6} spacing="xs" verticalSpacing={6}>
            {TYPES.map((type) => (
              <Checkbox key={type} size="xs" value={type} label={<code>{type}</code>} disabled={disabled} />
            ))}
          </SimpleGrid>
        </Checkbox.Group>
        {endpoint && (
          <Switch label={t("Enabled")} disabled={disabled} {...form.getInputProps("enabled", { type: "checkbox" })} />
        )}
        <div>
          <Button
            type="submit"
            loading={save.isPending}
            disabled={disabled || (endpoint !== undefined && !form.isDirty())}
          >
            {endpoint ? t("Save") : t("Create")}
          </Button>
        </div>
      </Stack>
    </form>
  );
}
