import { Tabs } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { RULES, type Rules } from "@/api/fraud";
import { useMay } from "@/api/session";
import { FraudRules } from "@/forms/fraud";
import { useAddress } from "@/table/state";
import { Failure, Loading } from "@/ui/feedback";
import { PageHead, Panel } from "@/ui/layout";
import { Blocks } from "./Blocks";
import { Decisions } from "./Decisions";
import { FraudHeat } from "./FraudHeat";
import { Lists } from "./Lists";

/** Who tries to make money with messages that nobody reads, and what is done about it. */
export function FraudPage() {
  const { t } = useTranslation();
  const may = useMay();
  const address = useAddress();
  const rules = api.useQuery("get", RULES);
  const isFixed = !may("config:write");
  return (
    <>
      <PageHead title={t("Fraud guard")}>
        {t(
          "Watches how many messages to a country or prefix are ever verified. Pumped numbers are not, and cost you all the same.",
        )}
      </PageHead>
      <Tabs
        value={address.get("tab") || "decisions"}
        onChange={(tab) => address.set({ tab: tab ?? undefined, after: undefined, q: undefined, sort: undefined })}
        keepMounted={false}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="decisions">{t("Decisions")}</Tabs.Tab>
          <Tabs.Tab value="rules">{t("Rules")}</Tabs.Tab>
          <Tabs.Tab value="lists">{t("Lists")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="decisions">
          <div className="pf-stack">
            <Blocks disabled={isFixed} />
            <FraudHeat />
            <Panel flush>
              <Decisions />
            </Panel>
          </div>
        </Tabs.Panel>
        <Tabs.Panel value="rules">
          {rules.error ? (
            <Failure error={rules.error} onRetry={() => rules.refetch()} />
          ) : rules.data ? (
            <FraudRules key={JSON.stringify(rules.data)} rules={rules.data as Rules} disabled={isFixed} />
          ) : (
            <Loading />
          )}
        </Tabs.Panel>
        <Tabs.Panel value="lists">
          <Lists disabled={isFixed} />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
