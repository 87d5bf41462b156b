import { inject, test as base } from "vitest";

export const test = base.extend<{ merchant: { account_id: string; headers: Record<string, string> } }>({
  merchant: async ({}, use) => {
    const url = `${inject("yuno")}/v1/testing/organizations`;
    const made = await (await fetch(url, { method: "POST" })).json();
    const headers = { "public-api-key": made.public_api_key, "private-secret-key": made.private_secret_key };
    await use({ account_id: made.account_id, headers });
    await fetch(`${url}/${made.organization_id}`, { method: "DELETE", headers });
  },
});
