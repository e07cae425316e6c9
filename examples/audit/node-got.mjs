#!/usr/bin/env node
// closelab audit --driver: got, with an Agent that keeps connections.
import http from "node:http";
import {readFileSync} from "node:fs";
import {createInterface} from "node:readline";
import got from "got";

const client = got.extend({agent: {http: new http.Agent({keepAlive: true})}, timeout: {request: 8000}, throwHttpErrors: false, responseType: "buffer"});
const {version} = JSON.parse(readFileSync(new URL("../../package.json", import.meta.resolve("got"))));
const METHODS = {GETC: "GET", GETF: "GET", UP: "POST", CANCEL: "GET"};
const KNOWN = ["GET", "HEAD", "POST", "PUT", "DELETE", "GETC", "GETF", "UP", "BURST", "CANCEL"];

async function play(word, url, number) {
  if (word === "BURST") return (await Promise.all(Array.from({length: number}, () => play("GET", url)))).pop();
  const body = word === "UP" ? Buffer.alloc(+number) : ["POST", "PUT"].includes(word) ? "ping" : undefined;
  const signal = AbortSignal.timeout(word === "CANCEL" ? +number : 9000);
  const answer = await client(url, {method: METHODS[word] ?? word, body, signal, headers: word === "GETC" ? {Connection: "close"} : {}});
  return `ok ${answer.statusCode} ${answer.rawBody.length}`;
}

for await (const line of createInterface({input: process.stdin})) {
  const [step, word, url, number] = line.split(" ");
  console.log(step, word === "VERSION" ? `ok got ${version}` : !KNOWN.includes(word) ? "na" : await play(word, url, number).catch(error => `err ${error}`));
}
