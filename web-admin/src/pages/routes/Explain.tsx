import { Button, Select, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { client, dataOf, type Schemas } from "@/api/client";
import { useChange } from "@/forms/change";
import { Failure, Note, Status } from "@/ui/feedback";
import { Panel } from "@/ui/layout";
import { country, millis, number, percent } from "@/util/format";

const BECAUSE: Record<string, string> = {
  only: "It is the only one of its route.",
  first: "It is the first of its route that can be used.",
  weight: "The shares picked it, this time.",
  leader: "It brings the most people through, by what the route weighs.",
  sandbox: "A sandbox key's messages go to the simulator.",
  no_route: "No route fits, so the simulator takes it.",
};

/** Which way would a message take, and why? Nothing is sent. */
export function Explain({ nameOf }: { nameOf: (id: string) => string }) {
  const { t } = useTranslation();
  const form = useForm({ initialValues: { channel: "sms", to: "" } });
  const ask = useChange({
    run: (body: { channel: string; to: string }) => dataOf(client.POST("/v1/route-explanations", { body })),
    form,
  });
  return (
    <Panel title={t("Which way, and why?")} about={t("Asks the same choice that a worker makes. Nothing is sent.")}>
      <form
        onSubmit={form.onSubmit((values) => ask.mutate(values))}
        style={{ display: "flex", gap: "0.5rem", alignItems: "flex-end", flexWrap: "wrap" }}
      >
        <Select
          label={t("Channel")}
          w={120}
          data={[
            { value: "sms", label: t("SMS") },
            { value: "voice", label: t("Voice") },
            { value: "email", label: t("E-mail") },
          ]}
          {...form.getInputProps("channel")}
        />
        <TextInput label={t("To")} placeholder="+41 79 302 67 27" required {...form.getInputProps("to")} />
        <Button type="submit" variant="default" loading={ask.isPending}>
          {t("Explain")}
        </Button>
      </form>
      <div style={{ marginTop: "0.9rem" }} aria-live="polite">
        <Failure error={ask.error} />
        {ask.data && <Answer found={ask.data} nameOf={nameOf} />}
      </div>
    </Panel>
  );
}

function Answer({ found, nameOf }: { found: Schemas["RouteExplanation"]; nameOf: (id: string) => string }) {
  const { t } = useTranslation();
  return (
    <div className="pf-stack">
      <Note tone={found.connectionId ? "good" : "warn"}>
        <strong>{found.connectionId ? nameOf(found.connectionId) : t("Nothing can be used now.")}</strong>{" "}
        {found.because && t(BECAUSE[found.because] ?? found.because)}{" "}
        {found.region && t("The number is of {{country}}.", { country: country(found.region) })}
      </Note>
      {found.candidates.length > 0 && (
        <div className="pf-scroll">
          <table className="pf-table">
            <caption className="pf-visually-hidden">{t("What speaks for each")}</caption>
            <thead>
              <tr>
                <th scope="col">{t("Provider")}</th>
                <th scope="col">{t("Usable")}</th>
                <th scope="col" data-align="end">
                  {t("Share")}
                </th>
                <th scope="col" data-align="end">
                  {t("Conversion")}
                </th>
                <th scope="col" data-align="end">
                  {t("Answers in")}
                </th>
                <th scope="col" data-align="end">
                  {t("Score")}
                </th>
              </tr>
            </thead>
            <tbody>
              {found.candidates.map((leg) => (
                <tr key={leg.connectionId}>
                  <td>{leg.name ?? nameOf(leg.connectionId)}</td>
                  <td>
                    {leg.blocked ? (
                      <Status tone="bad">{t(leg.blocked.replaceAll("_", " "))}</Status>
                    ) : (
                      <Status tone="good">{t("yes")}</Status>
                    )}
                  </td>
                  <td data-align="end">{leg.weight ?? "–"}</td>
                  <td data-align="end">
                    {leg.score ? `${percent(leg.score.conversion, 1)} (${number(leg.score.sends)})` : "–"}
                  </td>
                  <td data-align="end">{leg.score?.latencyMs ? millis(leg.score.latencyMs) : "–"}</td>
                  <td data-align="end">{leg.score ? number(leg.score.value, 2) : "–"}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
