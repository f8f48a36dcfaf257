import { afterEach, describe, expect, it, vi } from "vitest";
import { fill, messages } from "./i18n";
import { ApiError, Http, query } from "./http";
import { troubleOf } from "./planning/trouble";

const http = new Http(new URL("http://127.0.0.1:9/below/"));
const text = messages("zh-CN").planning.errors;

/** Answers the next request and tells what was asked. */
function answer(response: Response): { url: string; init: RequestInit }[] {
  const asked: { url: string; init: RequestInit }[] = [];
  vi.stubGlobal("fetch", (url: URL, init: RequestInit) => {
    asked.push({ url: url.href, init });
    return Promise.resolve(response);
  });
  return asked;
}

const problem = (status: number, body: object, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/problem+json", ...headers } });

afterEach(() => vi.unstubAllGlobals());

describe("requests", () => {
  it("go below the server's path with version and JSON body", async () => {
    const asked = answer(Response.json({ revision: 8 }, { headers: { etag: '"s-a-8"' } }));
    const { data, etag } = await http.tagged<{ revision: number }>("/api/v1/x", { method: "POST", body: { a: 1 }, ifMatch: '"s-a-7"' });
    expect([data.revision, etag]).toEqual([8, '"s-a-8"']);
    expect(asked[0]?.url).toBe("http://127.0.0.1:9/below/api/v1/x");
    expect(asked[0]?.init.headers).toMatchObject({ "if-match": '"s-a-7"', "content-type": "application/json" });
    expect(asked[0]?.init.body).toBe('{"a":1}');
  });

  it("leave unknown values out of the query", () => {
    expect(query({ a: 1, b: null, c: undefined, d: "", e: "留 改" })).toBe("?a=1&e=%E7%95%99+%E6%94%B9");
    expect(query({ a: null })).toBe("");
  });
});

describe("errors", () => {
  it("name the feature and the reason of everything that is wrong", async () => {
    const errors = [{ at: "edits[0].build", feature: "b-12", message: "the footprint crosses itself" }, { at: "edits[1].phase", message: "lies before its start" }];
    answer(problem(422, { detail: "2 problems", errors }));
    const error: unknown = await http.json("api/v1/x").catch((caught: unknown) => caught);
    expect(troubleOf(error, text)).toEqual({ text: "内容不符合要求：2 problems", items: errors });
  });

  it("carry the version that the server has", async () => {
    answer(problem(412, { detail: "changed" }, { etag: '"s-a-9"' }));
    const error = (await http.json("api/v1/x").catch((caught: unknown) => caught)) as ApiError;
    expect([error.status, error.etag]).toEqual([412, '"s-a-9"']);
    expect(troubleOf(error, text).text).toBe(fill(text.stale, { reason: "changed" }));
  });

  it("are told in words when there is no answer, or none that reads", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("refused")));
    expect(troubleOf(await http.json("x").catch((caught: unknown) => caught), text).text).toBe("无法连接服务器：refused");
    answer(new Response("<html>", { status: 502, statusText: "Bad Gateway" }));
    expect(troubleOf(await http.json("x").catch((caught: unknown) => caught), text).text).toBe("服务器出错：502 Bad Gateway");
  });
});

it("knows what may have been this page's own work: writes, but not questions that go by POST", async () => {
  const fresh = new Http(new URL("http://127.0.0.1:9/"));
  answer(Response.json({}));
  await fresh.request("api/v1/scenarios");
  answer(Response.json({}));
  await fresh.request("api/v1/indicators", { method: "POST", body: {} });
  expect(fresh.hasJustWritten).toBe(false);
  answer(problem(422, {}));
  await fresh.request("api/v1/projects", { method: "POST", body: {} }).catch(() => undefined);
  expect(fresh.hasJustWritten).toBe(false);
  let written = (_: Response): void => undefined;
  vi.stubGlobal("fetch", () => new Promise<Response>((resolve) => { written = resolve; }));
  const writing = fresh.request("api/v1/scenarios/s-a/edits", { method: "POST", body: {} });
  expect(fresh.hasJustWritten).toBe(true);
  written(Response.json({}));
  await writing;
  expect(fresh.hasJustWritten).toBe(true);
});
