import { expect, test } from "vitest";
import { Command } from "./command.ts";
import { httpClientsIn, httpTarget, isLoopback } from "./http-client.ts";
import { parseImage } from "./image.ts";

function clients(argv: readonly string[]) {
  const image = parseImage("debian:12");
  return httpClientsIn(new Command(argv, [], { image, readFile: () => undefined }));
}

function shapeOf(...argv: string[]) {
  return clients(argv).map(({ options, urls }) => ({
    options: options.map(({ name, value }) => (value === undefined ? name : `${name} ${value}`)),
    urls: urls.map(({ text }) => text),
  }))[0];
}

test("clusters, joined values and values in the next word are told apart", () => {
  expect(shapeOf("curl", "-sSf", "-m5", "-o", "/dev/null", "http://a")).toEqual({
    options: ["-s", "-S", "-f", "-m 5", "-o /dev/null"],
    urls: ["http://a"],
  });
  expect(shapeOf("curl", "-sfo", "/dev/null", "--max-time", "5", "--url", "a")).toEqual({
    options: ["-s", "-f", "-o /dev/null", "--max-time 5"],
    urls: ["a"],
  });
  expect(shapeOf("wget", "-qO-", "--tries=1", "--timeout", "3", "-nv", "http://b")).toEqual({
    options: ["-q", "-O -", "--tries 1", "--timeout 3", "-n", "-v"],
    urls: ["http://b"],
  });
});

test("clients are found in scripts too, other programs are not", () => {
  expect(clients(["sh", "-c", "curl -f a && wget b || exit 1"])).toHaveLength(2);
  expect(clients(["curlie", "a"])).toEqual([]);
  expect(clients(["constructor"])).toEqual([]);
});

function target(text: string) {
  return httpTarget({ text });
}

test("a URL gives scheme, host, port and path", () => {
  expect(target("http://localhost:8080/health?x=1")).toEqual({
    scheme: "http",
    host: "localhost",
    port: 8080,
    path: "/health?x=1",
  });
  expect(target("[::1]:81")).toMatchObject({ host: "::1", port: 81, path: "/" });
  expect(target("https://a")).toMatchObject({ scheme: "https", port: 443 });
});

test("a URL that is put together at run time, has credentials or is no http gives nothing", () => {
  for (const text of ["http://$HOST/", "ftp://a", "http://u:p@a", "telnet://a:1", "http://"]) {
    expect(target(text), text).toBeUndefined();
  }
});

test("loopback has many names", () => {
  for (const host of ["localhost", "127.0.0.1", "127.9.9.9", "::1", "0.0.0.0"]) {
    expect(isLoopback(host), host).toBe(true);
  }
  for (const host of ["db", "10.0.0.1", "localhost.example.com"]) {
    expect(isLoopback(host), host).toBe(false);
  }
});
