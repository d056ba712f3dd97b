"use strict";
// Calls ECS through an official client, unmodified: a JSON object a line in, one a line out.
//   in:  {client: "v2" | "pop-core", url, key, secret, token, operation, parameters}
//   out: {body} as on the wire, or {error: {code, message}}

const readline = require("node:readline");

const lowerFirst = (name) => name[0].toLowerCase() + name.slice(1);

/** Parameters in the wire's spelling as the V2 client's request object, nested ones included. */
function request(sdk, kind, parameters) {
  const values = {};
  const types = sdk[kind].types();
  for (const [name, value] of Object.entries(parameters)) {
    const field = lowerFirst(name);
    const type = types[field];
    if (type === undefined && name === "RegionId") continue; // some operations know no region
    if (type === undefined) throw new Error(`${kind} has no ${field}`);
    const isOfModels = Array.isArray(value) && typeof type === "object" && typeof type.itemType === "function";
    values[field] = isOfModels
      ? value.map((each) => request(sdk, type.itemType.name, each))
      : value;
  }
  return new sdk[kind](values);
}

async function callV2({ url, key, secret, token, operation, parameters }) {
  const sdk = require("@alicloud/ecs20140526");
  const { $OpenApiUtil } = require("@alicloud/openapi-core");
  const client = new sdk.default(
    new $OpenApiUtil.Config({
      accessKeyId: key,
      accessKeySecret: secret,
      securityToken: token || undefined,
      endpoint: new URL(url).host,
      protocol: "HTTP",
      regionId: "cn-hangzhou",
    }),
  );
  const answer = await client[lowerFirst(operation)](request(sdk, `${operation}Request`, parameters));
  return answer.body.toMap();
}

async function callPopCore({ url, key, secret, token, operation, parameters }) {
  const { RPCClient } = require("@alicloud/pop-core");
  const client = new RPCClient({
    accessKeyId: key,
    accessKeySecret: secret,
    securityToken: token || undefined,
    endpoint: url,
    apiVersion: "2014-05-26",
  });
  return client.request(operation, parameters, { method: "POST" });
}

const CLIENTS = { v2: callV2, "pop-core": callPopCore };

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const asked = JSON.parse(line);
    let said;
    try {
      said = { body: await CLIENTS[asked.client](asked) };
    } catch (error) {
      said = { error: { code: String(error.code), message: String(error.message) } };
    }
    process.stdout.write(`${JSON.stringify(said)}\n`);
  }
}

main();
