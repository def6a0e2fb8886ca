import { Tooltip, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { IconMoon, IconSun } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

/** From light to dark and back. */
export function SchemeButton() {
  const { t } = useTranslation();
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  const label = scheme === "light" ? t("Dark theme") : t("Light theme");
  return (
    <Tooltip label={label}>
      <button
        type="button"
        className="pf-icon"
        aria-label={label}
        onClick={() => setColorScheme(scheme === "light" ? "dark" : "light")}
      >
        {scheme === "light" ? <IconMoon size={17} /> : <IconSun size={17} />}
      </button>
    </Tooltip>
  );
}
