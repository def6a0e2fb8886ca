import { useTranslation } from "react-i18next";
import type { Span, Unit } from "@/util/span";

/** Durations in words. */
export function useSpanWords() {
  const { t } = useTranslation();
  const span = ({ count, unit }: Span) => {
    switch (unit) {
      case "ms":
        return t("{{count}} milliseconds", { count });
      case "s":
        return t("{{count}} seconds", { count });
      case "m":
        return t("{{count}} minutes", { count });
      case "h":
        return t("{{count}} hours", { count });
      case "d":
        return t("{{count}} days", { count });
    }
  };
  const units: { value: Unit; label: string }[] = [
    { value: "s", label: t("seconds") },
    { value: "m", label: t("minutes") },
    { value: "h", label: t("hours") },
    { value: "d", label: t("days") },
    { value: "ms", label: t("milliseconds") },
  ];
  return { span, units };
}
