import { expect, test } from "vitest";
import { isSecret, masked } from "./mask";

test("what proves who somebody is is masked, whatever its case", () => {
  for (const name of [
    "Authorization",
    "cookie",
    "Set-Cookie",
    "PROXY-AUTHORIZATION",
    "x-api-key",
    "Stripe-Signature",
    "X-Hub-Signature-256",
    "X-Shopify-Hmac-Sha256",
    "webhook-signature",
    "X-Gitlab-Token",
    "X-Telegram-Bot-Api-Secret-Token",
  ]) {
    expect(isSecret(name), name).toBe(true);
  }
  for (const name of ["content-type", "x-request-id", "user-agent", "cookie-policy", "accept"]) {
    expect(isSecret(name), name).toBe(false);
  }
  expect(
    masked([
      ["Authorization", "Basic aG9vazpzM2NyZXQ="],
      ["accept", "*/*"],
    ]),
  ).toEqual([
    ["Authorization", "•••"],
    ["accept", "*/*"],
  ]);
});
