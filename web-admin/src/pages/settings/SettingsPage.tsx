import { SegmentedControl, Select, Tabs, useMantineColorScheme } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useMay, useSession } from "@/api/session";
import { Retention } from "@/forms/retention";
import { chooseLanguage, LANGUAGES, languageNow } from "@/i18n";
import { useAddress } from "@/table/state";
import { PageHead, Panel } from "@/ui/layout";
import { Devices } from "./Devices";
import { Factors } from "./Factors";
import { Organization } from "./Organization";
import { Profile } from "./Profile";
import { SingleSignOn } from "./SingleSignOn";

/** Oneself, how one signs in, how it looks, and the organization. */
export function SettingsPage() {
  const { t } = useTranslation();
  const address = useAddress();
  const may = useMay();
  const { person } = useSession();
  return (
    <>
      <PageHead title={t("Settings")} />
      <Tabs
        value={address.get("tab") || "you"}
        onChange={(tab) => address.set({ tab: tab === "you" ? undefined : (tab ?? undefined) })}
        keepMounted={false}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="you">{t("You")}</Tabs.Tab>
          <Tabs.Tab value="security">{t("Signing in")}</Tabs.Tab>
          <Tabs.Tab value="look">{t("Look and language")}</Tabs.Tab>
          <Tabs.Tab value="organization">{t("Organization")}</Tabs.Tab>
          {may("members:manage") && <Tabs.Tab value="single-sign-on">{t("Single sign-on")}</Tabs.Tab>}
          <Tabs.Tab value="retention">{t("Retention")}</Tabs.Tab>
        </Tabs.List>
        <div className="pf-narrow">
          <Tabs.Panel value="you">
            <Profile />
          </Tabs.Panel>
          <Tabs.Panel value="security">
            <div className="pf-stack">
              {!person.managed && <Factors />}
              <Devices />
            </div>
          </Tabs.Panel>
          <Tabs.Panel value="look">
            <Look />
          </Tabs.Panel>
          <Tabs.Panel value="organization">
            <Organization />
          </Tabs.Panel>
          <Tabs.Panel value="single-sign-on">
            <SingleSignOn />
          </Tabs.Panel>
          <Tabs.Panel value="retention">
            <Retention />
          </Tabs.Panel>
        </div>
      </Tabs>
    </>
  );
}

function Look() {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Panel title={t("Look and language")} about={t("Of this browser.")}>
      <div className="pf-stack">
        <SegmentedControl
          aria-label={t("Theme")}
          value={colorScheme}
          onChange={(value) => setColorScheme(value === "light" || value === "dark" ? value : "auto")}
          data={[
            { value: "auto", label: t("As the system") },
            { value: "light", label: t("Light") },
            { value: "dark", label: t("Dark") },
          ]}
        />
        <Select
          label={t("Language")}
          w={220}
          data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
          value={languageNow()}
          onChange={(value) => (value === "de" || value === "en") && chooseLanguage(value)}
        />
      </div>
    </Panel>
  );
}
