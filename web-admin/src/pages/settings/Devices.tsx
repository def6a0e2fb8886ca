import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, client } from "@/api/client";
import { useChange } from "@/forms/change";
import { Failure, Loading, Status } from "@/ui/feedback";
import { Panel } from "@/ui/layout";
import { ago } from "@/util/format";

const PATH = "/v1/me/sessions";

/** Browser and system, as far as a user agent tells. */
export function deviceName(userAgent: string) {
  const browser =
    ["Edg", "Firefox", "Chrome", "Safari"].find((name) => userAgent.includes(name)) ?? userAgent.split(" ")[0] ?? "";
  const system = ["Windows", "Android", "iPhone", "iPad", "Mac OS", "Linux"].find((name) => userAgent.includes(name));
  return [browser === "Edg" ? "Edge" : browser, system].filter(Boolean).join(", ");
}

/** Where one is signed in. */
export function Devices() {
  const { t } = useTranslation();
  const { data, error, refetch } = api.useQuery("get", PATH);
  const end = useChange({
    run: (id: string) => client.DELETE("/v1/me/sessions/{id}", { params: { path: { id } } }),
    stale: [PATH],
    says: t("That session has ended."),
  });
  return (
    <Panel title={t("Where you are signed in")} flush>
      {error || !data ? (
        <div className="pf-panel-body">{error ? <Failure error={error} onRetry={() => refetch()} /> : <Loading />}</div>
      ) : (
        <>
          <Failure error={end.error} />
          <table className="pf-table" style={{ marginTop: "0.5rem" }}>
            <caption className="pf-visually-hidden">{t("Where you are signed in")}</caption>
            <thead>
              <tr>
                <th scope="col">{t("Device")}</th>
                <th scope="col" data-minor>
                  {t("Address")}
                </th>
                <th scope="col">{t("Last used")}</th>
                <th scope="col">
                  <span className="pf-visually-hidden">{t("End")}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {data.sessions.map((session) => (
                <tr key={session.id}>
                  <td>{deviceName(session.userAgent)}</td>
                  <td data-minor>
                    <code>{session.address}</code>
                  </td>
                  <td>{ago(session.usedAt)}</td>
                  <td data-align="end">
                    {session.current ? (
                      <Status tone="good">{t("This one")}</Status>
                    ) : (
                      <Button
                        size="compact-xs"
                        variant="default"
                        loading={end.isPending && end.variables === session.id}
                        onClick={() => end.mutate(session.id)}
                      >
                        {t("End")}
                      </Button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </Panel>
  );
}
