import { useTranslation } from "react-i18next";
import { type Word, word } from "@/words";
import { Status } from "./feedback";

/** A word of the API as a coloured mark. */
export function WordMark({ table, of }: { table: Record<string, Word>; of: string }) {
  const { t } = useTranslation();
  const { says, tone } = word(table, of);
  return <Status tone={tone}>{t(says)}</Status>;
}
