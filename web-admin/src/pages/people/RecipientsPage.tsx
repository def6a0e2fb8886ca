import { Button, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { IconUserOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { client, dataOf, type Schemas } from "@/api/client";
import { useChange } from "@/forms/change";
import { type Column, DataTable } from "@/table/DataTable";
import { Confirm } from "@/ui/Confirm";
import { Empty, Failure, Note } from "@/ui/feedback";
import { PageHead, Panel } from "@/ui/layout";
import { WordMark } from "@/ui/Word";
import { download } from "@/util/csv";
import { shortTime } from "@/util/format";
import { channelWord, STATUS } from "@/words";

type Known = Schemas["RecipientExport"];
type Verification = Known["verifications"][number];

/** What is kept of one person, for those who ask for it or want it gone. */
export function RecipientsPage() {
  const { t } = useTranslation();
  const [isAsking, asking] = useDisclosure();
  const form = useForm({ initialValues: { recipient: "" } });
  const find = useChange({
    run: (body: { recipient: string }) => dataOf(client.POST("/v1/recipients/export", { body })),
    form,
  });
  const forget = useChange({
    run: (body: { recipient: string }) => dataOf(client.POST("/v1/recipients/redaction", { body })),
    stale: ["/v1/verifications"],
    onDone: () => {
      asking.close();
      find.reset();
      form.reset();
    },
  });
  const known = find.data;
  return (
    <>
      <PageHead title={t("People's data")}>
        {t("What is kept of one person, to hand out or to forget. Each look and each erasure is in the audit log.")}
      </PageHead>
      <div className="pf-stack">
        <form onSubmit={form.onSubmit((values) => find.mutate(values))} className="pf-narrow">
          <Panel>
            <Stack>
              <TextInput
                label={t("Phone number or e-mail address")}
                placeholder="+41 79 302 67 27"
                required
                autoComplete="off"
                {...form.getInputProps("recipient")}
              />
              <Failure error={find.error} />
              <div>
                <Button type="submit" loading={find.isPending}>
                  {t("Show what is known")}
                </Button>
              </div>
            </Stack>
          </Panel>
        </form>
        {forget.data && (
          <Note tone="good">
            {t("{{count}} verifications lead to nobody from now on.", { count: forget.data.verifications })}
          </Note>
        )}
        {known && <Found known={known} onForget={asking.open} />}
      </div>
      <Confirm
        opened={isAsking}
        onClose={asking.close}
        title={t("Forget this person?")}
        verb={t("Forget them")}
        typed={known?.recipient ?? ""}
        loading={forget.isPending}
        error={forget.error}
        onConfirm={() => forget.mutate({ recipient: known?.recipient ?? "" })}
      >
        {t("Their verifications stay as figures and lead to nobody. This cannot be undone.")}
      </Confirm>
    </>
  );
}

function Found({ known, onForget }: { known: Known; onForget: () => void }) {
  const { t } = useTranslation();
  const columns: Column<Verification>[] = [
    {
      id: "pin",
      head: t("Verification"),
      value: (row) => row.pinId,
      show: (row) => <code>{row.pinId.slice(0, 8)}</code>,
    },
    {
      id: "status",
      head: t("Status"),
      value: (row) => row.status,
      show: (row) => <WordMark table={STATUS} of={row.status} />,
    },
    { id: "channel", head: t("Channel"), value: (row) => t(channelWord(row.channel)), minor: true },
    { id: "at", head: t("When"), value: (row) => row.createdAt, show: (row) => shortTime(row.createdAt) },
  ];
  return (
    <Panel
      flush
      title={t("{{count}} verifications of {{recipient}}", {
        recipient: known.recipient,
        count: known.verifications.length,
      })}
      actions={
        <>
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => download("person.json", JSON.stringify(known, null, 2), "application/json")}
          >
            {t("Download")}
          </Button>
          <Button
            size="compact-sm"
            color="var(--pf-danger)"
            disabled={known.verifications.length === 0}
            onClick={onForget}
          >
            {t("Forget them")}
          </Button>
        </>
      }
    >
      <DataTable
        name="person"
        caption={t("Verifications")}
        rows={known.verifications}
        columns={columns}
        keyOf={(row) => row.pinId}
        linkTo={(row) => `/verifications/${row.pinId}`}
        empty={
          <Empty icon={IconUserOff} title={t("Nothing is known")}>
            {t("No verification leads to this person: there was none, or it is forgotten.")}
          </Empty>
        }
      />
    </Panel>
  );
}
