// npm axios, which makes brackets of nested params.
import axios from "axios";
import qs from "qs";
import { bodyOf, each, headersOf } from "./each.mjs";

await each(async (request) => {
  const query = request.query.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
  const answer = await axios.post(request.url, request.how === "json" ? JSON.parse(request.body) : bodyOf(request), {
    params: qs.parse(query),
    headers: headersOf(request),
    auth: { username: request.user, password: request.password },
    responseType: "text",
    transformResponse: (text) => text,
    validateStatus: () => true,
    maxBodyLength: Infinity,
  });
  return { status: answer.status, headers: answer.headers, body: answer.data };
});
