#!/usr/bin/env node
// closelab audit --driver: undici, with an Agent.
import {createInterface} from "node:readline";
import {readFileSync} from "node:fs";
import {createRequire} from "node:module";
import {Agent, request} from "undici";

const dispatcher = new Agent();
const {version} = JSON.parse(readFileSync(createRequire(import.meta.url).resolve("undici/package.json")));
const METHODS = {GETU: "GET", UP: "POST", CANCEL: "GET"};
const KNOWN = ["GET", "HEAD", "POST", "PUT", "DELETE", "GETU", "UP", "BURST", "CANCEL"];

async function play(word, url, number) {
  if (word === "BURST") return (await Promise.all(Array.from({length: number}, () => play("GET", url)))).pop();
  const body = word === "UP" ? Buffer.alloc(+number) : ["POST", "PUT"].includes(word) ? "ping" : undefined;
  const signal = AbortSignal.timeout(word === "CANCEL" ? +number : 8000);
  const answer = await request(url, {dispatcher, method: METHODS[word] ?? word, body, signal});
  if (word === "GETU") return answer.body.destroy().on("error", () => {}), `ok ${answer.statusCode} 0`;
  return `ok ${answer.statusCode} ${(await answer.body.arrayBuffer()).byteLength}`;
}

for await (const line of createInterface({input: process.stdin})) {
  const [step, word, url, number] = line.split(" ");
  console.log(step, word === "VERSION" ? `ok undici ${version}` : !KNOWN.includes(word) ? "na" : await play(word, url, number).catch(error => `err ${error}`));
}
