import { Button, NumberInput, Select, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { client, type Schemas } from "@/api/client";
import { Confirm } from "@/ui/Confirm";
import { Failure, Note } from "@/ui/feedback";
import { ReorderButtons } from "@/ui/ReorderButtons";
import { CHANNEL } from "@/words";
import { useChange } from "./change";

interface Leg {
  connectionId: string;
  weight: number | string;
  sender: string;
  price: number | string;
  currency: string;
}

interface RouteFormProps {
  route?: Schemas["Route"];
  connections: Schemas["Connection"][];
  disabled: boolean;
  onDone: () => void;
}

const MILLION = 1_000_000;
const MOST_LEGS = 8;

/** Which providers a channel's messages take to some numbers, and how one is chosen. */
export function RouteForm({ route, connections, disabled, onDone }: RouteFormProps) {
  const { t } = useTranslation();
  const [isAsking, asking] = useDisclosure();
  const form = useForm({
    initialValues: {
      channel: route?.channel ?? "sms",
      prefix: route?.prefix ?? "",
      strategy: route?.strategy ?? "ordered",
      mix: route?.mix ?? { conversion: 80, cost: 10, latency: 10 },
      legs: (route?.legs ?? [{ connectionId: connections[0]?.id ?? "" }]).map(
        (leg): Leg => ({
          connectionId: leg.connectionId,
          weight: "weight" in leg ? (leg.weight ?? 1) : 1,
          sender: ("sender" in leg && leg.sender) || "",
          price: "priceMicros" in leg && leg.priceMicros ? leg.priceMicros / MILLION : "",
          currency: ("currency" in leg && leg.currency) || "",
        }),
      ),
    },
  });
  const values = form.values;
  const pathOf = (prefix: string) => prefix.replace(/[^0-9]/g, "");
  const save = useChange({
    run: async ({ channel, prefix, strategy, legs, mix }: typeof form.values) => {
      const body = {
        strategy,
        mix: strategy === "ranked" ? mix : null,
        legs: legs.map((leg) => ({
          connectionId: leg.connectionId,
          weight: strategy === "weighted" ? Number(leg.weight) || 0 : null,
          sender: leg.sender || null,
          priceMicros: leg.price === "" ? null : Math.round(Number(leg.price) * MILLION),
          currency: leg.price === "" ? null : leg.currency.toUpperCase(),
        })),
      };
      const digits = pathOf(prefix);
      if (digits)
        await client.PUT("/v1/routes/{channel}/{prefix}", { params: { path: { channel, prefix: digits } }, body });
      else await client.PUT("/v1/routes/{channel}", { params: { path: { channel } }, body });
    },
    stale: ["/v1/routes"],
    says: t("The route holds from the next message on."),
    onDone,
    form,
  });
  const remove = useChange({
    run: async () => {
      if (!route) return;
      const { channel, prefix } = route;
      if (prefix) await client.DELETE("/v1/routes/{channel}/{prefix}", { params: { path: { channel, prefix } } });
      else await client.DELETE("/v1/routes/{channel}", { params: { path: { channel } } });
    },
    stale: ["/v1/routes"],
    says: t("The route is gone."),
    onDone,
  });
  if (connections.length === 0)
    return <Note tone="warn">{t("Connect a provider first: a route leads over one.")}</Note>;
  const change = (index: number, part: Partial<Leg>) =>
    form.setFieldValue(
      "legs",
      values.legs.map((leg, at) => (at === index ? { ...leg, ...part } : leg)),
    );
  return (
    <form onSubmit={form.onSubmit((changed) => save.mutate(changed))}>
      <Stack>
        <Failure error={save.error} />
        <SimpleGrid cols={{ base: 1, xs: 3 }}>
          <Select
            label={t("Channel")}
            disabled={disabled || route !== undefined}
            data={Object.entries(CHANNEL).map(([value, label]) => ({ value, label: t(label) }))}
            {...form.getInputProps("channel")}
          />
          <TextInput
            label={t("Numbers that begin with")}
            placeholder={t("all others")}
            leftSection="+"
            disabled={disabled || route !== undefined}
            {...form.getInputProps("prefix")}
          />
          <Select
            label={t("Chosen by")}
            disabled={disabled}
            data={[
              { value: "ordered", label: t("The first that can be used") },
              { value: "weighted", label: t("By shares") },
              { value: "ranked", label: t("The best by its results") },
            ]}
            {...form.getInputProps("strategy")}
          />
        </SimpleGrid>
        {values.strategy === "ranked" && (
          <SimpleGrid cols={3}>
            <NumberInput
              label={t("Weight of conversion")}
              min={0}
              disabled={disabled}
              {...form.getInputProps("mix.conversion")}
            />
            <NumberInput label={t("of a low price")} min={0} disabled={disabled} {...form.getInputProps("mix.cost")} />
            <NumberInput
              label={t("of a quick answer")}
              min={0}
              disabled={disabled}
              {...form.getInputProps("mix.latency")}
            />
          </SimpleGrid>
        )}
        <ol className="pf-stack" style={{ listStyle: "none", margin: 0, padding: 0, gap: "0.6rem" }}>
          {values.legs.map((leg, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a leg is its place.
            <li key={index} style={{ display: "flex", gap: "0.5rem", alignItems: "flex-end", flexWrap: "wrap" }}>
              <Select
                label={index === 0 ? t("Provider") : undefined}
                aria-label={t("Provider {{number}}", { number: index + 1 })}
                style={{ flex: "1 1 12rem" }}
                disabled={disabled}
                data={connections.map((one) => ({ value: one.id, label: one.name }))}
                value={leg.connectionId}
                onChange={(connectionId) => connectionId && change(index, { connectionId })}
              />
              {values.strategy === "weighted" && (
                <NumberInput
                  label={index === 0 ? t("Share") : undefined}
                  aria-label={t("Share of provider {{number}}", { number: index + 1 })}
                  w={80}
                  min={0}
                  max={1000}
                  disabled={disabled}
                  value={leg.weight}
                  onChange={(weight) => change(index, { weight })}
                />
              )}
              <TextInput
                label={index === 0 ? t("Sender") : undefined}
                aria-label={t("Sender of provider {{number}}", { number: index + 1 })}
                w={120}
                disabled={disabled}
                value={leg.sender}
                onChange={(event) => change(index, { sender: event.currentTarget.value })}
              />
              <NumberInput
                label={index === 0 ? t("Price") : undefined}
                aria-label={t("Price of provider {{number}}", { number: index + 1 })}
                w={100}
                min={0}
                decimalScale={6}
                disabled={disabled}
                value={leg.price}
                onChange={(price) => change(index, { price })}
              />
              <TextInput
                label={index === 0 ? t("Currency") : undefined}
                aria-label={t("Currency of provider {{number}}", { number: index + 1 })}
                placeholder="EUR"
                w={80}
                maxLength={3}
                disabled={disabled}
                value={leg.currency}
                onChange={(event) => change(index, { currency: event.currentTarget.value })}
              />
              <ReorderButtons
                items={values.legs}
                index={index}
                onChange={(legs) => form.setFieldValue("legs", legs)}
                removeLabel={t("Remove provider {{number}}", { number: index + 1 })}
                disabled={disabled}
              />
            </li>
          ))}
        </ol>
        <div className="pf-actions">
          <Button
            variant="subtle"
            leftSection={<IconPlus size={15} />}
            disabled={disabled || values.legs.length >= MOST_LEGS}
            onClick={() =>
              form.insertListItem("legs", {
                connectionId: connections[0]?.id ?? "",
                weight: 1,
                sender: "",
                price: "",
                currency: "",
              })
            }
          >
            {t("Add a provider")}
          </Button>
        </div>
        <div className="pf-actions">
          <Button type="submit" loading={save.isPending} disabled={disabled}>
            {t("Save the route")}
          </Button>
          {route && (
            <Button variant="default" disabled={disabled} onClick={asking.open}>
              {t("Delete")}
            </Button>
          )}
        </div>
      </Stack>
      <Confirm
        opened={isAsking}
        onClose={asking.close}
        title={t("Delete the route?")}
        verb={t("Delete")}
        loading={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate(undefined)}
      >
        {route?.prefix
          ? t("These numbers then take the route with the next shorter prefix.")
          : t("Messages of this channel that no other route fits then go nowhere.")}
      </Confirm>
    </form>
  );
}
