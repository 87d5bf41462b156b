// Receives webhooks, as a backend does.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Told {
  type_event: string;
  retry: number;
  data: { payment?: { status: string; idempotency_key: string } };
}

/** Answers with these statuses, and then with 200. */
export async function receiver(...statuses: number[]) {
  const told: Told[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      told.push(JSON.parse(body));
      response.writeHead(statuses.shift() ?? 200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, told, [Symbol.asyncDispose]: async () => void server.close() };
}
