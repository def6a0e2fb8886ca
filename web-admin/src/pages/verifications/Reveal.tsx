import { Button, Modal, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { useTranslation } from "react-i18next";
import { client, dataOf } from "@/api/client";
import { useMay } from "@/api/session";
import { useChange } from "@/forms/change";
import { Copyable } from "@/ui/Copy";
import { Failure } from "@/ui/feedback";

/** The whole recipient, for those who may, with a reason that stands in the audit log. */
export function Reveal({ pinId, masked }: { pinId: string; masked: string }) {
  const { t } = useTranslation();
  const may = useMay();
  const [isOpen, modal] = useDisclosure();
  const form = useForm({ initialValues: { reason: "" } });
  const look = useChange({
    run: (query: { reason: string }) =>
      dataOf(client.GET("/v1/verifications/{pinId}/recipient", { params: { path: { pinId }, query } })),
    onDone: () => modal.close(),
    form,
  });
  if (look.data) return <Copyable text={look.data.recipient} />;
  return (
    <>
      {masked}{" "}
      {may("recipients:reveal") && (
        <button type="button" className="pf-link" onClick={modal.open}>
          {t("Show all of it")}
        </button>
      )}
      <Modal opened={isOpen} onClose={modal.close} title={t("Show the whole recipient?")}>
        <form onSubmit={form.onSubmit((values) => look.mutate(values))}>
          <Stack>
            <p>{t("The audit log keeps that you looked, and why. It can be shown while the PIN's record lives.")}</p>
            <TextInput
              label={t("Reason")}
              description={t("A case, not a person: “ticket 4711”.")}
              required
              maxLength={200}
              autoComplete="off"
              data-autofocus
              {...form.getInputProps("reason")}
            />
            <Failure error={look.error} />
            <Button type="submit" loading={look.isPending}>
              {t("Show it")}
            </Button>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
