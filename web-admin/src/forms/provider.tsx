import {
  Button,
  NumberInput,
  PasswordInput,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { client, dataOf, type Schemas } from "@/api/client";
import { Failure } from "@/ui/feedback";
import { useChange } from "./change";
import { providerOf, type Vendor, type VendorField, wordsOf } from "./vendors";

type Connection = Schemas["Connection"];

interface ProviderFormProps {
  vendor: Vendor;
  connection?: Connection;
  disabled?: boolean;
  onDone: (saved: Connection) => void;
}

const LIST = "/v1/connections";
const ONE = "/v1/connections/{id}";

/** One connection: what its vendor asks for, and how much it takes. Secrets go in and never come out. */
export function ProviderForm({ vendor, connection, disabled = false, onDone }: ProviderFormProps) {
  const { t } = useTranslation();
  const traffic = connection?.traffic;
  const form = useForm<{
    name: string;
    enabled: boolean;
    fields: Record<string, string>;
    maxPerSecond: number | string;
    maxConcurrency: number | string;
    deadlineMs: number | string;
  }>({
    initialValues: {
      name: connection?.name ?? vendor.name,
      enabled: connection?.enabled ?? true,
      fields: wordsOf(vendor, connection?.provider ?? {}),
      maxPerSecond: traffic?.maxPerSecond ?? "",
      maxConcurrency: traffic?.maxConcurrency ?? "",
      deadlineMs: traffic?.deadlineMs ?? "",
    },
  });
  const save = useChange({
    run: async (values: typeof form.values) => {
      const body = {
        name: values.name,
        enabled: values.enabled,
        // The document's union of vendors is as wide as the form's table; the server checks every field.
        provider: providerOf(vendor, values.fields) as Schemas["Provider"],
        traffic: {
          maxPerSecond: count(values.maxPerSecond),
          maxConcurrency: count(values.maxConcurrency),
          deadlineMs: count(values.deadlineMs),
        },
      };
      return connection
        ? dataOf(client.PUT(ONE, { params: { path: { id: connection.id } }, body }))
        : dataOf(client.POST(LIST, { body }));
    },
    stale: [LIST, ONE],
    says: t("Saved."),
    onDone,
    form: {
      values: { ...form.values, ...form.values.fields },
      setErrors: (errors) => form.setErrors(nested(errors, vendor)),
    },
  });
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
      <Stack>
        <Failure error={save.error} />
        <TextInput
          label={t("Name")}
          required
          maxLength={255}
          disabled={disabled}
          data-autofocus
          {...form.getInputProps("name")}
        />
        {vendor.fields.length > 0 && (
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            {vendor.fields.map((field) => (
              <VendorInput
                key={field.name}
                field={field}
                disabled={disabled}
                isStored={connection !== undefined}
                {...form.getInputProps(`fields.${field.name}`)}
              />
            ))}
          </SimpleGrid>
        )}
        <SimpleGrid cols={{ base: 1, xs: 3 }}>
          <NumberInput
            label={t("Most a second")}
            placeholder={t("no limit")}
            min={1}
            disabled={disabled}
            {...form.getInputProps("maxPerSecond")}
          />
          <NumberInput
            label={t("Most at once")}
            placeholder={t("no limit")}
            min={1}
            disabled={disabled}
            {...form.getInputProps("maxConcurrency")}
          />
          <NumberInput
            label={t("Deadline, ms")}
            placeholder={t("default")}
            min={100}
            max={10_000}
            disabled={disabled}
            {...form.getInputProps("deadlineMs")}
          />
        </SimpleGrid>
        <Switch label={t("Enabled")} disabled={disabled} {...form.getInputProps("enabled", { type: "checkbox" })} />
        <div>
          <Button
            type="submit"
            loading={save.isPending}
            disabled={disabled || (connection !== undefined && !form.isDirty())}
          >
            {connection ? t("Save") : t("Connect")}
          </Button>
        </div>
      </Stack>
    </form>
  );
}

const count = (value: number | string) => (value === "" ? null : Number(value));

const nested = (errors: Record<string, string>, vendor: Vendor) =>
  Object.fromEntries(
    Object.entries(errors).map(([name, says]) => [
      vendor.fields.some((field) => field.name === name) ? `fields.${name}` : name,
      says,
    ]),
  );

interface VendorInputProps {
  field: VendorField;
  disabled: boolean;
  isStored: boolean;
  value?: string;
  error?: ReactNode;
  // biome-ignore lint/suspicious/noExplicitAny: as the form's library types what it hands to any input.
  onChange?: (value: any) => void;
}

function VendorInput({ field, disabled, isStored, ...input }: VendorInputProps) {
  const { t } = useTranslation();
  const common = {
    ...input,
    label: t(field.label),
    description: field.secret && isStored ? t("Stored. Type to replace it.") : field.hint && t(field.hint),
    placeholder: field.placeholder,
    required: field.required,
    disabled,
    autoComplete: "off",
    spellCheck: false,
  };
  if (field.options)
    return <Select {...common} clearable data={field.options as string[]} value={input.value || null} />;
  if (field.kind === "lines")
    return (
      <Textarea
        {...common}
        autosize
        minRows={2}
        maxRows={10}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
      />
    );
  if (field.secret)
    return (
      <PasswordInput
        {...common}
        autoComplete="new-password"
        visibilityToggleButtonProps={{ "aria-label": t("Show what is typed") }}
      />
    );
  return <TextInput {...common} inputMode={field.kind === "number" ? "numeric" : undefined} />;
}
