// Headers that people set, offered while they type. What else there is can be typed.

const BOTH = ["Cache-Control", "Content-Language", "Content-Type", "Date", "X-Request-Id"];

const named = (names: string[]) => [...names].sort().map((name) => ({ name }));

export const HEADERS_OF_ANSWERS = named([
  ...BOTH,
  "Access-Control-Allow-Origin",
  "Content-Disposition",
  "ETag",
  "Expires",
  "Last-Modified",
  "Link",
  "Location",
  "Retry-After",
  "Vary",
  "WWW-Authenticate",
]);

export const HEADERS_OF_REQUESTS = named([
  ...BOTH,
  "Accept",
  "Accept-Language",
  "Authorization",
  "Idempotency-Key",
  "If-Match",
  "If-None-Match",
  "User-Agent",
  "X-Api-Key",
]);
