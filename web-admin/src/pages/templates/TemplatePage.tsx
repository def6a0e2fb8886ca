import { useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { useMay } from "@/api/session";
import { MailTemplateForm } from "@/forms/template-mail";
import { TextTemplateForm } from "@/forms/template-text";
import { Copyable } from "@/ui/Copy";
import { Failure, Loading } from "@/ui/feedback";
import { PageHead } from "@/ui/layout";
import { Fallback } from "./Fallback";

/** One template, beside what a person would see of it, and what follows when it does not reach them. */
export function TemplatePage() {
  const { t } = useTranslation();
  const may = useMay();
  const { appId, msgId } = useParams({ from: "/inside/templates/$appId/$msgId" });
  const { data, error, refetch } = api.useQuery("get", "/2fa/2/applications/{appId}/messages/{msgId}", {
    params: { path: { appId, msgId } },
  });
  if (error) return <Failure error={error} onRetry={() => refetch()} />;
  if (!data) return <Loading lines={8} />;
  const isFixed = !may("config:write");
  return (
    <>
      <PageHead title={"messageText" in data ? t("SMS and voice template") : t("E-mail template")}>
        <Copyable text={data.messageId} />
      </PageHead>
      <div className="pf-stack">
        {"messageText" in data ? (
          <TextTemplateForm template={data} disabled={isFixed} />
        ) : (
          <MailTemplateForm template={data} disabled={isFixed} />
        )}
        <Fallback msgId={msgId} disabled={isFixed} />
      </div>
    </>
  );
}
