// Prints a Postman collection of what openapi.yaml has: one that is the same each time, with keys as variables and without
// sample answers.
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import converter from "openapi-to-postmanv2";
import { parse } from "yaml";

const text = readFileSync(new URL("../../../openapi.yaml", import.meta.url), "utf8");
const document = parse(text);
const keys = { public_api_key: "public-api-key", private_secret_key: "private-secret-key" };
const variables = {
  baseUrl: "http://127.0.0.1:7070",
  public_api_key: "sandbox_demo_public_key",
  private_secret_key: "sandbox_demo_secret_key",
  account_id: "00000000-0000-4000-8000-000000000001",
};

const converted = await promisify(converter.convert)(
  { type: "string", data: text },
  { folderStrategy: "Tags", requestParametersResolution: "Example" },
);
if (!converted.result) throw new Error(converted.reason);
const collection = converted.output[0].data;

function operationOf({ method, url }) {
  const path = "/" + url.path.map((part) => part.replace(/^:(.*)/, "{$1}")).join("/");
  return document.paths[path][method.toLowerCase()];
}

/** The headers without which a request is not answered; of both ways to call an operation, the one with both keys. */
function headersOf(request) {
  const { parameters = [], requestBody, security = document.security } = operationOf(request);
  const needed = parameters.filter((parameter) => parameter.in === "header" && parameter.required);
  return [
    ...Object.keys(Object.assign({}, ...security)).map((key) => ({ key: keys[key], value: `{{${key}}}` })),
    ...needed.map(({ name }) => ({ key: name, value: "{{account_id}}" })),
    ...(requestBody ? [{ key: "Content-Type", value: "application/json" }] : []),
  ];
}

function tidy(item) {
  delete item.id;
  delete item.event;
  for (const inner of item.item ?? []) tidy(inner);
  const { request } = item;
  if (!request) return;
  item.response = [];
  delete request.auth;
  request.header = headersOf(request);
  // Invented values would change each time.
  for (const parameter of request.url.variable ?? []) parameter.value = "";
  for (const parameter of request.url.query ?? []) {
    const { required = false } = operationOf(request).parameters.find(({ name }) => name === parameter.key);
    Object.assign(parameter, { value: "", disabled: !required });
  }
}

collection.item.forEach(tidy);
delete collection.auth;
delete collection.event;
delete collection.info._postman_id;
collection.variable = Object.entries(variables).map(([key, value]) => ({ key, value }));
process.stdout.write(JSON.stringify(collection, undefined, 1) + "\n");
