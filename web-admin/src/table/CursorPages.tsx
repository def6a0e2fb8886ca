import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useAddress } from "./state";

interface CursorPagesProps {
  /** Where the next page begins; absent on the last one. */
  next?: string | number;
  /** The word of the address that says where this page begins. */
  cursor?: string;
  children?: ReactNode;
}

/** Pages of a list that the server cuts: on to older rows, or back to the newest. */
export function CursorPages({ next, cursor = "after", children }: CursorPagesProps) {
  const { t } = useTranslation();
  const address = useAddress();
  return (
    <div className="pf-pages">
      {children}
      <div className="pf-actions">
        <Button
          size="compact-sm"
          variant="default"
          disabled={!address.get(cursor)}
          onClick={() => address.set({ [cursor]: undefined })}
        >
          {t("Newest")}
        </Button>
        <Button
          size="compact-sm"
          variant="default"
          disabled={!next}
          onClick={() => address.set({ [cursor]: String(next) }, { push: true })}
        >
          {t("Older")}
        </Button>
      </div>
    </div>
  );
}
