import { IconArrowDown, IconArrowUp, IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { moved } from "@/util/order";

interface ReorderButtonsProps<Item> {
  items: Item[];
  index: number;
  onChange: (items: Item[]) => void;
  removeLabel: string;
  disabled: boolean;
  mayBeEmpty?: boolean;
}

/** Moves one item of a list whose order matters, or takes it out. */
export function ReorderButtons<Item>(props: ReorderButtonsProps<Item>) {
  const { items, index, onChange, removeLabel, disabled, mayBeEmpty = false } = props;
  const { t } = useTranslation();
  const buttons = [
    { label: t("Earlier"), icon: IconArrowUp, isOff: index === 0, after: () => moved(items, index, index - 1) },
    {
      label: t("Later"),
      icon: IconArrowDown,
      isOff: index === items.length - 1,
      after: () => moved(items, index, index + 1),
    },
    {
      label: removeLabel,
      icon: IconTrash,
      isOff: !mayBeEmpty && items.length === 1,
      after: () => items.filter((_, at) => at !== index),
    },
  ];
  return (
    <div style={{ display: "flex" }}>
      {buttons.map((button) => (
        <button
          key={button.label}
          type="button"
          className="pf-icon"
          aria-label={button.label}
          disabled={disabled || button.isOff}
          onClick={() => onChange(button.after())}
        >
          <button.icon size={16} />
        </button>
      ))}
    </div>
  );
}
