import { Avatar, Menu } from "@mantine/core";
import { IconChevronDown, IconLogout, IconPlus, IconUser } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useRouter } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { client, dataOf } from "@/api/client";
import { useMay, useSession, useSessionChange } from "@/api/session";
import { roleWord } from "@/words";
import { Logo } from "./Logo";
import { GROUPS } from "./places";

/** The way around: organization, pages, oneself. What a role may not see is not there. */
export function Side({ onNavigate }: { onNavigate?: () => void }) {
  const { t } = useTranslation();
  const may = useMay();
  return (
    <>
      <Link to="/" className="pf-brand" onClick={onNavigate}>
        <Logo />
        Pinfold
      </Link>
      <Tenant />
      <nav className="pf-nav" aria-label={t("Pages")}>
        {GROUPS.map((group) => {
          const places = group.places.filter((place) => may(place.needs));
          if (places.length === 0) return null;
          return (
            <div key={group.label}>
              {group.label && <h2>{t(group.label)}</h2>}
              <ul>
                {places.map((place) => (
                  <li key={place.to}>
                    <Link
                      to={place.to}
                      activeOptions={{ exact: place.to === "/", includeSearch: false }}
                      onClick={onNavigate}
                    >
                      <place.icon size={17} stroke={1.7} />
                      {t(place.label)}
                    </Link>
                  </li>
                ))}
              </ul>
            </div>
          );
        })}
      </nav>
      <Me />
    </>
  );
}

function Tenant() {
  const { t } = useTranslation();
  const session = useSession();
  const queries = useQueryClient();
  const router = useRouter();
  const navigate = useNavigate();
  const change = useSessionChange();
  const choose = useMutation({
    mutationFn: (tenantId: string) => dataOf(client.PUT("/v1/session/tenant", { body: { tenantId } })),
    onSuccess: async (chosen) => {
      // Nothing of the tenant before may be shown for the other.
      queries.clear();
      change(chosen);
      await navigate({ to: "/", search: {} });
      await router.invalidate();
    },
  });
  return (
    <Menu width="target" position="bottom-start" withinPortal>
      <Menu.Target>
        <button
          type="button"
          className="pf-tenant"
          aria-label={t("Organization {{name}}", { name: session.tenant?.name ?? t("none") })}
        >
          <span style={{ minWidth: 0, flex: 1 }}>
            <b>{session.tenant?.name ?? t("No organization")}</b>
            <span>{session.tenant ? t(roleWord(session.tenant.role)) : t("Operator")}</span>
          </span>
          <IconChevronDown size={15} aria-hidden />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {session.tenants.map((tenant) => (
          <Menu.Item
            key={tenant.id}
            disabled={tenant.suspended || tenant.id === session.tenant?.id}
            onClick={() => choose.mutate(tenant.id)}
          >
            {tenant.name}
          </Menu.Item>
        ))}
        {!session.person.managed && (
          <>
            <Menu.Divider />
            <Menu.Item leftSection={<IconPlus size={15} />} onClick={() => navigate({ to: "/organization" })}>
              {t("New organization")}
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

function Me() {
  const { t } = useTranslation();
  const { person } = useSession();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const change = useSessionChange();
  const leave = useMutation({
    mutationFn: () => client.DELETE("/v1/session"),
    onSuccess: async () => {
      queries.clear();
      change(null);
      await navigate({ to: "/login", search: {} });
    },
  });
  return (
    <div className="pf-me">
      <Avatar size={30} radius="xl" color="pine" name={person.name} aria-hidden />
      <div style={{ minWidth: 0, flex: 1, lineHeight: 1.3 }}>
        <div style={{ fontWeight: 550, overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>
          {person.name}
        </div>
        <div className="pf-soft" style={{ fontSize: "0.75rem", overflow: "hidden", textOverflow: "ellipsis" }}>
          {person.email}
        </div>
      </div>
      <Menu position="top-end">
        <Menu.Target>
          <button type="button" className="pf-icon" aria-label={t("Your account")}>
            <IconUser size={17} />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconUser size={15} />} onClick={() => navigate({ to: "/settings" })}>
            {t("Settings")}
          </Menu.Item>
          <Menu.Item leftSection={<IconLogout size={15} />} onClick={() => leave.mutate()}>
            {t("Sign out")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
