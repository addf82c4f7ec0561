// npm got.
import got from "got";
import { bodyOf, each, headersOf } from "./each.mjs";

await each(async (request) => {
  // Not got's own `json`: with a body of text, Node would encode the bytes of our headers a second time.
  const body = request.how === "json" ? Buffer.from(request.body) : bodyOf(request);
  const answer = await got.post(request.url, {
    body,
    searchParams: new URLSearchParams(request.query),
    headers: { ...headersOf(request), "Content-Type": "application/json" },
    username: request.user,
    password: request.password,
    throwHttpErrors: false,
    retry: { limit: 0 },
  });
  return { status: answer.statusCode, headers: answer.headers, body: answer.body };
});
