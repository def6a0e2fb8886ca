import { Button, NumberInput, Select, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { api, client, type Schemas } from "@/api/client";
import { problemOf } from "@/api/problem";
import { useMay } from "@/api/session";
import { useChange } from "@/forms/change";
import { Failure, Loading, Note } from "@/ui/feedback";
import { PageHead, Panel } from "@/ui/layout";

const PATH = "/v1/number-lookup";
const MILLION = 1_000_000;

/** Whether numbers are looked up before a message that asks for it. */
export function LookupPage() {
  const { t } = useTranslation();
  const lookup = api.useQuery("get", PATH);
  const connections = api.useQuery("get", "/v1/connections");
  const isOff = problemOf(lookup.error).status === 404;
  const able = (connections.data?.connections ?? []).filter(
    (one) => one.provider.kind === "infobip" || one.provider.kind === "twilio",
  );
  return (
    <>
      <PageHead title={t("Number lookup")}>
        {t(
          "Asks a provider whether a number exists and can be reached before paying for a message. Sends that want it say so.",
        )}
      </PageHead>
      <div className="pf-narrow">
        {lookup.error && !isOff ? (
          <Failure error={lookup.error} onRetry={() => lookup.refetch()} />
        ) : lookup.isPending || connections.isPending ? (
          <Loading />
        ) : able.length === 0 ? (
          <Note>{t("Infobip and Twilio can look numbers up. Connect one of them first.")}</Note>
        ) : (
          <LookupForm key={JSON.stringify(lookup.data)} lookup={lookup.data} connections={able} />
        )}
      </div>
    </>
  );
}

function LookupForm({
  lookup,
  connections,
}: {
  lookup?: Schemas["NumberLookup"];
  connections: Schemas["Connection"][];
}) {
  const { t } = useTranslation();
  const may = useMay();
  const isFixed = !may("config:write");
  const form = useForm({
    initialValues: {
      connectionId: lookup?.connectionId ?? connections[0]?.id ?? "",
      cacheSeconds: lookup?.cacheSeconds ?? 86_400,
      deadlineMs: lookup?.deadlineMs ?? 2_000,
      price: lookup?.priceMicros ? lookup.priceMicros / MILLION : ("" as number | string),
      currency: lookup?.currency ?? "",
    },
  });
  const save = useChange({
    run: ({ price, currency, ...rest }: typeof form.values) =>
      client.PUT(PATH, {
        body: {
          ...rest,
          priceMicros: price === "" ? null : Math.round(Number(price) * MILLION),
          currency: price === "" ? null : currency.toUpperCase(),
        },
      }),
    stale: [PATH],
    says: t("Saved."),
    form,
  });
  const stop = useChange({
    run: () => client.DELETE(PATH),
    stale: [PATH],
    says: t("No number is looked up any more."),
  });
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
      <Panel
        footer={
          <>
            <Button
              type="submit"
              loading={save.isPending}
              disabled={isFixed || (lookup !== undefined && !form.isDirty())}
            >
              {lookup ? t("Save") : t("Look numbers up")}
            </Button>
            {lookup && (
              <Button
                variant="default"
                loading={stop.isPending}
                disabled={isFixed}
                onClick={() => stop.mutate(undefined)}
              >
                {t("Stop")}
              </Button>
            )}
          </>
        }
      >
        <Stack pt={6}>
          <Failure error={save.error ?? stop.error} />
          <Select
            label={t("Asked")}
            disabled={isFixed}
            data={connections.map((one) => ({ value: one.id, label: one.name }))}
            {...form.getInputProps("connectionId")}
          />
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <NumberInput
              label={t("An answer is believed for, seconds")}
              min={60}
              disabled={isFixed}
              {...form.getInputProps("cacheSeconds")}
            />
            <NumberInput
              label={t("A send waits at most, ms")}
              min={100}
              max={5000}
              disabled={isFixed}
              {...form.getInputProps("deadlineMs")}
            />
            <NumberInput
              label={t("Price of an answer")}
              min={0}
              decimalScale={6}
              disabled={isFixed}
              {...form.getInputProps("price")}
            />
            <TextInput
              label={t("Currency")}
              placeholder="EUR"
              maxLength={3}
              disabled={isFixed}
              {...form.getInputProps("currency")}
            />
          </SimpleGrid>
        </Stack>
      </Panel>
    </form>
  );
}
