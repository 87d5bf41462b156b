// The collection: what it sends is understood.
import { readFileSync } from "node:fs";
import { inject } from "vitest";
import { test } from "./merchant.ts";

interface Item {
  name: string;
  item?: Item[];
  request?: {
    method: string;
    url: { path: string[] };
    header: { key: string; value: string }[];
    body?: { raw?: string };
  };
}

const file = new URL("../../../docs/testing/yuno-sessions.postman_collection.json", import.meta.url);
const collection = JSON.parse(readFileSync(file, "utf8")) as Item & { variable: { key: string; value: string }[] };

function requests(item: Item): (Item & Required<Pick<Item, "request">>)[] {
  const { request } = item;
  return request ? [{ ...item, request }] : (item.item ?? []).flatMap(requests);
}

test("what it creates is created, with the keys and the account in its variables", async ({ merchant, expect }) => {
  const own: Record<string, string> = { ...merchant.made, baseUrl: inject("yuno") };
  const demo = collection.variable.find(({ key }) => key === "account_id")!.value;
  const filled = (text: string) =>
    text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => own[name]!).replaceAll(demo, merchant.account_id);
  // What stands for itself: no id in its path, none in its body but the account's.
  const whole = requests(collection).filter(
    ({ request: { method, url, body } }) =>
      method === "POST" && !url.path.some((part) => part.startsWith(":")) && !/0123456789/.test(body?.raw ?? ""),
  );
  const answers = await Promise.all(
    whole.map(async ({ name, request: { method, url, header, body } }) => {
      const headers = Object.fromEntries(header.map(({ key, value }) => [key, filled(value)]));
      const sent = body?.raw ? filled(body.raw) : undefined;
      const answer = await fetch(`${own.baseUrl}/${url.path.join("/")}`, { method, headers, body: sent });
      return [name, answer.status, answer.ok ? "" : await answer.text()];
    }),
  );
  expect(whole.length).toBeGreaterThan(8);
  expect(answers.filter(([, , refused]) => refused)).toEqual([]);
});
