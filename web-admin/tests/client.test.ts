import { afterEach, expect, it, vi } from "vitest";
import { client, dataOf } from "@/api/client";
import { problemOf } from "@/api/problem";
import { askWith, csrf, onSignedOut } from "@/api/send";

/** Answers one request after the other, and keeps what was asked. */
function answers(...responses: Response[]) {
  const asked: Request[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    asked.push(request);
    return responses.shift() ?? Response.error();
  });
  return asked;
}

const refusal = (status: number, code: string) => Response.json({ code, title: "No." }, { status });

afterEach(() => {
  vi.unstubAllGlobals();
  csrf.token = "";
});

it("a change shows where it comes from, and a look does not", async () => {
  csrf.token = "proof";
  const asked = answers(Response.json({ mutes: [] }), Response.json({ mutes: [] }));
  await client.PUT("/v1/alert-mutes", { body: { mutes: [] } });
  await client.GET("/v1/alert-mutes");
  expect(asked.map((request) => request.headers.get("x-csrf-token"))).toEqual(["proof", null]);
});

it("a change that needs a fresh proof goes again, whole, when it was given", async () => {
  askWith(async () => true);
  const asked = answers(refusal(403, "confirmation_needed"), Response.json({ secret: "s" }));
  expect(
    await dataOf(client.POST("/v1/api-keys/{keyId}/rotation", { params: { path: { keyId: "1" } }, body: {} })),
  ).toEqual({ secret: "s" });
  expect(await Promise.all(asked.map((request) => request.text()))).toEqual(["{}", "{}"]);
});

it("a change that needs a fresh proof is refused without one", async () => {
  askWith(async () => false);
  answers(refusal(403, "confirmation_needed"));
  const refused = await client.DELETE("/v1/me/totp").catch(problemOf);
  expect(refused).toMatchObject({ code: "confirmation_needed", status: 403 });
});

it("an answer without a body is one of nothing", async () => {
  answers(new Response(null, { status: 204 }));
  expect(await dataOf(client.DELETE("/v1/session"))).toBeUndefined();
});

it("whoever listens hears that nobody is signed in", async () => {
  const heard = vi.fn();
  const stop = onSignedOut(heard);
  answers(refusal(401, "unauthorized"));
  await expect(client.GET("/v1/tenant")).rejects.toMatchObject({ problem: { code: "unauthorized" } });
  expect(heard).toHaveBeenCalledOnce();
  stop();
});

it("no answer at all is said so", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("offline")));
  await expect(client.GET("/v1/tenant")).rejects.toMatchObject({ problem: { code: "unreachable" } });
});
