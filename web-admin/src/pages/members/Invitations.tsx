import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, client } from "@/api/client";
import { useChange } from "@/forms/change";
import { Failure } from "@/ui/feedback";
import { Panel } from "@/ui/layout";
import { ago } from "@/util/format";
import { roleWord } from "@/words";

const PATH = "/v1/invitations";

/** Who was asked and has not answered. */
export function Invitations() {
  const { t } = useTranslation();
  const { data, error } = api.useQuery("get", PATH);
  const withdraw = useChange({
    run: (id: string) => client.DELETE("/v1/invitations/{id}", { params: { path: { id } } }),
    stale: [PATH],
    says: t("The invitation is withdrawn."),
  });
  if (error) return <Failure error={error} />;
  if (!data || data.invitations.length === 0) return null;
  return (
    <Panel title={t("Invited")} flush>
      <Failure error={withdraw.error} />
      <table className="pf-table" style={{ marginTop: "0.5rem" }}>
        <caption className="pf-visually-hidden">{t("Invited")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("E-mail")}</th>
            <th scope="col">{t("Role")}</th>
            <th scope="col" data-minor>
              {t("Expires")}
            </th>
            <th scope="col">
              <span className="pf-visually-hidden">{t("Withdraw")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {data.invitations.map((invitation) => (
            <tr key={invitation.id}>
              <td>{invitation.email}</td>
              <td>{t(roleWord(invitation.role))}</td>
              <td data-minor>{ago(invitation.expiresAt)}</td>
              <td data-align="end">
                <Button size="compact-xs" variant="default" onClick={() => withdraw.mutate(invitation.id)}>
                  {t("Withdraw")}
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
