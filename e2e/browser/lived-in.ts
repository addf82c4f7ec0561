// A server as it is after a morning's work: what screenshots, axe and readers of the docs look at.
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { PAYMENT, type Server } from "./server";

export interface LivedIn {
  payment: { key: string; id: string; url: string };
  orders: { key: string; id: string; url: string };
  /** Executions by how they ended. */
  succeeded: string;
  refusedBranch: string;
  failed: string;
  waiting: string;
  /** A request that was refused. */
  refused: string;
  end: () => void;
}

export async function liveIn(server: Server): Promise<LivedIn> {
  const upstream: HttpServer = createServer((request, answer) => {
    const fails = request.url?.includes("fail=1");
    answer.writeHead(fails ? 503 : 200, { "content-type": "application/json" });
    answer.end(JSON.stringify(fails ? { error: "maintenance" } : { id: "cus_8Kq", name: "Olena Koval", tier: "gold" }));
  });
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  const crm = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;

  await server.workflow({
    title: "Nightly report",
    tags: ["reports"],
    enabled: false,
    mode: "async",
    trigger: { kind: "webhook" },
    nodes: [{ key: "pause", kind: "delay", config: { amount: 5, unit: "seconds" } }],
  });
  await server.workflow({
    title: "Alert to the on-call phone, with a title that is long enough to be cut somewhere",
    tags: ["alerts", "operations"],
    mode: "async",
    trigger: { kind: "webhook", body: [{ path: "status", alias: "Status", example: "firing" }] },
    nodes: [
      {
        key: "firing",
        kind: "condition",
        title: "Firing?",
        config: { mode: "continue", rule: { left: "{{ trigger.body.status }}", operator: "equal", right: "firing" } },
      },
    ],
  });
  const orders = await server.workflow({
    title: "Order to CRM",
    tags: ["crm"],
    mode: "sync",
    trigger: {
      kind: "webhook",
      headers: [{ name: "X-Request-Id", alias: "Request" }],
      body: [
        { path: "customer.email", alias: "E-mail", type: "text", example: "olena@example.com" },
        { path: "total", alias: "Total", type: "number", example: 42.5 },
      ],
    },
    nodes: [
      {
        key: "find",
        kind: "http_request",
        title: "Find the customer",
        config: {
          method: "GET",
          url: `${crm}/customers?fail={{ trigger.body.fail }}`,
          query: [{ name: "email", value: "{{ trigger.body.customer.email }}" }],
        },
      },
      {
        key: "large",
        kind: "condition",
        title: "Large order?",
        config: {
          mode: "branch",
          rule: {
            all: [
              { left: "{{ trigger.body.total }}", operator: "greater", right: 1000 },
              { left: "{{ nodes.find.body.tier }}", operator: "equal", right: "gold" },
            ],
          },
        },
        branches: {
          true: [
            {
              key: "tell",
              kind: "http_request",
              title: "Tell the account manager",
              config: {
                method: "POST",
                url: `${crm}/tell`,
                body: { text: "{{ nodes.find.body.name }} ordered for {{ trigger.body.total }}" },
              },
            },
          ],
          false: [],
        },
      },
      {
        key: "answer",
        kind: "response",
        config: { status: 200, body: { customer: "{{ nodes.find.body.id }}", total: "{{ trigger.body.total }}" } },
      },
    ],
  });
  const asking = await server.workflow({
    title: "Refund",
    tags: ["payments"],
    mode: "async",
    trigger: { kind: "webhook" },
    nodes: [{ key: "pause", kind: "delay", title: "Cool off", config: { amount: 1, unit: "hours" } }],
  });
  const payment = await server.workflow({
    ...PAYMENT,
    tags: ["payments"],
    credentials: { basic: { username: "hook", password: "s3cret" } },
  });
  const basic = { headers: { authorization: `Basic ${Buffer.from("hook:s3cret").toString("base64")}` } };

  const ran = async (response: Response) => {
    await response.text();
    return response.headers.get("hookflow-execution") ?? "";
  };
  for (let at = 0; at < 12; at++)
    await ran(
      await server.send(payment.url, { order: { id: 1030 + at, status: at % 4 === 3 ? "open" : "paid" } }, basic),
    );
  const refusedBranch = await ran(await server.send(payment.url, { order: { id: 1041, status: "open" } }, basic));
  for (const total of [42.5, 1800, 99])
    await ran(await server.send(orders.url, { customer: { email: "olena@example.com" }, total }));
  const failed = await ran(
    await server.send(orders.url, { customer: { email: "ihor@example.com" }, total: 7, fail: 1 }),
  );
  const waiting = await ran(await server.send(asking.url, { refund: 12 }));
  await server.send(payment.url, { order: { id: 1 } });
  await server.send(
    payment.url,
    { order: { id: 1 } },
    { headers: { authorization: `Basic ${Buffer.from("hook:wrong").toString("base64")}` } },
  );
  await fetch(payment.url);
  await server.send(payment.url, '{"order": {"id": 1042,', basic);
  await server.send(payment.url, "a=1", {
    headers: { ...basic.headers, "content-type": "application/x-www-form-urlencoded" },
  });
  const succeeded = await ran(
    await server.send(
      payment.url,
      {
        order: {
          id: 1042,
          status: "paid",
          customer: { name: "Олена Коваль", email: "olena@example.com" },
          items: [
            { sku: "A-17", price: 12.5 },
            { sku: "B-2", price: 30 },
          ],
        },
      },
      basic,
    ),
  );
  // The log of refused requests is written in batches beside the answers.
  let refused = "";
  for (let tries = 0; !refused && tries < 100; tries++) {
    const { items } = await server.api("GET", "/requests?outcome=refused");
    refused = items.find(({ code }: { code: string }) => code === "hook.credentials")?.id ?? "";
    if (!refused) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { payment, orders, succeeded, refusedBranch, failed, waiting, refused, end: () => upstream.close() };
}
