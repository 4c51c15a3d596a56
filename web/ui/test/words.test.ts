import assert from "node:assert/strict";
import test from "node:test";
import { age, bitrate, bytes, Clock, length, many } from "../src/words";

test("lengths have three groups and never fall below nothing", () => {
  assert.equal(length(1302), "0:21:42");
  assert.equal(length(59.9), "0:00:59");
  assert.equal(length(36000), "10:00:00");
  assert.equal(length(-3), "0:00:00");
});

test("ages are words below a minute and days above a day", () => {
  assert.equal(age(4.7), "4 s");
  assert.equal(age(87), "0:01:27");
  assert.equal(age(6 * 86400 + 4 * 3600 + 59), "6 d 4 h");
});

test("sizes and rates", () => {
  assert.equal(bytes(999), "999 B");
  assert.equal(bytes(1556324), "1.6 MB");
  assert.equal(bytes(123456789), "123 MB");
  assert.equal(bitrate(686), "686 kbit/s");
  assert.equal(bitrate(1240), "1.24 Mbit/s");
  assert.equal(many(1, "packet"), "1 packet");
  assert.equal(many(1234, "packet"), "1\u2009234 packets");
});

test("times of day are the channel's, whatever the browser's zone", () => {
  const c = new Clock("Europe/Berlin");
  const at = Date.parse("2026-10-24T17:32:08Z");
  assert.equal(c.at(at), "19:32:08");
  assert.equal(c.date(at), "Sat 24 Oct");
  assert.match(c.where(at), /^Europe\/Berlin, /);
  assert.equal(new Clock("UTC").where(at), "UTC");
  assert.equal(new Clock("UTC").at(Date.parse("2026-10-24T00:00:01Z")), "00:00:01");
  assert.ok(new Clock("No/Such").zone); // falls back to the browser's
});
