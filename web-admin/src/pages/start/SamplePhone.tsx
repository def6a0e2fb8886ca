import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { phoneQuery } from "@/api/simulator";
import { Bubble, Phone } from "@/ui/Phone";
import { time } from "@/util/format";

/** The simulated phone of a number, as it fills. */
export function SamplePhone({ to }: { to: string }) {
  const { t } = useTranslation();
  const { data, error } = useQuery(phoneQuery(to));
  const messages = (data ?? []).slice(0, 4).toReversed();
  return (
    <div style={{ position: "sticky", top: "4.5rem" }}>
      <Phone from={to || t("A phone")}>
        <div aria-live="polite" style={{ display: "flex", flexDirection: "column" }}>
          {error && (
            <p className="pf-hint">{t("The simulator is not there. The developer who runs Pinfold can turn it on.")}</p>
          )}
          {!error && messages.length === 0 && <p className="pf-hint">{t("Messages to this number appear here.")}</p>}
          {messages.map((message) => (
            <div key={message.id}>
              <Bubble text={message.text} />
              <p className="pf-hint" style={{ fontSize: "0.71875rem", margin: "-0.3rem 0 0.6rem 0.4rem" }}>
                {message.from} · {time(message.received_at).slice(0, 8)}
              </p>
            </div>
          ))}
        </div>
      </Phone>
    </div>
  );
}
