import { Drawer, MantineProvider, Modal } from "@mantine/core";
import { Notifications, notifications } from "@mantine/notifications";
import { act, render, screen } from "@testing-library/react";
import { beforeAll, expect, it } from "vitest";
import { chooseLanguage, startLanguages } from "@/i18n";
import { useTheme } from "@/theme";

beforeAll(startLanguages);

function Shown() {
  return (
    <MantineProvider theme={useTheme()}>
      <Notifications />
      <Modal opened onClose={() => undefined} title="Modal" />
      <Drawer opened onClose={() => undefined} title="Drawer" />
    </MantineProvider>
  );
}

it("whatever can be closed says so, in the person's language", async () => {
  render(<Shown />);
  act(() => void notifications.show({ message: "Saved." }));
  expect(await screen.findAllByRole("button", { name: "Close", hidden: true })).toHaveLength(3);
  await act(() => chooseLanguage("de"));
  expect(await screen.findAllByRole("button", { name: "Schließen", hidden: true })).toHaveLength(3);
});
