import { Modal } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { GROUPS } from "./places";

const KEYED = GROUPS.flatMap((group) => group.places).filter((place) => place.key !== undefined);
const PATIENCE_MS = 1200;

/** `g` and then a letter goes to a page. */
export function useGoKeys(go: (to: string) => void) {
  const pressedAt = useRef(0);
  useHotkeys([
    [
      "g",
      () => {
        pressedAt.current = Date.now();
      },
    ],
    ...KEYED.map((place): [string, () => void] => [
      place.key ?? "",
      () => {
        if (Date.now() - pressedAt.current < PATIENCE_MS) go(place.to);
        pressedAt.current = 0;
      },
    ]),
  ]);
}

/** The list of keys. */
export function Shortcuts({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const keys: [string[], string][] = [
    [["⌘", "K"], t("Find anything")],
    [["/"], t("Search this page")],
    [["?"], t("Show these keys")],
    ...KEYED.map((place): [string[], string] => [["g", place.key ?? ""], t(place.label)]),
  ];
  return (
    <Modal opened={opened} onClose={onClose} title={t("Keyboard")}>
      <dl className="pf-facts">
        {keys.flatMap(([pressed, does]) => [
          <dt key={`${does} keys`}>
            {pressed.map((key) => (
              <kbd key={key} style={{ marginRight: 4 }}>
                {key}
              </kbd>
            ))}
          </dt>,
          <dd key={does}>{does}</dd>,
        ])}
      </dl>
    </Modal>
  );
}
