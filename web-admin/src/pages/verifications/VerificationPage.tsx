import "@/styles/timeline.css";
import { Link, useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "@/api/client";
import { Copyable } from "@/ui/Copy";
import { Failure, Loading, Status } from "@/ui/feedback";
import { Facts, PageHead, Panel } from "@/ui/layout";
import { WordMark } from "@/ui/Word";
import { country, dateTime, millis, money, time } from "@/util/format";
import { channelWord, EVENT, happened, RECEIPT, STATUS, word } from "@/words";
import { Deliveries } from "./Deliveries";
import { Reveal } from "./Reveal";

type Story = Schemas["StoryView"];

/** Everything of one PIN: what happened, message by message, guess by guess. */
export function VerificationPage() {
  const { t } = useTranslation();
  const { pinId } = useParams({ from: "/inside/verifications/$pinId" });
  const { data, error, refetch } = api.useQuery(
    "get",
    "/v1/verifications/{pinId}",
    { params: { path: { pinId } } },
    { refetchInterval: 4000 },
  );
  if (error) return <Failure error={error} onRetry={() => refetch()} />;
  if (!data) return <Loading lines={8} />;
  return (
    <>
      <PageHead
        title={t("Verification of {{recipient}}", { recipient: data.recipient ?? t("a forgotten recipient") })}
        actions={
          <>
            {data.test && <Status tone="warn">{t("Test number")}</Status>}
            <WordMark table={STATUS} of={data.status} />
          </>
        }
      >
        <Copyable text={data.pinId} />
      </PageHead>
      <div className="pf-split">
        <div className="pf-stack">
          <Panel title={t("What happened")}>
            <Timeline story={data} />
          </Panel>
          <Deliveries deliveries={data.deliveries} />
        </div>
        <Panel title={t("Facts")}>
          <Facts
            facts={[
              [
                t("Application"),
                data.applicationId && (
                  <Link to="/applications/$appId" params={{ appId: data.applicationId }}>
                    {data.applicationName ?? data.applicationId.slice(0, 8)}
                  </Link>
                ),
              ],
              [
                t("Recipient"),
                data.recipient && <Reveal key={data.pinId} pinId={data.pinId} masked={data.recipient} />,
              ],
              [t("Channels"), data.channels.map((channel) => t(channelWord(channel))).join(" → ")],
              [t("Accepted"), dateTime(data.createdAt)],
              [t("Expires"), dateTime(data.expiresAt)],
              [t("First sent"), data.sentAt && dateTime(data.sentAt)],
              [t("Verified"), data.verifiedAt && dateTime(data.verifiedAt)],
              [t("Took"), data.verifiedAt && millis(Date.parse(data.verifiedAt) - Date.parse(data.createdAt))],
              [t("Wrong guesses"), data.wrongGuesses],
              [t("Region"), regionOf(data)],
              [t("Cost"), costOf(data)],
            ]}
          />
        </Panel>
      </div>
    </>
  );
}

function regionOf(story: Story) {
  const found = story.deliveries.flatMap((delivery) => delivery.attempts).find((attempt) => attempt.region)?.region;
  return found && country(found);
}

/** The receipt's price stands over the attempt's; currencies are not mixed. */
function costOf(story: Story) {
  const sums = new Map<string, number>();
  for (const delivery of story.deliveries) {
    const price = delivery.receipt?.price ?? delivery.attempts.findLast((attempt) => attempt.price)?.price;
    if (price) sums.set(price.currency, (sums.get(price.currency) ?? 0) + price.micros);
  }
  return [...sums].map(([currency, micros]) => money(micros, currency)).join(" + ");
}

interface Moment {
  at: string;
  key: string;
  says: string;
  tone: string;
  about?: string;
}

function Timeline({ story }: { story: Story }) {
  const { t } = useTranslation();
  const moments: Moment[] = [
    { at: story.createdAt, key: "accepted", says: t("Accepted"), tone: "plain" },
    ...story.events.map((event, index) => {
      const { says, tone } = word(EVENT, happened(event.event, event.reason));
      const message = event.delivery ? t("Message {{number}}", { number: event.delivery }) : undefined;
      const attempt =
        event.attempt && event.attempt > 1 ? t("attempt {{number}}", { number: event.attempt }) : undefined;
      return {
        at: event.at,
        key: `${index}`,
        says: t(says),
        tone,
        about: [message, attempt, event.reason].filter(Boolean).join(" · "),
      };
    }),
    ...story.deliveries
      .filter(
        (delivery) =>
          delivery.receipt &&
          !story.events.some((event) => event.delivery === delivery.number && event.event === "delivered"),
      )
      .map((delivery) => {
        const state = delivery.receipt?.state ?? "unknown";
        const { says, tone } = word(RECEIPT, state);
        return {
          at: delivery.receipt?.at ?? delivery.receipt?.receivedAt ?? story.createdAt,
          key: `receipt ${delivery.number}`,
          says: t("Receipt: {{state}}", { state: t(says) }),
          tone,
          about: [t("Message {{number}}", { number: delivery.number }), delivery.receipt?.reason]
            .filter(Boolean)
            .join(" · "),
        };
      }),
  ].sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
  return (
    <ol className="pf-timeline">
      {moments.map((moment) => (
        <li key={moment.key} data-tone={moment.tone}>
          <time dateTime={moment.at} title={dateTime(moment.at)}>
            {time(moment.at)}
          </time>
          <i aria-hidden />
          <div>
            <b>{moment.says}</b>
            {moment.about && <p>{moment.about}</p>}
          </div>
        </li>
      ))}
    </ol>
  );
}
