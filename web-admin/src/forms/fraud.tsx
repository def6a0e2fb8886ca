import { Button, NumberInput, SegmentedControl, SimpleGrid, Stack, Textarea } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { client, dataOf, type Schemas } from "@/api/client";
import { RULE_WORDS, RULES, type Rules } from "@/api/fraud";
import { Bars } from "@/charts/Bars";
import "@/styles/charts.css";
import { Failure, Note } from "@/ui/feedback";
import { Panel } from "@/ui/layout";
import { number, percent } from "@/util/format";
import { useChange } from "./change";

const CHANNELS = ["sms", "voice"] as const;
type Limit = number | string;

const codes = (text: string) =>
  text
    .toUpperCase()
    .split(/[^A-Z]+/)
    .filter(Boolean);
const limit = (value: Limit) => (value === "" ? null : Number(value));

/** The guard's rules, and what they would have done to the last day. */
export function FraudRules({ rules, disabled }: { rules: Rules; disabled: boolean }) {
  const { t } = useTranslation();
  const side = (channel: string) =>
    rules.countries[channel]?.allow ? "allow" : rules.countries[channel]?.block ? "block" : "all";
  const list = (channel: string) =>
    (rules.countries[channel]?.allow ?? rules.countries[channel]?.block ?? []).join(" ");
  const form = useForm({
    initialValues: {
      mode: rules.mode,
      sides: { sms: side("sms"), voice: side("voice") },
      lists: { sms: list("sms"), voice: list("voice") },
      perHour: {
        country: rules.perHour.country ?? ("" as Limit),
        prefix: rules.perHour.prefix ?? ("" as Limit),
        ip: rules.perHour.ip ?? ("" as Limit),
        key: rules.perHour.key ?? ("" as Limit),
      },
      conversion: rules.conversion,
      pumping: rules.pumping,
    },
  });
  const { mode } = form.values;
  const body = ({ sides, lists, perHour, ...rest }: typeof form.values) => ({
    ...rest,
    countries: Object.fromEntries(
      CHANNELS.filter((channel) => sides[channel] !== "all").map((channel) => [
        channel,
        { [sides[channel]]: codes(lists[channel]) },
      ]),
    ),
    perHour: {
      country: limit(perHour.country),
      prefix: limit(perHour.prefix),
      ip: limit(perHour.ip),
      key: limit(perHour.key),
    },
  });
  const save = useChange({
    run: (values: typeof form.values) => client.PUT(RULES, { body: body(values) }),
    stale: [RULES],
    says: t("The rules hold within seconds."),
    form,
  });
  const replay = useChange({
    run: (values: typeof form.values) =>
      dataOf(client.POST("/v1/fraud/replays", { body: { rules: body(values), hours: 24 } })),
  });
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))} className="pf-split">
      <Panel
        title={t("Rules")}
        footer={
          <>
            <Button type="submit" disabled={disabled || !form.isDirty()} loading={save.isPending}>
              {t("Save the rules")}
            </Button>
            <Button
              variant="default"
              disabled={disabled}
              loading={replay.isPending}
              onClick={() => replay.mutate(form.values)}
            >
              {t("Try them on the last day")}
            </Button>
          </>
        }
      >
        <Stack gap="lg">
          <Failure error={save.error} />
          <div>
            <SegmentedControl
              aria-label={t("Mode")}
              disabled={disabled}
              data={[
                { value: "off", label: t("Off") },
                { value: "record", label: t("Record") },
                { value: "block", label: t("Refuse") },
              ]}
              {...form.getInputProps("mode")}
            />
            <p className="pf-hint" style={{ marginTop: "0.35rem" }}>
              {mode === "off" &&
                t("Nothing is counted. Premium ranges, the block list and closed countries are refused all the same.")}
              {mode === "record" &&
                t("Suspicious sends go, and the decision is recorded: look at it for a week before you refuse.")}
              {mode === "block" &&
                t("Suspicious sends are refused, and the place is blocked: an hour first, then six, then a day.")}
            </p>
          </div>
          {CHANNELS.map((channel) => (
            <div key={channel}>
              <SegmentedControl
                aria-label={channel === "sms" ? t("Countries for SMS") : t("Countries for calls")}
                disabled={disabled}
                data={[
                  { value: "all", label: channel === "sms" ? t("SMS to everywhere") : t("Calls to everywhere") },
                  { value: "allow", label: t("only to") },
                  { value: "block", label: t("but not to") },
                ]}
                {...form.getInputProps(`sides.${channel}`)}
              />
              {form.values.sides[channel] !== "all" && (
                <Textarea
                  mt="xs"
                  aria-label={t("Countries")}
                  placeholder="CH DE AT"
                  autosize
                  disabled={disabled}
                  {...form.getInputProps(`lists.${channel}`)}
                />
              )}
            </div>
          ))}
          <div>
            <h3>{t("Most sends within an hour")}</h3>
            <SimpleGrid cols={{ base: 2, sm: 4 }} mt="xs">
              <NumberInput
                label={t("to a country")}
                placeholder={t("no limit")}
                min={1}
                disabled={disabled}
                {...form.getInputProps("perHour.country")}
              />
              <NumberInput
                label={t("to a prefix")}
                placeholder={t("no limit")}
                min={1}
                disabled={disabled}
                {...form.getInputProps("perHour.prefix")}
              />
              <NumberInput
                label={t("for an address")}
                placeholder={t("no limit")}
                min={1}
                disabled={disabled}
                {...form.getInputProps("perHour.ip")}
              />
              <NumberInput
                label={t("for a riskKey")}
                placeholder={t("no limit")}
                min={1}
                disabled={disabled}
                {...form.getInputProps("perHour.key")}
              />
            </SimpleGrid>
          </div>
          <div>
            <h3>{t("Too few verified, of a country")}</h3>
            <SimpleGrid cols={2} mt="xs">
              <NumberInput
                label={t("from so many sends on")}
                min={5}
                disabled={disabled}
                {...form.getInputProps("conversion.sends")}
              />
              <NumberInput
                label={t("fewer than, per cent")}
                min={0}
                max={100}
                disabled={disabled}
                {...form.getInputProps("conversion.percent")}
              />
            </SimpleGrid>
          </div>
          <div>
            <h3>{t("Looks pumped, of a prefix")}</h3>
            <SimpleGrid cols={{ base: 1, xs: 3 }} mt="xs">
              <NumberInput
                label={t("from so many sends on")}
                min={5}
                disabled={disabled}
                {...form.getInputProps("pumping.sends")}
              />
              <NumberInput
                label={t("fewer than, per cent")}
                min={0}
                max={100}
                disabled={disabled}
                {...form.getInputProps("pumping.percent")}
              />
              <NumberInput
                label={t("neighbouring numbers")}
                min={3}
                disabled={disabled}
                {...form.getInputProps("pumping.run")}
              />
            </SimpleGrid>
          </div>
        </Stack>
      </Panel>
      <div className="pf-stack">
        <Failure error={replay.error} />
        {replay.data ? (
          <Replayed replay={replay.data} />
        ) : (
          <Note>
            {t(
              "Try the rules on the last day before you save them: you see whom they would have refused, and how many of those were real.",
            )}
          </Note>
        )}
      </div>
    </form>
  );
}

function Replayed({ replay }: { replay: Schemas["FraudReplay"] }) {
  const { t } = useTranslation();
  const whole = replay.sends || 1;
  return (
    <Panel title={t("In the last day, these rules …")}>
      <div className="pf-stack">
        <Bars
          bars={[
            {
              key: "sends",
              name: t("looked at"),
              part: replay.sends / whole,
              value: number(replay.sends),
              color: "var(--pf-chart-3)",
            },
            {
              key: "blocked",
              name: t("would have refused"),
              part: replay.wouldBlock / whole,
              value: number(replay.wouldBlock),
              note: percent(replay.wouldBlock, replay.sends),
              color: "var(--pf-bad)",
            },
            {
              key: "wrong",
              name: t("of them real people"),
              part: replay.falsePositives / whole,
              value: number(replay.falsePositives),
              note: percent(replay.falsePositives, replay.wouldBlock),
              color: "var(--pf-warn)",
            },
          ]}
        />
        {replay.rules.length > 0 && (
          <Bars
            bars={replay.rules.slice(0, 8).map((rule) => ({
              key: `${rule.rule} ${rule.about}`,
              name: `${t(RULE_WORDS[rule.rule]?.says ?? rule.rule)}: ${rule.about}`,
              part: rule.wouldBlock / (replay.wouldBlock || 1),
              value: number(rule.wouldBlock),
              note: t("{{count}} real", { count: rule.falsePositives }),
            }))}
          />
        )}
      </div>
    </Panel>
  );
}
