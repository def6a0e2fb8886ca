import { IconApps } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { Empty, Failure, Loading } from "@/ui/feedback";
import { PageHead, Panel } from "@/ui/layout";
import { TemplateTable } from "./TemplateTable";

/** The templates of all applications. */
export function TemplatesPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { data, error, refetch } = api.useQuery("get", "/2fa/2/applications");
  return (
    <>
      <PageHead title={t("Templates")}>{t("What people read or hear. Each belongs to an application.")}</PageHead>
      <Panel flush>
        {error ? (
          <Failure error={error} onRetry={() => refetch()} />
        ) : !data ? (
          <div className="pf-panel-body">
            <Loading />
          </div>
        ) : data.length === 0 ? (
          <Empty
            icon={IconApps}
            title={t("First an application")}
            action={{
              label: t("New application"),
              onClick: () => navigate({ to: "/applications", search: { new: "1" } }),
            }}
          >
            {t("Templates belong to applications, and there is none yet.")}
          </Empty>
        ) : (
          <TemplateTable applications={data} />
        )}
      </Panel>
    </>
  );
}
