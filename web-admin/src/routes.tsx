import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent as lazy,
  redirect,
} from "@tanstack/react-router";
import { sessionQuery } from "./api/session";
import { Lost, Mishap } from "./shell/Lost";
import { Shell } from "./shell/Shell";
import type { Search } from "./table/state";
import { Loading } from "./ui/feedback";

/** Every page of the console and where it is. Each is a file of its own, loaded when it is first opened. */

const root = createRootRouteWithContext<{ queries: QueryClient }>()({
  validateSearch: (search: Record<string, unknown>): Search => search as Search,
  notFoundComponent: Lost,
});

const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  component: Shell,
  beforeLoad: async ({ context, location }) => {
    const session = await context.queries.ensureQueryData(sessionQuery);
    if (session?.state === "signed_in" && session.tenant) return;
    const isPlatform = location.pathname.startsWith("/platform/");
    if (session?.state === "signed_in" && session.isOperator && isPlatform) return;
    if (session?.state === "signed_in")
      throw redirect({ to: session.isOperator ? "/platform/tenants" : "/organization" });
    const next = location.pathname === "/" ? undefined : location.href;
    throw redirect({ to: "/login", search: next ? { next } : {} });
  },
});

type Component = Parameters<typeof lazy>[0];
const door = <Path extends string>(path: Path, load: Component, name: string) =>
  createRoute({ getParentRoute: () => root, path, component: lazy(load, name as never) });
const page = <Path extends string>(path: Path, load: Component, name: string) =>
  createRoute({ getParentRoute: () => inside, path, component: lazy(load, name as never) });

const tree = root.addChildren([
  door("/login", () => import("./pages/auth/LoginPage"), "LoginPage"),
  door("/sign-up", () => import("./pages/auth/SignUpPage"), "SignUpPage"),
  door("/confirm", () => import("./pages/auth/ConfirmPage"), "ConfirmPage"),
  door("/reset", () => import("./pages/auth/ResetPage"), "ResetPage"),
  door("/invitation", () => import("./pages/auth/InvitationPage"), "InvitationPage"),
  door("/organization", () => import("./pages/auth/OrganizationPage"), "OrganizationPage"),
  inside.addChildren([
    page("/", () => import("./pages/overview/OverviewPage"), "OverviewPage"),
    page("/start", () => import("./pages/start/StartPage"), "StartPage"),
    page("/verifications", () => import("./pages/verifications/VerificationsPage"), "VerificationsPage"),
    page("/verifications/$pinId", () => import("./pages/verifications/VerificationPage"), "VerificationPage"),
    page("/applications", () => import("./pages/applications/ApplicationsPage"), "ApplicationsPage"),
    page("/applications/$appId", () => import("./pages/applications/ApplicationPage"), "ApplicationPage"),
    page("/templates", () => import("./pages/templates/TemplatesPage"), "TemplatesPage"),
    page("/templates/$appId/$msgId", () => import("./pages/templates/TemplatePage"), "TemplatePage"),
    page("/providers", () => import("./pages/providers/ProvidersPage"), "ProvidersPage"),
    page("/providers/$id", () => import("./pages/providers/ProviderPage"), "ProviderPage"),
    page("/routes", () => import("./pages/routes/RoutesPage"), "RoutesPage"),
    page("/webhooks", () => import("./pages/webhooks/WebhooksPage"), "WebhooksPage"),
    page("/webhooks/$id", () => import("./pages/webhooks/WebhookPage"), "WebhookPage"),
    page("/alerts", () => import("./pages/alerts/AlertsPage"), "AlertsPage"),
    page("/fraud", () => import("./pages/fraud/FraudPage"), "FraudPage"),
    page("/keys", () => import("./pages/keys/KeysPage"), "KeysPage"),
    page("/members", () => import("./pages/members/MembersPage"), "MembersPage"),
    page("/people", () => import("./pages/people/RecipientsPage"), "RecipientsPage"),
    page("/platform/tenants", () => import("./pages/platform/TenantsPage"), "TenantsPage"),
    page("/platform/health", () => import("./pages/platform/HealthPage"), "HealthPage"),
    page("/platform/dead-letters", () => import("./pages/platform/DeadLettersPage"), "DeadLettersPage"),
    page("/audit", () => import("./pages/audit/AuditPage"), "AuditPage"),
    page("/usage", () => import("./pages/usage/UsagePage"), "UsagePage"),
    page("/lookup", () => import("./pages/lookup/LookupPage"), "LookupPage"),
    page("/settings", () => import("./pages/settings/SettingsPage"), "SettingsPage"),
  ]),
]);

export function createConsoleRouter(queries: QueryClient) {
  return createRouter({
    routeTree: tree,
    basepath: "/console",
    context: { queries },
    defaultPreload: "intent",
    defaultPreloadStaleTime: 0,
    defaultPendingComponent: () => <Loading />,
    defaultPendingMs: 150,
    defaultErrorComponent: Mishap,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}
