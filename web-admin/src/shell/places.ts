import {
  IconActivity,
  IconApps,
  IconBell,
  IconBuilding,
  IconCash,
  IconFingerprint,
  IconHeartbeat,
  IconHistory,
  IconKey,
  IconMailOff,
  IconMessage2,
  IconPhoneCheck,
  IconPlugConnected,
  IconRocket,
  IconRoute,
  IconSettings,
  IconShieldHalf,
  IconUserSearch,
  IconUsers,
  IconWebhook,
} from "@tabler/icons-react";
import type { ComponentType } from "react";
import type { Right } from "@/api/session";

export interface Place {
  to: string;
  label: string;
  icon: ComponentType<{ size?: number; stroke?: number }>;
  /** What a person needs to see it. */
  needs: Right;
  /** Pressed after `g`. */
  key?: string;
}

export interface Group {
  label: string;
  places: Place[];
}

/** The console's map: navigation, palette and shortcuts are made from it. Labels are translated where they are shown. */
export const GROUPS: Group[] = [
  {
    label: "",
    places: [
      { to: "/", label: "Overview", icon: IconActivity, needs: "reports:read", key: "o" },
      { to: "/start", label: "Get started", icon: IconRocket, needs: "config:read", key: "s" },
      { to: "/verifications", label: "Verifications", icon: IconFingerprint, needs: "reports:read", key: "v" },
      { to: "/alerts", label: "Alerts", icon: IconBell, needs: "reports:read", key: "n" },
    ],
  },
  {
    label: "Sending",
    places: [
      { to: "/applications", label: "Applications", icon: IconApps, needs: "config:read", key: "a" },
      { to: "/templates", label: "Templates", icon: IconMessage2, needs: "config:read", key: "t" },
      { to: "/providers", label: "Providers", icon: IconPlugConnected, needs: "config:read", key: "p" },
      { to: "/routes", label: "Routes", icon: IconRoute, needs: "config:read", key: "r" },
      { to: "/lookup", label: "Number lookup", icon: IconPhoneCheck, needs: "config:read" },
      { to: "/fraud", label: "Fraud guard", icon: IconShieldHalf, needs: "config:read", key: "f" },
    ],
  },
  {
    label: "Connected",
    places: [
      { to: "/keys", label: "API keys", icon: IconKey, needs: "keys:manage", key: "k" },
      { to: "/webhooks", label: "Webhooks", icon: IconWebhook, needs: "config:read", key: "w" },
      { to: "/usage", label: "Usage and caps", icon: IconCash, needs: "config:read", key: "u" },
    ],
  },
  {
    label: "Organization",
    places: [
      { to: "/members", label: "Members", icon: IconUsers, needs: "config:read", key: "m" },
      { to: "/people", label: "People's data", icon: IconUserSearch, needs: "recipients:reveal" },
      { to: "/audit", label: "Audit log", icon: IconHistory, needs: "audit:read", key: "l" },
      { to: "/settings", label: "Settings", icon: IconSettings, needs: "config:read", key: "," },
    ],
  },
  {
    label: "Platform",
    places: [
      { to: "/platform/tenants", label: "Organizations", icon: IconBuilding, needs: "operator" },
      { to: "/platform/health", label: "Platform health", icon: IconHeartbeat, needs: "operator", key: "h" },
      { to: "/platform/dead-letters", label: "Dead letters", icon: IconMailOff, needs: "operator", key: "d" },
    ],
  },
];
