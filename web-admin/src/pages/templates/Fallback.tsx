import { Button, NumberInput, Select } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, client, type Schemas } from "@/api/client";
import { problemOf } from "@/api/problem";
import { useChange } from "@/forms/change";
import { Failure, Loading } from "@/ui/feedback";
import { Panel } from "@/ui/layout";
import { ReorderButtons } from "@/ui/ReorderButtons";
import { CHANNEL } from "@/words";

type Step = Schemas["FallbackPlanStep"];
const PATH = "/v1/messages/{msgId}/fallback";
const MOST = 4;

/** What follows when a message does not bring its person through. */
export function Fallback({ msgId, disabled }: { msgId: string; disabled: boolean }) {
  const params = { path: { msgId } };
  const { data, error } = api.useQuery("get", PATH, { params });
  const isNone = problemOf(error).status === 404;
  if (error && !isNone) return <Failure error={error} />;
  if (!data && !isNone) return <Loading />;
  const steps = data?.steps ?? [];
  return <Plan key={JSON.stringify(steps)} msgId={msgId} before={steps} disabled={disabled} />;
}

function Plan({ msgId, before, disabled }: { msgId: string; before: Step[]; disabled: boolean }) {
  const { t } = useTranslation();
  const [steps, setSteps] = useState(before);
  const params = { path: { msgId } };
  const save = useChange({
    run: async () => {
      if (steps.length > 0) await client.PUT(PATH, { params, body: { steps } });
      else await client.DELETE(PATH, { params });
    },
    stale: [PATH],
    says: t("The plan holds from the next send on."),
  });
  const change = (index: number, part: Partial<Step>) =>
    setSteps(steps.map((step, at) => (at === index ? { ...step, ...part } : step)));
  const isChanged = JSON.stringify(steps) !== JSON.stringify(before);
  return (
    <Panel
      title={t("When it does not get through")}
      about={t("All steps share one PIN, its life and its guesses. The moment it is verified, the rest is dropped.")}
      footer={
        <>
          <Button loading={save.isPending} disabled={disabled || !isChanged} onClick={() => save.mutate(undefined)}>
            {t("Save the plan")}
          </Button>
          <Button
            variant="subtle"
            leftSection={<IconPlus size={15} />}
            disabled={disabled || steps.length >= MOST}
            onClick={() => setSteps([...steps, { channel: "voice", after: 30, on: "not_verified" }])}
          >
            {t("Add a step")}
          </Button>
        </>
      }
    >
      <Failure error={save.error} />
      {steps.length === 0 && (
        <p className="pf-soft">
          {t("Nothing follows: one message, and that is all. Many add a call after half a minute.")}
        </p>
      )}
      <ol className="pf-stack" style={{ listStyle: "none", margin: 0, padding: 0, gap: "0.6rem" }}>
        {steps.map((step, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place.
          <li key={index} style={{ display: "flex", gap: "0.5rem", alignItems: "flex-end", flexWrap: "wrap" }}>
            <Select
              label={index === 0 ? t("Then by") : undefined}
              aria-label={t("Channel of step {{number}}", { number: index + 1 })}
              w={120}
              disabled={disabled}
              data={Object.entries(CHANNEL).map(([value, label]) => ({ value, label: t(label) }))}
              value={step.channel}
              onChange={(channel) => channel && change(index, { channel })}
            />
            <NumberInput
              label={index === 0 ? t("after seconds") : undefined}
              aria-label={t("Seconds before step {{number}}", { number: index + 1 })}
              w={120}
              min={5}
              max={3600}
              disabled={disabled}
              value={step.after}
              onChange={(after) => change(index, { after: Number(after) || 5 })}
            />
            <Select
              label={index === 0 ? t("when") : undefined}
              aria-label={t("Condition of step {{number}}", { number: index + 1 })}
              w={230}
              disabled={disabled}
              data={[
                { value: "not_verified", label: t("it is not verified") },
                { value: "no_receipt", label: t("nobody says it arrived") },
                { value: "failure", label: t("it could not be sent") },
              ]}
              value={step.on ?? "not_verified"}
              onChange={(on) => change(index, { on })}
            />
            <ReorderButtons
              items={steps}
              index={index}
              onChange={setSteps}
              removeLabel={t("Remove step {{number}}", { number: index + 1 })}
              disabled={disabled}
              mayBeEmpty
            />
          </li>
        ))}
      </ol>
    </Panel>
  );
}
