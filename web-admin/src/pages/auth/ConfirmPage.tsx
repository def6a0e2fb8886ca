import { Button, Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { client, dataOf } from "@/api/client";
import { useChange } from "@/forms/change";
import { Failure, Note } from "@/ui/feedback";
import { Door } from "./Door";
import { useEntrance } from "./LoginPage";
import { useLinkToken } from "./token";

/** Where the mail's link leads. A press confirms, so that a mail scanner that follows links confirms nothing. */
export function ConfirmPage() {
  const { t } = useTranslation();
  const token = useLinkToken();
  const enter = useEntrance();
  const confirm = useChange({
    run: () => dataOf(client.POST("/v1/sign-up/confirmations", { body: { token } })),
    onDone: enter,
  });
  return (
    <Door title={t("Confirm your address")}>
      <Stack>
        <Failure error={confirm.error} />
        {token ? (
          <Button onClick={() => confirm.mutate(undefined)} loading={confirm.isPending}>
            {t("Confirm and sign in")}
          </Button>
        ) : (
          <Note tone="warn">{t("This address lacks its token. Open the whole link of the mail.")}</Note>
        )}
      </Stack>
    </Door>
  );
}
