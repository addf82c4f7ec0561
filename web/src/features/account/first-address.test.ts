import { expect, test } from "vitest";
import { firstAddress } from "./first-address";

const at = (url: string) => firstAddress(new URL(url));

test("behind a name of its own the page's host is offered", () => {
  expect(at("https://hooks.example.com/setup")).toBe("https://hooks.example.com");
  expect(at("http://192.168.1.5:13001/setup")).toBe("http://192.168.1.5:13000");
});

test("on this machine nothing is offered: the server knows better", () => {
  for (const url of [
    "http://127.0.0.1:13001",
    "http://localhost:13001",
    "http://[::1]:13001",
    "http://flow.localhost",
  ]) {
    expect(at(url), url).toBe("");
  }
});
