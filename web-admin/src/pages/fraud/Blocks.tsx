import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, client } from "@/api/client";
import { BLOCKS, RULE_WORDS } from "@/api/fraud";
import { useChange } from "@/forms/change";
import { Failure, Note } from "@/ui/feedback";
import { ago } from "@/util/format";

/** What is blocked right now. */
export function Blocks({ disabled }: { disabled: boolean }) {
  const { t } = useTranslation();
  const { data, error } = api.useQuery("get", BLOCKS, {}, { refetchInterval: 15_000 });
  const end = useChange({
    run: (id: string) => client.DELETE("/v1/fraud/blocks/{id}", { params: { path: { id } } }),
    stale: [BLOCKS],
    says: t("The block is ended; counting begins anew."),
  });
  return (
    <>
      <Failure error={error ?? end.error} />
      {data?.blocks.map((block) => (
        <Note key={block.id} tone="bad">
          <strong>{block.about}</strong> {t(RULE_WORDS[block.rule]?.says ?? block.rule)}:{" "}
          {t("{{verified}} of {{sends}} verified in the hour. Blocked, until {{until}}.", {
            verified: block.verified,
            sends: block.sends,
            until: ago(block.until),
          })}{" "}
          <Button
            size="compact-xs"
            variant="default"
            disabled={disabled}
            loading={end.isPending}
            onClick={() => end.mutate(block.id)}
          >
            {t("End it")}
          </Button>
        </Note>
      ))}
    </>
  );
}
