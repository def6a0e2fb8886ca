import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "@mantine/spotlight/styles.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/ui.css";
import "./styles/table.css";
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { problemOf } from "./api/problem";
import { onSignedOut } from "./api/send";
import { sessionQuery } from "./api/session";
import { startLanguages } from "./i18n";
import { schemeManager } from "./preferences";
import { createConsoleRouter } from "./routes";
import { watchFocus } from "./shell/focus";
import { useTheme, variables } from "./theme";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      // A refusal stays a refusal; what failed on the way is tried again.
      retry: (failures, error) => {
        const { status } = problemOf(error);
        return (status === 0 || status >= 502) && failures < 2;
      },
    },
  },
});
const router = createConsoleRouter(queries);

onSignedOut(() => {
  if (queries.getQueryData(sessionQuery.queryKey)) {
    queries.setQueryData(sessionQuery.queryKey, null);
    void router.invalidate();
  }
});

function Console() {
  return (
    <MantineProvider
      theme={useTheme()}
      cssVariablesResolver={variables}
      colorSchemeManager={schemeManager}
      defaultColorScheme="auto"
    >
      <QueryClientProvider client={queries}>
        <Notifications position="bottom-right" limit={3} />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}

const root = document.getElementById("root");
if (!root) throw new Error("The page has no #root.");

watchFocus();
await startLanguages();
createRoot(root).render(
  <StrictMode>
    <Console />
  </StrictMode>,
);
