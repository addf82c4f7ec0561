// One execution as a file: as the API gives it, or as a HAR that other tools read. What proves who somebody is stays here.

import type { Schema } from "@/api/client";
import { header, sizeOf } from "@/lib/content";
import { between } from "@/lib/format";
import { linesOf, masked, withoutSecrets } from "@/lib/mask";

type Execution = Schema["ExecutionView"];

/** Header lines anywhere inside: of the request, the answer, and what nodes sent and got. */
export function maskedExecution(execution: Execution): Execution {
  return {
    ...execution,
    event: { ...execution.event, headers: masked(execution.event.headers) },
    answer: execution.answer && { ...execution.answer, headers: masked(execution.answer.headers) },
    node_runs: execution.node_runs.map((run) => ({
      ...run,
      input: withoutSecrets(run.input),
      result: withoutSecrets(run.result),
    })),
  };
}

/** HTTP Archive 1.2 (http://www.softwareishard.com/blog/har-12-spec). `url` is that of the endpoint. */
export function har(execution: Execution, url: string): object {
  const { event, answer } = execution;
  const type = (headers: Execution["event"]["headers"]) => header(headers, "content-type") ?? "";
  const pairs = (headers: Execution["event"]["headers"]) =>
    linesOf(masked(headers)).map(([name, value]) => ({ name, value }));
  const took = answer ? Math.max(0, between(event.received_at, answer.sent_at)) : 0;
  const content = (of: { body: string | null; body_base64: string | null }) => ({
    text: of.body ?? of.body_base64 ?? "",
    ...(of.body === null && of.body_base64 !== null ? { encoding: "base64" } : {}),
  });
  return {
    log: {
      version: "1.2",
      creator: { name: "Hookflow", version: "1" },
      entries: [
        {
          startedDateTime: event.received_at,
          time: took,
          request: {
            method: event.method,
            url: event.query_string ? `${url}?${event.query_string}` : url,
            httpVersion: "HTTP/1.1",
            cookies: [],
            headers: pairs(event.headers),
            queryString: [...new URLSearchParams(event.query_string)].map(([name, value]) => ({ name, value })),
            postData: { mimeType: type(event.headers), ...content(event) },
            headersSize: -1,
            bodySize: sizeOf(event),
          },
          response: answer
            ? {
                status: answer.status,
                statusText: "",
                httpVersion: "HTTP/1.1",
                cookies: [],
                headers: pairs(answer.headers),
                content: { size: sizeOf(answer), mimeType: type(answer.headers), ...content(answer) },
                redirectURL: "",
                headersSize: -1,
                bodySize: sizeOf(answer),
              }
            : {
                status: 0,
                statusText: "",
                httpVersion: "",
                cookies: [],
                headers: [],
                content: { size: 0, mimeType: "" },
                redirectURL: "",
                headersSize: -1,
                bodySize: -1,
              },
          cache: {},
          timings: { send: 0, wait: took, receive: 0 },
          comment: execution.id,
        },
      ],
    },
  };
}
