import { Stack, Tabs } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, client } from "@/api/client";
import { useMay } from "@/api/session";
import { ApplicationBasics } from "@/forms/application";
import { CapsForm } from "@/forms/caps";
import { DurabilityForm } from "@/forms/durability";
import { PolicyForm } from "@/forms/policy";
import { TestNumbersForm } from "@/forms/test-numbers";
import { useAddress } from "@/table/state";
import { Copyable } from "@/ui/Copy";
import { Failure, Loading, Status } from "@/ui/feedback";
import { PageHead, Panel } from "@/ui/layout";
import { TemplateTable } from "../templates/TemplateTable";

/** One application: its limits, how sure its answers are, its templates, its caps, its test numbers. */
export function ApplicationPage() {
  const { t } = useTranslation();
  const may = useMay();
  const address = useAddress();
  const { appId } = useParams({ from: "/inside/applications/$appId" });
  const path = { params: { path: { appId } } };
  const { data, error, refetch } = api.useQuery("get", "/2fa/2/applications/{appId}", path);
  const caps = api.useQuery("get", "/v1/applications/{appId}/caps", path);
  const durability = api.useQuery("get", "/v1/applications/{appId}/durability", path);
  const testNumbers = api.useQuery("get", "/v1/applications/{appId}/test-numbers", path);
  const isFixed = !may("config:write");
  if (error) return <Failure error={error} onRetry={() => refetch()} />;
  if (!data) return <Loading lines={8} />;
  return (
    <>
      <PageHead
        title={data.name}
        actions={<Status tone={data.enabled ? "good" : "plain"}>{data.enabled ? t("Enabled") : t("Disabled")}</Status>}
      >
        <Copyable text={data.applicationId} />
      </PageHead>
      <Tabs
        value={address.get("tab") || "limits"}
        onChange={(tab) =>
          address.set({ tab: tab === "limits" ? undefined : (tab ?? undefined), q: undefined, sort: undefined })
        }
        keepMounted={false}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="limits">{t("Limits")}</Tabs.Tab>
          <Tabs.Tab value="templates">{t("Templates")}</Tabs.Tab>
          <Tabs.Tab value="caps">{t("Caps")}</Tabs.Tab>
          <Tabs.Tab value="test-numbers">{t("Test numbers")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="limits">
          <div className="pf-split">
            <PolicyForm key={JSON.stringify(data.configuration)} application={data} disabled={isFixed} />
            <Stack>
              <ApplicationBasics
                key={`${data.name} ${data.enabled} ${data.slug}`}
                application={data}
                disabled={isFixed}
              />
              {durability.data && (
                <DurabilityForm
                  key={durability.data.durability}
                  appId={appId}
                  durability={durability.data.durability}
                  disabled={isFixed}
                />
              )}
            </Stack>
          </div>
        </Tabs.Panel>
        <Tabs.Panel value="templates">
          <Panel flush>
            <TemplateTable applications={[data]} />
          </Panel>
        </Tabs.Panel>
        <Tabs.Panel value="caps">
          <div className="pf-narrow">
            {caps.error ? (
              <Failure error={caps.error} />
            ) : caps.data ? (
              <CapsForm
                key={JSON.stringify(caps.data)}
                caps={caps.data}
                title={t("Caps of this application")}
                about={t(
                  "Past a cap every send is refused until the day or month (UTC) is over. The organization's caps hold beside these.",
                )}
                disabled={isFixed}
                save={(body) => client.PUT("/v1/applications/{appId}/caps", { ...path, body })}
                stale={["/v1/applications/{appId}/caps"]}
              />
            ) : (
              <Loading />
            )}
          </div>
        </Tabs.Panel>
        <Tabs.Panel value="test-numbers">
          <div className="pf-narrow">
            {testNumbers.error ? (
              <Failure error={testNumbers.error} />
            ) : testNumbers.data ? (
              <TestNumbersForm
                key={JSON.stringify(testNumbers.data)}
                appId={appId}
                numbers={testNumbers.data.testNumbers}
                disabled={isFixed}
              />
            ) : (
              <Loading />
            )}
          </div>
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
