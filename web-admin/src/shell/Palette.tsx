import { useMantineColorScheme } from "@mantine/core";
import { Spotlight, spotlight } from "@mantine/spotlight";
import { IconApps, IconFingerprint, IconMoon, IconPlus, IconSearch } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { useMay } from "@/api/session";
import { GROUPS } from "./places";

export const openPalette = () => spotlight.open();

const LOOKS_LIKE_ID = /^[0-9a-f]{32}$/i;
const LOOKS_LIKE_RECIPIENT = /^(\+?[0-9][0-9 ()-]{5,}|\S+@\S+)$/;

/** Everything by its name: pages, applications, one verification by its id or number. */
export function Palette() {
  const { t } = useTranslation();
  const may = useMay();
  const navigate = useNavigate();
  const { toggleColorScheme } = useMantineColorScheme();
  const [query, setQuery] = useState("");
  const applications = api.useQuery("get", "/2fa/2/applications", undefined, {
    enabled: query !== "" && may("config:read"),
  });
  const wanted = query.trim();
  const isMatch = (words: string) => words.toLowerCase().includes(wanted.toLowerCase());

  const pages = GROUPS.flatMap((group) => group.places)
    .filter((place) => may(place.needs) && isMatch(t(place.label)))
    .map((place) => ({
      id: place.to,
      label: t(place.label),
      leftSection: <place.icon size={18} stroke={1.6} />,
      onClick: () => navigate({ to: place.to, search: {} }),
    }));
  const found = (wanted ? (applications.data ?? []) : [])
    .filter((application) => isMatch(application.name) || application.applicationId === wanted.toUpperCase())
    .slice(0, 6)
    .map((application) => ({
      id: application.applicationId,
      label: application.name,
      leftSection: <IconApps size={18} stroke={1.6} />,
      onClick: () => navigate({ to: "/applications/$appId", params: { appId: application.applicationId } }),
    }));
  const verifications = [
    ...(LOOKS_LIKE_ID.test(wanted)
      ? [
          {
            id: "by id",
            label: t("Open verification {{id}}", { id: `${wanted.slice(0, 8)}…` }),
            leftSection: <IconFingerprint size={18} stroke={1.6} />,
            onClick: () => navigate({ to: "/verifications/$pinId", params: { pinId: wanted.toUpperCase() } }),
          },
        ]
      : []),
    ...(LOOKS_LIKE_RECIPIENT.test(wanted) && may("reports:read")
      ? [
          {
            id: "by recipient",
            label: t("Verifications of {{recipient}}", { recipient: wanted }),
            leftSection: <IconFingerprint size={18} stroke={1.6} />,
            onClick: () => navigate({ to: "/verifications", search: { recipient: wanted } }),
          },
        ]
      : []),
  ];
  const deeds = [
    ...(may("config:write")
      ? [
          {
            id: "new application",
            label: t("Create an application"),
            leftSection: <IconPlus size={18} stroke={1.6} />,
            onClick: () => navigate({ to: "/applications", search: { new: "1" } }),
          },
          {
            id: "new provider",
            label: t("Connect a provider"),
            leftSection: <IconPlus size={18} stroke={1.6} />,
            onClick: () => navigate({ to: "/providers", search: { new: "1" } }),
          },
        ]
      : []),
    {
      id: "scheme",
      label: t("Switch between light and dark"),
      leftSection: <IconMoon size={18} stroke={1.6} />,
      onClick: toggleColorScheme,
    },
  ].filter((deed) => isMatch(deed.label));

  return (
    <Spotlight
      actions={[
        ...(verifications.length > 0 ? [{ group: t("Verifications"), actions: verifications }] : []),
        ...(found.length > 0 ? [{ group: t("Applications"), actions: found }] : []),
        { group: t("Pages"), actions: pages },
        { group: t("Do"), actions: deeds },
      ]}
      query={query}
      onQueryChange={setQuery}
      filter={(_, actions) => actions}
      shortcut={null}
      highlightQuery={false}
      scrollable
      maxHeight="60vh"
      nothingFound={t("Nothing matches.")}
      searchProps={{
        leftSection: <IconSearch size={18} />,
        placeholder: t("A page, an application, a number, a PIN's id …"),
        "aria-label": t("Find anything"),
      }}
    />
  );
}
