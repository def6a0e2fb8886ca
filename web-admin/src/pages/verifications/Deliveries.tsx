import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { Note, Status } from "@/ui/feedback";
import { Facts, Panel } from "@/ui/layout";
import { WordMark } from "@/ui/Word";
import { millis, money, time } from "@/util/format";
import { channelWord, EVENT, happened, RECEIPT } from "@/words";

type Delivery = Schemas["Delivery"];
type Attempt = Schemas["DeliveryAttempt"];

/** Every message with each attempt at it. */
export function Deliveries({ deliveries }: { deliveries: Delivery[] }) {
  const { t } = useTranslation();
  return deliveries.map((delivery) => (
    <Panel
      key={delivery.number}
      title={t("Message {{number}} by {{channel}}", {
        number: delivery.number,
        channel: t(channelWord(delivery.channel)),
      })}
      actions={
        <>
          {delivery.receipt && <WordMark table={RECEIPT} of={delivery.receipt.state} />}
          <WordMark table={EVENT} of={happened(delivery.status, delivery.attempts.at(-1)?.reason)} />
        </>
      }
    >
      <div className="pf-stack">
        {delivery.segments !== undefined && delivery.segments > 1 && (
          <Note>{t("The text took {{count}} SMS.", { count: delivery.segments })}</Note>
        )}
        {delivery.attempts.map((attempt) => (
          <Facts key={`${attempt.number} ${attempt.at}`} facts={factsOf(attempt, t)} />
        ))}
      </div>
    </Panel>
  ));
}

function factsOf(attempt: Attempt, t: (text: string) => string): [string, React.ReactNode][] {
  return [
    [t("Attempt"), <span key="at" className="pf-num">{`${attempt.number ?? ""} · ${time(attempt.at)}`}</span>],
    [t("Outcome"), <WordMark key="outcome" table={EVENT} of={happened(attempt.outcome, attempt.reason)} />],
    [t("Reason"), attempt.reason && <code key="reason">{attempt.reason}</code>],
    [
      t("Fault of"),
      attempt.fault && (
        <Status key="fault" tone="warn">
          {t(attempt.fault)}
        </Status>
      ),
    ],
    [
      t("Provider"),
      attempt.connectionId && (
        <Link key="provider" to="/providers/$id" params={{ id: attempt.connectionId }}>
          {attempt.connectionName ?? attempt.connectionId.slice(0, 8)}
        </Link>
      ),
    ],
    [t("Provider's id"), attempt.providerId && <code key="id">{attempt.providerId}</code>],
    [t("Answer took"), attempt.latencyMs !== undefined && millis(attempt.latencyMs)],
    [t("Price"), attempt.price && money(attempt.price.micros, attempt.price.currency)],
    [t("Chosen because"), attempt.decision && <code key="why">{JSON.stringify(attempt.decision)}</code>],
  ];
}
