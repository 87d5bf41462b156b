// One server for all tests: the one that YUNO_URL names, or one that is started here and ends with them.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    yuno: string;
  }
}

export default async function setup({ provide }: TestProject) {
  if (process.env.YUNO_URL) {
    provide("yuno", process.env.YUNO_URL);
    return;
  }
  const program = process.env.YUNO_SESSIONS ?? "yuno-sessions";
  const server = spawn(program, ["--ephemeral", "--listen", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "inherit"] });
  const failed = new Promise<never>((_, reject) => server.once("error", reject));
  provide("yuno", await Promise.race([listening(server.stdout), failed]));
  return () => server.kill();
}

// The first lines that it prints have its address.
async function listening(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface(output)) {
    const url = /http:\/\/127[0-9.:]+/.exec(line);
    if (url) return url[0];
  }
  throw new Error("yuno-sessions ended before it listened");
}
