import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { Failure, Loading } from "@/ui/feedback";
import { Facts, Panel } from "@/ui/layout";
import { money, number } from "@/util/format";

/** What the month has cost so far. */
export function Spend() {
  const { t } = useTranslation();
  const { data, error } = api.useQuery("get", "/v1/usage");
  return (
    <Panel title={t("This month")} actions={<Link to="/usage">{t("Usage and caps")}</Link>}>
      {error ? (
        <Failure error={error} />
      ) : !data ? (
        <Loading lines={3} />
      ) : (
        <Facts
          facts={[
            [
              t("Messages"),
              <span key="messages" className="pf-num">
                {number(data.messages)}
              </span>,
            ],
            [
              t("Lookups"),
              <span key="lookups" className="pf-num">
                {number(data.lookups)}
              </span>,
            ],
            [
              t("Cost, as far as known"),
              data.cost.length === 0
                ? t("none known")
                : data.cost.map((one) => money(one.micros, one.currency)).join(" + "),
            ],
          ]}
        />
      )}
    </Panel>
  );
}
