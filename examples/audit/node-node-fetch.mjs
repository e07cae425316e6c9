#!/usr/bin/env node
// closelab audit --driver: node-fetch, with an Agent that keeps connections.
import http from "node:http";
import {readFileSync} from "node:fs";
import {createInterface} from "node:readline";
import fetch from "node-fetch";

const agent = new http.Agent({keepAlive: true});
const {version} = JSON.parse(readFileSync(new URL("../package.json", import.meta.resolve("node-fetch"))));
const METHODS = {GETC: "GET", GETF: "GET", UP: "POST", CANCEL: "GET"};
const KNOWN = ["GET", "HEAD", "POST", "PUT", "DELETE", "GETC", "GETF", "UP", "BURST", "CANCEL"];

async function play(word, url, number) {
  if (word === "BURST") return (await Promise.all(Array.from({length: number}, () => play("GET", url)))).pop();
  const body = word === "UP" ? Buffer.alloc(+number) : ["POST", "PUT"].includes(word) ? "ping" : undefined;
  const signal = AbortSignal.timeout(word === "CANCEL" ? +number : 8000);
  const response = await fetch(url, {agent, method: METHODS[word] ?? word, body, signal, headers: word === "GETC" ? {Connection: "close"} : {}});
  return `ok ${response.status} ${(await response.arrayBuffer()).byteLength}`;
}

for await (const line of createInterface({input: process.stdin})) {
  const [step, word, url, number] = line.split(" ");
  console.log(step, word === "VERSION" ? `ok node-fetch ${version}` : !KNOWN.includes(word) ? "na" : await play(word, url, number).catch(error => `err ${error}`));
}
