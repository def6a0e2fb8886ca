import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { client, dataOf, type Schemas } from "@/api/client";
import { useMay } from "@/api/session";
import { useChange } from "@/forms/change";
import { Failure, Note } from "@/ui/feedback";
import { Panel } from "@/ui/layout";

interface TryItProps {
  application: Schemas["Application"];
  to: string;
  onTo: (to: string) => void;
  onSent: (to: string) => void;
}

const row = { display: "flex", gap: "0.5rem", alignItems: "flex-end", flexWrap: "wrap" } as const;

/** Send, and check what arrived. */
export function TryIt({ application, to, onTo, onSent }: TryItProps) {
  const { t } = useTranslation();
  const may = useMay();
  const form = useForm({ initialValues: { code: "" } });
  const send = useChange({
    run: () => dataOf(client.POST("/v1/otp", { body: { to, applicationId: application.applicationId } })),
    stale: ["/v1/verifications"],
    onDone: () => {
      form.reset();
      check.reset();
      onSent(to);
    },
  });
  const check = useChange({
    run: ({ code }: { code: string }) =>
      dataOf(
        client.POST("/v1/otp/verify", {
          body: { to, code: code.trim(), requestId: send.data?.requestId, applicationId: application.applicationId },
        }),
      ),
    stale: ["/v1/verifications"],
    form,
  });
  const isAllowed = may("pin:send");
  return (
    <>
      <Panel title={t("2. Send a PIN")} about={t("To any number you like: only the simulated phone gets it.")}>
        <div className="pf-stack">
          <form
            style={row}
            onSubmit={(event) => {
              event.preventDefault();
              send.mutate(undefined);
            }}
          >
            <TextInput
              label={t("Phone number")}
              type="tel"
              required
              value={to}
              onChange={(event) => onTo(event.currentTarget.value)}
              disabled={!isAllowed}
            />
            <Button type="submit" loading={send.isPending} disabled={!isAllowed}>
              {t("Send the PIN")}
            </Button>
          </form>
          {!isAllowed && (
            <Note>{t("Your role may look, but not send. Ask a developer or admin of your organization.")}</Note>
          )}
          <Failure error={send.error} />
        </div>
      </Panel>
      <Panel title={t("3. Type what arrived")} about={t("As the person who signs in would.")}>
        <div className="pf-stack">
          <form style={row} onSubmit={form.onSubmit((values) => check.mutate(values))}>
            <TextInput
              label={t("PIN")}
              autoComplete="one-time-code"
              inputMode="numeric"
              maxLength={10}
              required
              disabled={!send.data}
              styles={{
                input: { fontFamily: "var(--mantine-font-family-monospace)", letterSpacing: "0.25em", width: "11rem" },
              }}
              {...form.getInputProps("code")}
            />
            <Button type="submit" loading={check.isPending} disabled={!send.data}>
              {t("Verify")}
            </Button>
          </form>
          <div aria-live="polite">
            <Failure error={check.error} />
            {check.data?.matched && (
              <Note tone="good">
                <strong>{t("Verified.")}</strong> {t("That is all there is to it.")}{" "}
                {send.data && (
                  <Link to="/verifications/$pinId" params={{ pinId: send.data.requestId }}>
                    {t("See everything that happened")}
                  </Link>
                )}
              </Note>
            )}
            {check.data && !check.data.matched && (
              <Note tone="warn">
                {t("That is not the PIN. {{count}} guesses are left.", { count: check.data.attemptsRemaining })}
              </Note>
            )}
          </div>
        </div>
      </Panel>
    </>
  );
}
