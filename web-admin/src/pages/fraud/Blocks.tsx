import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { BLOCKS, type Block, RULE_WORDS } from "@/api/fraud";
import { call } from "@/api/own";
import { useChange } from "@/forms/change";
import { Failure, Note } from "@/ui/feedback";
import { ago } from "@/util/format";

/** What is blocked right now. */
export function Blocks({ disabled }: { disabled: boolean }) {
  const { t } = useTranslation();
  const { data, error } = useQuery({
    queryKey: [BLOCKS],
    queryFn: () => call<{ blocks: Block[] }>("GET", BLOCKS),
    refetchInterval: 15_000,
  });
  const end = useChange({
    run: (id: string) => call<void>("DELETE", `${BLOCKS}/${id}`),
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
