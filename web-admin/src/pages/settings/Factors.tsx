import { Button, Modal } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, client, dataOf } from "@/api/client";
import { knowsPasskeys, makePasskey } from "@/api/passkeys";
import { problemOf } from "@/api/problem";
import { useSessionChange } from "@/api/session";
import { useChange } from "@/forms/change";
import { RecoveryCodes, TotpSetup } from "@/forms/totp";
import { Confirm } from "@/ui/Confirm";
import { Failure, Loading, Status } from "@/ui/feedback";
import { Panel } from "@/ui/layout";
import { ago } from "@/util/format";
import { deviceName } from "./Devices";

const FACTORS = "/v1/me/factors";
const PASSKEYS = "/v1/me/passkeys";
const row = { display: "flex", gap: "0.75rem", alignItems: "center", flexWrap: "wrap" } as const;

/** What is asked besides the password. */
export function Factors() {
  const { t } = useTranslation();
  const change = useSessionChange();
  const [isSettingUp, setup] = useDisclosure();
  const [isStopping, stopping] = useDisclosure();
  const [codes, setCodes] = useState<string[]>();
  const kept = api.useQuery("get", FACTORS);
  const passkeys = api.useQuery("get", PASSKEYS);
  // A server without the operation has no passkeys to offer.
  const hasPasskeys = problemOf(passkeys.error).status !== 404;
  const stale = [FACTORS, PASSKEYS];
  const stopTotp = useChange({
    run: () => client.DELETE("/v1/me/totp"),
    stale,
    says: t("The authenticator app is not asked any more."),
    onDone: stopping.close,
  });
  const renew = useChange({
    run: () => dataOf(client.POST("/v1/me/recovery-codes")),
    stale,
    onDone: (made) => setCodes(made.codes),
  });
  const addPasskey = useChange({
    run: async () =>
      dataOf(client.POST(PASSKEYS, { body: { ...(await makePasskey()), name: deviceName(navigator.userAgent) } })),
    stale,
    says: t("The passkey works from now on."),
    onDone: (made) => made.recoveryCodes && setCodes(made.recoveryCodes),
  });
  const dropPasskey = useChange({
    run: (id: string) => client.DELETE("/v1/me/passkeys/{id}", { params: { path: { id } } }),
    stale,
    says: t("The passkey is gone."),
  });
  return (
    <Panel title={t("Second step")} about={t("Asked after the password. Owners and admins need one.")}>
      {kept.error ? (
        <Failure error={kept.error} onRetry={() => kept.refetch()} />
      ) : !kept.data ? (
        <Loading />
      ) : (
        <div className="pf-stack">
          <div style={row}>
            <span style={{ flex: 1 }}>{t("Authenticator app")}</span>
            <Status tone={kept.data.totp ? "good" : "plain"}>{kept.data.totp ? t("On") : t("Off")}</Status>
            <Button size="compact-sm" variant="default" onClick={kept.data.totp ? stopping.open : setup.open}>
              {kept.data.totp ? t("Turn off") : t("Set up")}
            </Button>
          </div>
          {hasPasskeys && (
            <div style={row}>
              <span style={{ flex: 1 }}>{t("Passkeys")}</span>
              <Status tone={kept.data.passkeys > 0 ? "good" : "plain"}>
                {kept.data.passkeys > 0 ? t("On") : t("Off")}
              </Status>
              <Button
                size="compact-sm"
                variant="default"
                disabled={!knowsPasskeys()}
                loading={addPasskey.isPending}
                onClick={() => addPasskey.mutate(undefined)}
              >
                {t("Add a passkey")}
              </Button>
            </div>
          )}
          <Failure error={addPasskey.error ?? dropPasskey.error} />
          {passkeys.data?.passkeys.map((passkey) => (
            <div key={passkey.id} style={{ ...row, paddingLeft: "1rem" }}>
              <span style={{ flex: 1 }}>
                {passkey.name} <span className="pf-hint">{ago(passkey.usedAt ?? passkey.createdAt)}</span>
              </span>
              <Button size="compact-xs" variant="default" onClick={() => dropPasskey.mutate(passkey.id)}>
                {t("Remove")}
              </Button>
            </div>
          ))}
          <div style={row}>
            <span style={{ flex: 1 }}>
              {t("Recovery codes")}{" "}
              <span className="pf-hint">{t("{{count}} left", { count: kept.data.recoveryCodesLeft })}</span>
            </span>
            <Button
              size="compact-sm"
              variant="default"
              loading={renew.isPending}
              disabled={!kept.data.totp && kept.data.passkeys === 0}
              onClick={() => renew.mutate(undefined)}
            >
              {t("Make new ones")}
            </Button>
          </div>
          <Failure error={renew.error} />
        </div>
      )}
      <Modal opened={isSettingUp} onClose={setup.close} title={t("Authenticator app")}>
        <TotpSetup
          onDone={(session, made) => {
            change(session);
            setup.close();
            void kept.refetch();
            if (made) setCodes(made);
          }}
        />
      </Modal>
      <Confirm
        opened={isStopping}
        onClose={stopping.close}
        title={t("Turn the authenticator app off?")}
        verb={t("Turn off")}
        loading={stopTotp.isPending}
        error={stopTotp.error}
        onConfirm={() => stopTotp.mutate(undefined)}
      >
        {t("Signing in then takes less. Your role may ask you to set another one up at once.")}
      </Confirm>
      <Modal opened={codes !== undefined} onClose={() => setCodes(undefined)} title={t("Recovery codes")}>
        <RecoveryCodes codes={codes ?? []} />
      </Modal>
    </Panel>
  );
}
