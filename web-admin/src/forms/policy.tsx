import { Button, NumberInput, Select, Stack, Switch } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { client, type Schemas } from "@/api/client";
import { Failure } from "@/ui/feedback";
import { Panel } from "@/ui/layout";
import { number } from "@/util/format";
import { luck, type Rate, readRate, readSpan, type Span, type Unit, writeRate, writeSpan } from "@/util/span";
import { useChange } from "./change";
import { useSpanWords } from "./span-words";

type Application = Schemas["Application"];
type RateName = "verifyPinLimit" | "sendPinPerPhoneNumberLimit" | "sendPinPerApplicationLimit" | "lockAfterFailures";

/** The limits of an application, each with what it means for a person and for an attacker. */
export function PolicyForm({ application, disabled }: { application: Application; disabled: boolean }) {
  const { t } = useTranslation();
  const words = useSpanWords();
  const now = application.configuration;
  const form = useForm({
    initialValues: {
      pinAttempts: now.pinAttempts,
      allowMultiplePinVerifications: now.allowMultiplePinVerifications,
      pinTimeToLive: readSpan(now.pinTimeToLive) ?? { count: 5, unit: "m" as Unit },
      verifyPinLimit: rateOf(now.verifyPinLimit, "1/3s"),
      sendPinPerPhoneNumberLimit: rateOf(now.sendPinPerPhoneNumberLimit, "3/1h"),
      sendPinPerApplicationLimit: rateOf(now.sendPinPerApplicationLimit, "10000/1d"),
      lockAfterFailures: rateOf(now.lockAfterFailures, "10/1h"),
    },
  });
  const save = useChange({
    run: (values: typeof form.values) =>
      client.PUT("/2fa/2/applications/{appId}", {
        params: { path: { appId: application.applicationId } },
        body: {
          configuration: {
            pinAttempts: values.pinAttempts,
            allowMultiplePinVerifications: values.allowMultiplePinVerifications,
            pinTimeToLive: writeSpan(values.pinTimeToLive),
            verifyPinLimit: writeRate(values.verifyPinLimit),
            sendPinPerPhoneNumberLimit: writeRate(values.sendPinPerPhoneNumberLimit),
            sendPinPerApplicationLimit: writeRate(values.sendPinPerApplicationLimit),
            lockAfterFailures: writeRate(values.lockAfterFailures),
          },
        },
      }),
    stale: ["/2fa/2/applications", "/2fa/2/applications/{appId}"],
    says: t("The limits hold from now on."),
    onDone: () => form.resetDirty(),
    form,
  });
  const values = form.values;
  const rate = (name: RateName) => ({
    disabled,
    value: values[name],
    error: form.errors[name],
    onChange: (to: Rate) => form.setFieldValue(name, to),
  });
  const chance = luck(values.pinAttempts, 6, 10);
  return (
    <form onSubmit={form.onSubmit((changed) => save.mutate(changed))}>
      <Panel
        title={t("Limits")}
        about={t("They hold from the next send or check on. Counting windows slide.")}
        footer={
          <Button type="submit" loading={save.isPending} disabled={disabled || !form.isDirty()}>
            {t("Save the limits")}
          </Button>
        }
      >
        <Stack gap="lg">
          <Failure error={save.error} />
          <Limit
            says={t("A PIN dies {{span}} after it was accepted; sending it again does not prolong its life.", {
              span: words.span(values.pinTimeToLive),
            })}
          >
            <SpanInput
              label={t("Life of a PIN")}
              disabled={disabled}
              value={values.pinTimeToLive}
              error={form.errors.pinTimeToLive}
              onChange={(span) => form.setFieldValue("pinTimeToLive", span)}
            />
          </Limit>
          <Limit
            says={t(
              "After {{count}} wrong guesses the PIN is dead. Who guesses blindly at six digits comes through once in {{odds}} PINs.",
              {
                count: values.pinAttempts,
                odds: number(Math.round(1 / (chance || 1))),
              },
            )}
          >
            <NumberInput
              label={t("Guesses per PIN")}
              w={130}
              min={1}
              max={10}
              disabled={disabled}
              {...form.getInputProps("pinAttempts")}
            />
          </Limit>
          <Limit
            says={t(
              "One number gets at most {{count}} messages in {{span}}, sends and resends together. This is what SMS pumping runs into first.",
              rateWords(values.sendPinPerPhoneNumberLimit, words.span),
            )}
          >
            <RateInput label={t("Messages per number")} {...rate("sendPinPerPhoneNumberLimit")} />
          </Limit>
          <Limit
            says={t(
              "The whole application sends at most {{count}} messages in {{span}}: the most that one bad night can cost.",
              rateWords(values.sendPinPerApplicationLimit, words.span),
            )}
          >
            <RateInput label={t("Messages of the application")} {...rate("sendPinPerApplicationLimit")} />
          </Limit>
          <Limit
            says={t(
              "A number may be checked {{count}} times in {{span}}. A check beyond that is not evaluated and costs no guess.",
              rateWords(values.verifyPinLimit, words.span),
            )}
          >
            <RateInput label={t("Checks per number")} {...rate("verifyPinLimit")} />
          </Limit>
          <Limit
            says={t(
              "After {{count}} wrong guesses in {{span}}, over all its PINs, a number is locked for a while, longer each time. A right guess clears the count.",
              rateWords(values.lockAfterFailures, words.span),
            )}
          >
            <RateInput label={t("Failures that lock a number")} {...rate("lockAfterFailures")} />
          </Limit>
          <Limit
            says={
              values.allowMultiplePinVerifications
                ? t("The same PIN is right again and again until it expires. Few need this.")
                : t("A PIN is right once. Whoever sees it afterwards cannot use it.")
            }
          >
            <Switch
              label={t("May be verified more than once")}
              disabled={disabled}
              {...form.getInputProps("allowMultiplePinVerifications", { type: "checkbox" })}
            />
          </Limit>
        </Stack>
      </Panel>
    </form>
  );
}

const rateOf = (text: string, otherwise: string): Rate =>
  readRate(text) ?? readRate(otherwise) ?? { times: 1, window: { count: 1, unit: "h" } };
const rateWords = (rate: Rate, span: (one: Span) => string) => ({ count: rate.times, span: span(rate.window) });

function Limit({ says, children }: { says: string; children: ReactNode }) {
  return (
    <div>
      {children}
      <p className="pf-hint" style={{ marginTop: "0.35rem" }}>
        {says}
      </p>
    </div>
  );
}

interface SpanProps {
  label: string;
  value: Span;
  error?: ReactNode;
  disabled: boolean;
  onChange: (span: Span) => void;
}

function SpanInput({ label, value, error, disabled, onChange }: SpanProps) {
  const { t } = useTranslation();
  const { units } = useSpanWords();
  return (
    <Named label={label}>
      <NumberInput
        aria-label={label}
        min={1}
        w={130}
        disabled={disabled}
        value={value.count}
        error={error}
        onChange={(count) => onChange({ ...value, count: Number(count) || 1 })}
      />
      <Select
        aria-label={t("{{label}}: unit", { label })}
        w={140}
        disabled={disabled}
        data={units}
        value={value.unit}
        onChange={(unit) => unit && onChange({ ...value, unit: unit as Unit })}
      />
    </Named>
  );
}

interface RateProps extends Omit<SpanProps, "value" | "onChange"> {
  value: Rate;
  onChange: (rate: Rate) => void;
}

function RateInput({ label, value, error, disabled, onChange }: RateProps) {
  const { t } = useTranslation();
  const { units } = useSpanWords();
  const { window } = value;
  return (
    <Named label={label}>
      <NumberInput
        aria-label={label}
        min={1}
        w={130}
        thousandSeparator={"\u202f"}
        disabled={disabled}
        value={value.times}
        error={error}
        onChange={(times) => onChange({ ...value, times: Number(times) || 1 })}
      />
      <span className="pf-soft">{t("in")}</span>
      <NumberInput
        aria-label={t("{{label}}: window", { label })}
        min={1}
        w={90}
        disabled={disabled}
        value={window.count}
        onChange={(count) => onChange({ ...value, window: { ...window, count: Number(count) || 1 } })}
      />
      <Select
        aria-label={t("{{label}}: unit", { label })}
        w={140}
        disabled={disabled}
        data={units}
        value={window.unit}
        onChange={(unit) => unit && onChange({ ...value, window: { ...window, unit: unit as Unit } })}
      />
    </Named>
  );
}

/** Several inputs under one label. */
function Named({ label, children }: { label: string; children: ReactNode }) {
  return (
    <fieldset className="pf-fieldset">
      <legend style={{ fontWeight: 500, padding: 0, marginBottom: "0.25rem" }}>{label}</legend>
      <div style={{ display: "flex", gap: "0.5rem", alignItems: "center", flexWrap: "wrap" }}>{children}</div>
    </fieldset>
  );
}
