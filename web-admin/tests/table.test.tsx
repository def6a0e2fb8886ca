import { MantineProvider } from "@mantine/core";
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from "@tanstack/react-router";
import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, describe, expect, it } from "vitest";
import { startLanguages } from "@/i18n";
import { type Column, DataTable } from "@/table/DataTable";

interface Row {
  id: string;
  name: string;
  size: number;
}

const ROWS: Row[] = Array.from({ length: 30 }, (_, nth) => ({
  id: `${nth}`,
  name: `Row ${nth}`,
  size: (nth * 7) % 30,
}));
const COLUMNS: Column<Row>[] = [
  { id: "name", head: "Name", value: (row) => row.name },
  { id: "size", head: "Size", value: (row) => row.size, align: "end" },
];

function show(address: string) {
  const root = createRootRoute({ validateSearch: (search: Record<string, unknown>) => search });
  const index = createRoute({
    getParentRoute: () => root,
    path: "/",
    component: () => (
      <DataTable
        name="rows"
        caption="Rows"
        rows={ROWS}
        columns={COLUMNS}
        keyOf={(row) => row.id}
        empty={<p>none</p>}
        pageSize={10}
      />
    ),
  });
  const router = createRouter({
    routeTree: root.addChildren([index]),
    history: createMemoryHistory({ initialEntries: [address] }),
  });
  render(
    <MantineProvider>
      <RouterProvider router={router as never} />
    </MantineProvider>,
  );
  return router;
}

const names = async () => {
  const table = await screen.findByRole("table", { name: "Rows" });
  return within(table)
    .getAllByRole("row")
    .slice(1)
    .map((row) => within(row).getAllByRole("cell")[0]?.textContent);
};

beforeAll(startLanguages);

describe("a table", () => {
  it("shows what its address says: sorted, searched, paged", async () => {
    show("/?sort=-size&page=2");
    expect((await names())[0]).toBe(ROWS.toSorted((one, other) => other.size - one.size)[10]?.name);
  });

  it("writes into its address what is sorted and searched", async () => {
    const router = show("/");
    const person = userEvent.setup();
    await person.click(await screen.findByRole("button", { name: "Size" }));
    await waitFor(() => expect(router.state.location.search).toEqual({ sort: "size" }));
    expect(screen.getByRole("columnheader", { name: "Size" })).toHaveAttribute("aria-sort", "ascending");
    await person.type(screen.getByRole("textbox", { name: "Search" }), "Row 2");
    await waitFor(() => expect(router.state.location.search).toEqual({ sort: "size", q: "Row 2" }));
    expect(await names()).toHaveLength(10);
    expect(screen.getByText("1–10 of 11")).toBeVisible();
  });
});
