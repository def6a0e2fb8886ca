import { Select } from "@mantine/core";
import { IconShieldHalf } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "@/api/client";
import { DECISIONS, RULE_WORDS } from "@/api/fraud";
import { CursorPages } from "@/table/CursorPages";
import { type Column, DataTable } from "@/table/DataTable";
import { useAddress } from "@/table/state";
import { Empty, Status } from "@/ui/feedback";
import { country, number, shortTime } from "@/util/format";

type Decision = Schemas["FraudDecision"];

/** Sends that were refused as fraud, or would have been. */
export function Decisions() {
  const { t } = useTranslation();
  const address = useAddress();
  const query = {
    rule: address.get("rule") || undefined,
    action: address.get("action") || undefined,
    after: address.get("after") || undefined,
    size: 50,
  };
  const { data, error, isPending, refetch } = api.useQuery(
    "get",
    DECISIONS,
    { params: { query } },
    { refetchInterval: 15_000 },
  );
  const why = (row: Decision) =>
    row.sends === undefined
      ? row.about
      : t("{{about}}: {{verified}} of {{sends}} verified", {
          about: row.about,
          verified: number(row.verified ?? 0),
          sends: number(row.sends),
        });
  const columns: Column<Decision>[] = [
    {
      id: "action",
      head: t("What"),
      value: (row) => row.action,
      show: (row) => (
        <Status tone={row.action === "blocked" ? "bad" : "warn"}>
          {row.action === "blocked" ? t("Refused") : t("Let go, and recorded")}
        </Status>
      ),
      fixed: true,
    },
    { id: "rule", head: t("Rule"), value: (row) => t(RULE_WORDS[row.rule]?.says ?? row.rule), fixed: true },
    { id: "why", head: t("Why"), value: why, fixed: true, minor: true },
    {
      id: "number",
      head: t("Number"),
      value: (row) => row.number,
      show: (row) => <code>{row.number}</code>,
      fixed: true,
      minor: true,
    },
    {
      id: "country",
      head: t("Region"),
      value: (row) => row.country ?? "",
      show: (row) => row.country && country(row.country),
      fixed: true,
      minor: true,
    },
    { id: "alike", head: t("Alike"), value: (row) => row.alike, align: "end", fixed: true, minor: true },
    { id: "at", head: t("When"), value: (row) => row.at, show: (row) => shortTime(row.at), fixed: true },
  ];
  return (
    <DataTable
      name="fraud-decisions"
      caption={t("Decisions")}
      rows={data?.decisions}
      columns={columns}
      keyOf={(row) => row.id}
      isLoading={isPending}
      error={error}
      onRetry={() => refetch()}
      searchable={false}
      pageSize={50}
      filters={
        <>
          <Select
            aria-label={t("What")}
            placeholder={t("Refused and recorded")}
            clearable
            w={210}
            data={[
              { value: "blocked", label: t("Refused") },
              { value: "recorded", label: t("Let go, and recorded") },
            ]}
            value={address.get("action") || null}
            onChange={(value) => address.set({ action: value ?? undefined, after: undefined })}
          />
          <Select
            aria-label={t("Rule")}
            placeholder={t("Any rule")}
            clearable
            w={190}
            data={Object.entries(RULE_WORDS).map(([value, { says }]) => ({ value, label: t(says) }))}
            value={address.get("rule") || null}
            onChange={(value) => address.set({ rule: value ?? undefined, after: undefined })}
          />
        </>
      }
      empty={
        <Empty icon={IconShieldHalf} title={t("Nothing suspicious")}>
          {t("What the rules find appears here, with the figures they went by.")}
        </Empty>
      }
      footer={<CursorPages next={data?.next} />}
    />
  );
}
