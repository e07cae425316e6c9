#!/usr/bin/env node
// closelab audit --driver: axios, with an Agent that keeps connections.
import http from "node:http";
import {createInterface} from "node:readline";
import axios from "axios";

const client = axios.create({httpAgent: new http.Agent({keepAlive: true}), timeout: 8000, maxBodyLength: Infinity,
  responseType: "arraybuffer", validateStatus: () => true});
const METHODS = {GETC: "GET", GETF: "GET", UP: "POST", CANCEL: "GET"};
const KNOWN = ["GET", "HEAD", "POST", "PUT", "DELETE", "GETC", "GETF", "UP", "BURST", "CANCEL"];

async function play(word, url, number) {
  if (word === "BURST") return (await Promise.all(Array.from({length: number}, () => play("GET", url)))).pop();
  const data = word === "UP" ? Buffer.alloc(+number) : ["POST", "PUT"].includes(word) ? "ping" : undefined;
  const signal = AbortSignal.timeout(word === "CANCEL" ? +number : 8000);
  const answer = await client({url, method: METHODS[word] ?? word, data, signal, headers: word === "GETC" ? {Connection: "close"} : {}});
  return `ok ${answer.status} ${answer.data.length}`;
}

for await (const line of createInterface({input: process.stdin})) {
  const [step, word, url, number] = line.split(" ");
  console.log(step, word === "VERSION" ? `ok axios ${axios.VERSION}` : !KNOWN.includes(word) ? "na" : await play(word, url, number).catch(error => `err ${error}`));
}
