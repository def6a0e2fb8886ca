import { Button, CloseButton, TextInput, Tooltip } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconArrowDown, IconArrowUp, IconDownload, IconSearch } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTable } from "@tanstack/react-table";
import { type ReactNode, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Failure } from "@/ui/feedback";
import { type Cell, csv, download } from "@/util/csv";
import { number } from "@/util/format";
import { features, type Row } from "./features";
import { useAddress } from "./state";

export interface Column<T> {
  id: string;
  /** The words above. */
  head: string;
  /** What is sorted, searched and exported. */
  value: (row: T) => Cell;
  /** What is shown, where it is more than the value. */
  show?: (row: T) => ReactNode;
  align?: "end";
  /** Left out on a phone. */
  minor?: boolean;
  fixed?: boolean;
}

interface DataTableProps<T> {
  /** The name of the exported file, and what the table is called. */
  name: string;
  caption: string;
  rows: T[] | undefined;
  columns: Column<T>[];
  keyOf: (row: T) => string;
  /** The page of a row. */
  linkTo?: (row: T) => string;
  isLoading?: boolean;
  error?: unknown;
  onRetry?: () => void;
  /** What stands there when there is nothing at all. */
  empty: ReactNode;
  filters?: ReactNode;
  searchable?: boolean;
  pageSize?: number;
  /** How rows stand before anybody sorts them: a column's id, with `-` before it for downwards. */
  firstSort?: string;
  /** Rows to export, when they are more than those at hand. */
  exportAll?: () => Promise<T[]>;
  footer?: ReactNode;
}

const NONE: never[] = [];

/** Sorts, searches, pages and exports rows that are at hand; its state is in the address. */
export function DataTable<T>(props: DataTableProps<T>) {
  const { name, caption, rows, columns, keyOf, linkTo, empty, filters, searchable = true, pageSize = 25 } = props;
  const { t } = useTranslation();
  const address = useAddress();
  const query = address.get("q");
  const sort = address.get("sort") || (props.firstSort ?? "");
  const page = Math.max(0, Number(address.get("page") || 1) - 1);

  const definitions = useMemo(
    () =>
      columns.map((column) => ({
        id: column.id,
        accessorFn: (row: Row<T>) => column.value(row.of) ?? "",
        enableSorting: !column.fixed,
      })),
    [columns],
  );
  const data = useMemo(() => (rows ?? NONE).map((of): Row<T> => ({ of })), [rows]);
  const table = useTable({
    features,
    columns: definitions,
    data,
    getRowId: (row: Row<T>) => keyOf(row.of),
    globalFilterFn: "includesString",
    getColumnCanGlobalFilter: () => true,
    state: {
      globalFilter: query,
      sorting: sort ? [{ id: sort.replace(/^-/, ""), desc: sort.startsWith("-") }] : NONE,
      pagination: { pageIndex: page, pageSize },
    },
  });
  const shown = table.getRowModel().rows.map((row) => row.original.of);
  const total = table.getFilteredRowModel().rows.length;
  const pages = Math.max(1, Math.ceil(total / pageSize));

  const save = async () => {
    const chosen = props.exportAll
      ? await props.exportAll()
      : table.getSortedRowModel().rows.map((row) => row.original.of);
    const kept = columns.filter((column) => column.head !== "");
    download(
      `${name}.csv`,
      csv(
        kept.map((column) => column.head),
        chosen.map((row) => kept.map((column) => column.value(row))),
      ),
    );
  };

  if (props.error)
    return (
      <div className="pf-panel-body">
        <Failure error={props.error} onRetry={props.onRetry} />
      </div>
    );
  if (!props.isLoading && rows?.length === 0 && !filters) return empty;
  return (
    <>
      <div className="pf-tools">
        {searchable && <SearchBox value={query} onSearch={(q) => address.set({ q, page: undefined })} />}
        {filters}
        <div className="pf-end">
          <Tooltip label={t("Download as CSV")}>
            <button
              type="button"
              className="pf-icon"
              aria-label={t("Download as CSV")}
              onClick={save}
              disabled={!rows?.length}
            >
              <IconDownload size={16} />
            </button>
          </Tooltip>
        </div>
      </div>
      {!props.isLoading && rows?.length === 0 ? (
        empty
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways has to be reachable by keys.
        <section className="pf-scroll" tabIndex={0} aria-label={caption}>
          <table className="pf-table" aria-busy={props.isLoading || undefined}>
            <caption className="pf-visually-hidden">{caption}</caption>
            <thead>
              <tr>
                {columns.map((column) => (
                  <Head
                    key={column.id}
                    column={column}
                    sort={sort}
                    onSort={(next) => address.set({ sort: next, page: undefined })}
                  />
                ))}
              </tr>
            </thead>
            <tbody>
              {props.isLoading
                ? Array.from({ length: 6 }, (_, line) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike.
                    <tr key={line}>
                      {columns.map((column) => (
                        <td key={column.id} data-minor={column.minor || undefined}>
                          <div className="pf-skeleton" style={{ width: `${55 + ((line * 17) % 35)}%` }} />
                        </td>
                      ))}
                    </tr>
                  ))
                : shown.map((row) => <Line key={keyOf(row)} row={row} columns={columns} to={linkTo?.(row)} />)}
            </tbody>
          </table>
          {!props.isLoading && shown.length === 0 && <p className="pf-empty pf-soft">{t("Nothing matches.")}</p>}
        </section>
      )}
      {props.footer ??
        (total > pageSize && (
          <div className="pf-pages">
            <span>
              {t("{{from}}–{{to}} of {{total}}", {
                from: number(page * pageSize + 1),
                to: number(Math.min(total, (page + 1) * pageSize)),
                total: number(total),
              })}
            </span>
            <div className="pf-actions">
              <Button
                size="compact-sm"
                variant="default"
                disabled={page === 0}
                onClick={() => address.set({ page: page === 1 ? undefined : `${page}` })}
              >
                {t("Previous")}
              </Button>
              <Button
                size="compact-sm"
                variant="default"
                disabled={page + 1 >= pages}
                onClick={() => address.set({ page: `${page + 2}` })}
              >
                {t("Next")}
              </Button>
            </div>
          </div>
        ))}
    </>
  );
}

/** What is typed shows at once; the address follows when the typing rests. */
function SearchBox({ value, onSearch }: { value: string; onSearch: (words: string) => void }) {
  const { t } = useTranslation();
  const [words, setWords] = useState(value);
  const [told, setTold] = useState(value);
  const tell = useDebouncedCallback((next: string) => {
    setTold(next);
    onSearch(next);
  }, 120);
  // The address was changed by somebody else: Back, a link, the palette.
  if (value !== told && words === told) {
    setTold(value);
    setWords(value);
  }
  const change = (next: string) => {
    setWords(next);
    tell(next);
  };
  return (
    <TextInput
      aria-label={t("Search")}
      placeholder={t("Search")}
      leftSection={<IconSearch size={15} />}
      rightSection={words && <CloseButton size="xs" aria-label={t("Clear")} onClick={() => change("")} />}
      value={words}
      onChange={(event) => change(event.currentTarget.value)}
      data-search
    />
  );
}

interface HeadProps<T> {
  column: Column<T>;
  sort: string;
  onSort: (next: string | undefined) => void;
}

function Head<T>({ column, sort, onSort }: HeadProps<T>) {
  const isUp = sort === column.id;
  const isDown = sort === `-${column.id}`;
  const next = isUp ? `-${column.id}` : isDown ? undefined : column.id;
  return (
    <th
      scope="col"
      data-align={column.align}
      data-minor={column.minor || undefined}
      aria-sort={isUp ? "ascending" : isDown ? "descending" : undefined}
    >
      {column.fixed ? (
        column.head || <span className="pf-visually-hidden">…</span>
      ) : (
        <button type="button" onClick={() => onSort(next)}>
          {column.head}
          {isUp && <IconArrowUp size={13} aria-hidden />}
          {isDown && <IconArrowDown size={13} aria-hidden />}
        </button>
      )}
    </th>
  );
}

function Line<T>({ row, columns, to }: { row: T; columns: Column<T>[]; to?: string }) {
  return (
    <tr data-link={to ? true : undefined}>
      {columns.map((column, index) => {
        const shown = column.show ? column.show(row) : column.value(row);
        return (
          <td key={column.id} data-align={column.align} data-minor={column.minor || undefined}>
            {index === 0 && to ? (
              <Link to={to} className="pf-row-link">
                {shown}
              </Link>
            ) : (
              shown
            )}
          </td>
        );
      })}
    </tr>
  );
}
