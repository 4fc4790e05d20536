// A user's program with a client whose types are made of the OpenAPI document: compiled with --strict, run against a whole stack by tests/e2e/client.py.
// Lines that must not compile say so; the compiler refuses the file if one of them does.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

type Problem = components["schemas"]["Problem"];
type Incident = components["schemas"]["Incident"];

const { SONDE: baseUrl, TOKEN: token, TARGET: target } = process.env;
assert(baseUrl && token && target, "SONDE, TOKEN and TARGET say where to go");

const api = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });
const stranger = createClient<paths>({ baseUrl });

function good<Data>(answer: { data?: Data; error?: unknown; response: Response }): Data {
  assert(answer.data !== undefined, `${answer.response.status} ${JSON.stringify(answer.error)}`);
  return answer.data;
}

// What a program does about a problem: a kind that the document has and this does not name is an error of the compiler.
function advice(type: Problem["type"]): "mend it" | "log in" | "read it again" | "wait" | "tell us" | "give up" {
  switch (type) {
    case "urn:sonde:problem:invalid":
    case "urn:sonde:problem:malformed":
    case "urn:sonde:problem:too_large":
    case "urn:sonde:problem:uri_too_long":
    case "urn:sonde:problem:unsupported_media_type":
    case "urn:sonde:problem:method_not_allowed":
    case "urn:sonde:problem:not_implemented":
      return "mend it";
    case "urn:sonde:problem:unauthenticated":
      return "log in";
    case "urn:sonde:problem:conflict":
    case "urn:sonde:problem:precondition_failed":
    case "urn:sonde:problem:precondition_required":
      return "read it again";
    case "urn:sonde:problem:unavailable":
    case "urn:sonde:problem:timeout":
    case "urn:sonde:problem:request_timeout":
      return "wait";
    case "urn:sonde:problem:internal":
      return "tell us";
    default:
      return "give up";
  }
}

async function until<Value>(what: string, look: () => Promise<Value | undefined>): Promise<Value> {
  for (const end = Date.now() + 60_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 200))) {
    const found = await look();
    if (found !== undefined) return found;
  }
  throw new Error(`waited in vain until ${what}`);
}

async function makesASiteOnce(): Promise<string> {
  const key = randomUUID();
  const make = () => api.POST("/v1/sites", { params: { header: { "Idempotency-Key": key } }, body: { name: "Made by a client", tags: ["typed"] } });
  const first = await make();
  const again = await make();
  assert.equal(again.response.headers.get("Idempotency-Replayed"), "true");
  assert.equal(good(first).id, good(again).id);
  assert.match(good(first).id, /^sit_/);
  return good(first).id;
}

async function makesAMonitorAndReadsItsIncident(site_id: string): Promise<Incident> {
  const monitor = good(
    await api.POST("/v1/monitors", {
      body: { site_id, name: "refused", kind: "tcp", spec: { host: "127.0.0.1", port: Number(new URL(target!).port) }, interval_ms: 5000, timeout_ms: 1000 },
    }),
  );
  assert(monitor.kind === "tcp");
  assert.equal(monitor.spec.host, "127.0.0.1"); // the compiler knows which spec goes with the kind
  assert.equal(monitor.policy.quorum ?? "majority", "majority");
  const listed = await until("there is an incident", async () => good(await api.GET("/v1/incidents", { params: { query: { site_id, state: "open" } } })).items[0]);
  const incident = good(await api.GET("/v1/incidents/{incident_id}", { params: { path: { incident_id: listed.id } } }));
  assert.equal(incident.monitors[0]?.cause, "connect_refused");
  assert.equal(incident.site_id, site_id);
  const path = { incident_id: incident.id };
  const acknowledged = good(await api.POST("/v1/incidents/{incident_id}/acknowledge", { params: { path }, body: { comment: "seen" } }));
  assert.equal(acknowledged.state, "acknowledged");
  const explained = good(await api.GET("/v1/incidents/{incident_id}/explain", { params: { path } }));
  assert(explained.opened.votes.some((vote) => vote.verdict === "down" && vote.class === "connect_refused"));
  return acknowledged;
}

async function isToldWhatIsWrong(site_id: string): Promise<void> {
  const { error, response } = await api.POST("/v1/monitors", { body: { site_id, name: "", spec: { url: "ftp://example.com/" }, interval_ms: 5000, timeout_ms: 5000 } });
  assert.equal(response.status, 422);
  assert(error && error.type === "urn:sonde:problem:invalid");
  assert.deepEqual(new Set(error.errors?.map((one) => one.pointer)), new Set(["/name", "/spec/url", "/timeout_ms"]));
  assert.equal(advice(error.type), "mend it");

  const nothing = await api.GET("/v1/sites/{site_id}", { params: { path: { site_id: "sit_0000000000001" } } });
  assert.equal(nothing.error?.type, "urn:sonde:problem:not_found");
  assert.equal(nothing.data, undefined);

  const refused = await stranger.GET("/v1/sites");
  assert(refused.error && advice(refused.error.type) === "log in");
  assert.match(refused.response.headers.get("WWW-Authenticate") ?? "", /^Bearer/);
}

async function pagesThroughAList(): Promise<void> {
  const made: string[] = [];
  for (let i = 0; i < 5; ++i) made.push(good(await api.POST("/v1/sites", { body: { name: `page ${i}`, tags: ["paged"] } })).id);
  const seen: string[] = [];
  let cursor: string | null | undefined;
  do {
    const page = good(await api.GET("/v1/sites", { params: { query: { tag: "paged", limit: 2, ...(cursor ? { cursor } : {}) } } }));
    assert(page.items.length <= 2);
    seen.push(...page.items.map((site) => site.id));
    cursor = page.next_cursor;
    if (seen.length === 2) await api.DELETE("/v1/sites/{site_id}", { params: { path: { site_id: seen[0]! } } });
  } while (cursor);
  assert.deepEqual([...seen].sort(), [...made].sort());
  for (const site_id of made) await api.DELETE("/v1/sites/{site_id}", { params: { path: { site_id } } });
}

async function losesNoEdit(site_id: string): Promise<void> {
  const path = { site_id };
  const read = await api.GET("/v1/sites/{site_id}", { params: { path } });
  const tag = read.response.headers.get("ETag");
  assert(tag);
  const known = await api.GET("/v1/sites/{site_id}", { params: { path, header: { "If-None-Match": tag } } });
  assert([200, 304].includes(known.response.status), "it is told again only if its state changed meanwhile");
  const mine = await api.PATCH("/v1/sites/{site_id}", { params: { path, header: { "If-Match": tag } }, body: { owner_note: "mine", base_url: null } });
  assert.equal(good(mine).owner_note, "mine");
  const theirs = await api.PATCH("/v1/sites/{site_id}", { params: { path, header: { "If-Match": tag } }, body: { owner_note: "theirs" } });
  assert.equal(theirs.response.status, 412);
  assert(theirs.error && advice(theirs.error.type) === "read it again");
  assert.equal(good(await api.GET("/v1/sites/{site_id}", { params: { path } })).owner_note, "mine");
}

// Never called: it is for the compiler alone.
export async function doesNotCompile(): Promise<void> {
  // @ts-expect-error a site has a name
  await api.POST("/v1/sites", { body: { tags: [] } });
  // @ts-expect-error no such field
  const body: components["schemas"]["SiteInput"] = { name: "x", colour: "red" };
  await api.POST("/v1/sites", { body });
  // @ts-expect-error a check of TCP has no URL
  const monitor: components["schemas"]["MonitorInput"] = { site_id: "", name: "x", kind: "tcp", spec: { url: "https://shop.example/" } };
  await api.POST("/v1/monitors", { body: monitor });
  // @ts-expect-error no such state
  await api.GET("/v1/incidents", { params: { query: { state: "ajar" } } });
  // @ts-expect-error the name of a site cannot be set back
  await api.PATCH("/v1/sites/{site_id}", { params: { path: { site_id: "" } }, body: { name: null } });
  // @ts-expect-error no such operation
  await api.POST("/v1/incidents/{incident_id}", {});
  // @ts-expect-error a problem has no such kind
  advice("urn:sonde:problem:teapot");
}

const site = await makesASiteOnce();
const incident = await makesAMonitorAndReadsItsIncident(site);
await isToldWhatIsWrong(site);
await pagesThroughAList();
await losesNoEdit(site);
await api.DELETE("/v1/sites/{site_id}", { params: { path: { site_id: site } } });
console.log(`all is well: ${incident.id} was acknowledged by ${incident.acknowledged_by}`);
