import { Link, useLocation } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { GROUPS } from "./places";

/** Where one is. */
export function Crumbs() {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  const places = GROUPS.flatMap((group) => group.places);
  const place =
    places.find((one) => one.to !== "/" && pathname.startsWith(one.to)) ?? places.find((one) => one.to === pathname);
  if (!place) return null;
  const isDeeper = pathname !== place.to;
  return (
    <nav className="pf-crumbs" aria-label={t("Where you are")}>
      {isDeeper ? <Link to={place.to}>{t(place.label)}</Link> : <span aria-current="page">{t(place.label)}</span>}
      {isDeeper && (
        <>
          <span aria-hidden>/</span>
          <span aria-current="page">{t("Details")}</span>
        </>
      )}
    </nav>
  );
}
