import { Button, Checkbox, SegmentedControl, SimpleGrid, Stack, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { client, dataOf, type Schemas } from "@/api/client";
import { SCOPES, type Scope, useMay } from "@/api/session";
import { Failure } from "@/ui/feedback";
import { useChange } from "./change";

const KEYS = "/v1/api-keys";

/** A key to be: what it may do, and from where. Nobody gives away what they lack. */
export function NewKey({ onDone }: { onDone: (key: Schemas["CreatedKey"]) => void }) {
  const { t } = useTranslation();
  const may = useMay();
  const form = useForm({
    initialValues: {
      name: "",
      environment: "sandbox" as Schemas["Environment"],
      scopes: ["pin:send", "pin:verify"] as Scope[],
      networks: "",
      expires: "",
    },
  });
  const create = useChange({
    run: ({ networks, expires, ...rest }: typeof form.values) =>
      dataOf(
        client.POST(KEYS, {
          body: {
            ...rest,
            networks: networks.split(/[\s,]+/).filter(Boolean),
            expiresAt: expires ? new Date(expires).toISOString() : undefined,
          },
        }),
      ),
    stale: [KEYS],
    onDone,
    form,
  });
  return (
    <form onSubmit={form.onSubmit((values) => create.mutate(values))}>
      <Stack>
        <Failure error={create.error} />
        <TextInput
          label={t("Name")}
          placeholder="Checkout"
          required
          maxLength={255}
          data-autofocus
          {...form.getInputProps("name")}
        />
        <SegmentedControl
          aria-label={t("Messages")}
          data={[
            { value: "sandbox", label: t("Sandbox: to the simulator") },
            { value: "live", label: t("Live: to people") },
          ]}
          {...form.getInputProps("environment")}
        />
        <Checkbox.Group
          label={t("May")}
          error={form.errors.scopes}
          value={form.values.scopes}
          onChange={(scopes) => form.setFieldValue("scopes", scopes)}
        >
          <SimpleGrid cols={{ base: 1, xs: 2 }} mt={6} spacing="xs" verticalSpacing={6}>
            {SCOPES.filter(may).map((scope) => (
              <Checkbox key={scope} size="xs" value={scope} label={<code>{scope}</code>} />
            ))}
          </SimpleGrid>
        </Checkbox.Group>
        <Textarea
          label={t("Only from these networks")}
          description={t("Addresses or networks, one a line; empty for anywhere.")}
          placeholder="192.0.2.0/24"
          autosize
          {...form.getInputProps("networks")}
        />
        <TextInput
          type="date"
          label={t("Works until")}
          description={t("A year unless you say.")}
          {...form.getInputProps("expires")}
        />
        <Button type="submit" loading={create.isPending}>
          {t("Create")}
        </Button>
      </Stack>
    </form>
  );
}
