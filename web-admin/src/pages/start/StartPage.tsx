import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "@/api/client";
import { useMay } from "@/api/session";
import { NewApplication } from "@/forms/application";
import { Failure, Loading, Note } from "@/ui/feedback";
import { PageHead, Panel } from "@/ui/layout";
import { SamplePhone } from "./SamplePhone";
import { Snippets } from "./Snippets";
import { TryIt } from "./TryIt";

/** From nothing to a verified PIN on one page, with nobody's provider account. */
export function StartPage() {
  const { t } = useTranslation();
  const may = useMay();
  const [to, setTo] = useState("+41793026727");
  const [watched, setWatched] = useState("");
  const [chosen, setChosen] = useState<Schemas["Application"]>();
  const applications = api.useQuery("get", "/2fa/2/applications");
  const application = chosen ?? applications.data?.find((one) => one.enabled) ?? applications.data?.[0];
  return (
    <>
      <PageHead title={t("Get started")}>
        {t("Send a PIN to a simulated phone, read it there, type it here. Nothing leaves this installation.")}
      </PageHead>
      {applications.error ? (
        <Failure error={applications.error} onRetry={() => applications.refetch()} />
      ) : applications.isPending ? (
        <Loading />
      ) : (
        <div className="pf-split">
          <div className="pf-stack">
            {!application ? (
              <Panel title={t("1. An application")} about={t("One place where people type a PIN.")}>
                {may("config:write") ? (
                  <NewApplication onDone={setChosen} />
                ) : (
                  <Note>{t("Ask a developer or admin of your organization to make one.")}</Note>
                )}
              </Panel>
            ) : (
              <>
                <Panel
                  title={t("1. Your application")}
                  about={t("Its limits and templates can wait; the defaults are safe.")}
                >
                  <div className="pf-actions">
                    {applications.data.slice(0, 5).map((one) => (
                      <Button
                        key={one.applicationId}
                        size="compact-sm"
                        variant={one.applicationId === application.applicationId ? "light" : "default"}
                        aria-pressed={one.applicationId === application.applicationId}
                        onClick={() => setChosen(one)}
                      >
                        {one.name}
                      </Button>
                    ))}
                  </div>
                </Panel>
                <TryIt application={application} to={to} onTo={setTo} onSent={setWatched} />
                <Snippets application={application} to={to} />
              </>
            )}
          </div>
          <SamplePhone to={watched || to} />
        </div>
      )}
    </>
  );
}
