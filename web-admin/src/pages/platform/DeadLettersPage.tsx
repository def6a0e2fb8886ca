import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconMailOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { api, client } from "@/api/client";
import { DEAD_LETTERS, type DeadLetter, HEALTH, TENANTS } from "@/api/platform";
import { useChange } from "@/forms/change";
import { type Column, DataTable } from "@/table/DataTable";
import { Confirm } from "@/ui/Confirm";
import { Empty, Failure } from "@/ui/feedback";
import { PageHead, Panel } from "@/ui/layout";
import { shortTime } from "@/util/format";
import { channelWord } from "@/words";

const MOST = 1_000;

/** Messages that were given up, and their second chance. */
export function DeadLettersPage() {
  const { t } = useTranslation();
  const [isAsking, asking] = useDisclosure();
  const { data, error, isPending, refetch } = api.useQuery(
    "get",
    DEAD_LETTERS,
    { params: { query: { limit: MOST } } },
    { refetchInterval: 15_000 },
  );
  const tenants = api.useQuery("get", TENANTS);
  const nameOf = (id?: string | null) => tenants.data?.tenants.find((one) => one.id === id)?.name ?? id ?? "";
  const replay = useChange({
    run: (ids: string[] | undefined) => client.POST("/v1/operator/dead-letters/replay", { body: ids ? { ids } : {} }),
    stale: [DEAD_LETTERS, HEALTH],
    says: t("They wait again for their delivery."),
    onDone: asking.close,
  });
  const columns: Column<DeadLetter>[] = [
    { id: "reason", head: t("Why"), value: (row) => row.reason, show: (row) => <code>{row.reason}</code> },
    { id: "tenant", head: t("Organization"), value: (row) => nameOf(row.tenantId) },
    {
      id: "channel",
      head: t("Channel"),
      value: (row) => (row.channel ? t(channelWord(row.channel)) : ""),
      minor: true,
    },
    {
      id: "pin",
      head: t("Verification"),
      value: (row) => row.pinId ?? "",
      show: (row) => row.pinId && <code title={row.pinId}>{row.pinId.slice(0, 8)}</code>,
      minor: true,
    },
    { id: "at", head: t("Given up at"), value: (row) => row.givenUpAt, show: (row) => shortTime(row.givenUpAt) },
    {
      id: "deeds",
      head: "",
      value: () => "",
      fixed: true,
      align: "end",
      show: (row) => (
        <Button size="compact-xs" variant="default" disabled={replay.isPending} onClick={() => replay.mutate([row.id])}>
          {t("Deliver again")}
        </Button>
      ),
    },
  ];
  const count = data?.letters.length ?? 0;
  return (
    <>
      <PageHead
        title={t("Dead letters")}
        actions={
          <Button variant="default" disabled={count === 0} onClick={asking.open}>
            {t("Deliver all again")}
          </Button>
        }
      >
        {t("Messages that were given up after their last attempt. A PIN that expired meanwhile is not sent any more.")}
      </PageHead>
      <div className="pf-stack">
        <Failure error={isAsking ? undefined : replay.error} />
        <Panel flush>
          <DataTable
            name="dead-letters"
            caption={t("Dead letters")}
            rows={data?.letters}
            columns={columns}
            keyOf={(row) => row.id}
            isLoading={isPending}
            error={error}
            onRetry={() => refetch()}
            firstSort="-at"
            empty={
              <Empty icon={IconMailOff} title={t("Nothing was given up")}>
                {t("A message that no provider took, after all its attempts, is kept here with the reason.")}
              </Empty>
            }
          />
        </Panel>
      </div>
      <Confirm
        opened={isAsking}
        onClose={asking.close}
        title={t("Deliver all of them again?")}
        verb={t("Deliver all again")}
        loading={replay.isPending}
        error={replay.error}
        onConfirm={() => replay.mutate(undefined)}
      >
        {t("Every message that was given up goes back into the queue. Do this once the cause is mended.")}
      </Confirm>
    </>
  );
}
