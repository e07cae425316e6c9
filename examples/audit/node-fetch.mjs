#!/usr/bin/env node
// closelab audit --driver: Node's own fetch().
import {createInterface} from "node:readline";

const METHODS = {GETU: "GET", GETF: "GET", UP: "POST", CANCEL: "GET"};
const KNOWN = ["GET", "HEAD", "POST", "PUT", "DELETE", "GETU", "GETF", "UP", "BURST", "CANCEL"];

async function play(word, url, number) {
  if (word === "BURST") return (await Promise.all(Array.from({length: number}, () => play("GET", url)))).pop();
  const body = word === "UP" ? new Uint8Array(+number) : ["POST", "PUT"].includes(word) ? "ping" : undefined;
  const signal = AbortSignal.timeout(word === "CANCEL" ? +number : 8000);
  const response = await fetch(url, {method: METHODS[word] ?? word, body, signal});
  if (word !== "GETU") return `ok ${response.status} ${(await response.arrayBuffer()).byteLength}`;
  await response.body.cancel();
  return `ok ${response.status} 0`;
}

for await (const line of createInterface({input: process.stdin})) {
  const [step, word, url, number] = line.split(" ");
  const version = `ok fetch of Node ${process.version}, undici ${process.versions.undici}`;
  const answer = word === "VERSION" ? version
    : !KNOWN.includes(word) ? "na" : await play(word, url, number).catch(error => `err ${error.cause ?? error}`);
  console.log(`${step} ${answer.replaceAll("\n", " ")}`);
}
