import { Button, NumberInput, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { Failure } from "@/ui/feedback";
import { Panel } from "@/ui/layout";
import { useChange } from "./change";

type Caps = Schemas["Caps"];

interface CapsFormProps {
  caps: Caps;
  title: string;
  about: string;
  disabled: boolean;
  save: (caps: Caps) => Promise<unknown>;
  stale: string[];
}

const MILLION = 1_000_000;
const shown = (micros: number | null | undefined) => (micros === null || micros === undefined ? "" : micros / MILLION);
const micros = (amount: number | string) => (amount === "" ? null : Math.round(Number(amount) * MILLION));
const whole = (count: number | string) => (count === "" ? null : Number(count));

/** What may be sent and spent in a day and in a month. */
export function CapsForm({ caps, title, about, disabled, save, stale }: CapsFormProps) {
  const { t } = useTranslation();
  const form = useForm<{
    dailyMessages: number | string;
    monthlyMessages: number | string;
    dailyMicros: number | string;
    monthlyMicros: number | string;
    currency: string;
  }>({
    initialValues: {
      dailyMessages: caps.dailyMessages ?? "",
      monthlyMessages: caps.monthlyMessages ?? "",
      dailyMicros: shown(caps.dailyMicros),
      monthlyMicros: shown(caps.monthlyMicros),
      currency: caps.currency ?? "",
    },
  });
  const change = useChange({
    run: (values: typeof form.values) =>
      save({
        dailyMessages: whole(values.dailyMessages),
        monthlyMessages: whole(values.monthlyMessages),
        dailyMicros: micros(values.dailyMicros),
        monthlyMicros: micros(values.monthlyMicros),
        currency: values.currency.trim().toUpperCase() || null,
      }),
    stale,
    says: t("The caps hold from now on."),
    onDone: () => form.resetDirty(),
    form,
  });
  return (
    <form onSubmit={form.onSubmit((values) => change.mutate(values))}>
      <Panel
        title={title}
        about={about}
        footer={
          <Button type="submit" variant="default" disabled={disabled || !form.isDirty()} loading={change.isPending}>
            {t("Save the caps")}
          </Button>
        }
      >
        <Stack>
          <Failure error={change.error} />
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <NumberInput
              label={t("Messages a day")}
              placeholder={t("no cap")}
              min={0}
              allowDecimal={false}
              disabled={disabled}
              {...form.getInputProps("dailyMessages")}
            />
            <NumberInput
              label={t("Messages a month")}
              placeholder={t("no cap")}
              min={0}
              allowDecimal={false}
              disabled={disabled}
              {...form.getInputProps("monthlyMessages")}
            />
            <NumberInput
              label={t("Money a day")}
              placeholder={t("no cap")}
              min={0}
              decimalScale={6}
              disabled={disabled}
              {...form.getInputProps("dailyMicros")}
            />
            <NumberInput
              label={t("Money a month")}
              placeholder={t("no cap")}
              min={0}
              decimalScale={6}
              disabled={disabled}
              {...form.getInputProps("monthlyMicros")}
            />
          </SimpleGrid>
          <TextInput
            label={t("Currency")}
            placeholder="EUR"
            maxLength={3}
            w={120}
            disabled={disabled}
            {...form.getInputProps("currency")}
          />
        </Stack>
      </Panel>
    </form>
  );
}
