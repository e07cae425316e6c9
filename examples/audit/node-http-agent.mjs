#!/usr/bin/env node
// closelab audit --driver: Node's http.request() with an Agent that keeps connections.
import http from "node:http";
import {createInterface} from "node:readline";

const agent = new http.Agent({keepAlive: true});
const METHODS = {GETU: "GET", GETC: "GET", UP: "POST", CANCEL: "GET"};
const KNOWN = ["GET", "HEAD", "POST", "PUT", "DELETE", "GETU", "GETC", "UP", "BURST", "CANCEL"];
const play = (word, url, number) => word === "BURST"
  ? Promise.all(Array.from({length: number}, () => play("GET", url))).then(answers => answers.pop())
  : new Promise((resolve, reject) => {
    const headers = word === "GETC" ? {Connection: "close"} : {};
    const request = http.request(url, {agent, headers, method: METHODS[word] ?? word}, response => {
      let bytes = 0;
      if (word === "GETU") return response.destroy(), resolve(`ok ${response.statusCode} 0`);
      response.on("data", piece => bytes += piece.length).on("error", reject).on("end", () => resolve(`ok ${response.statusCode} ${bytes}`));
    }).on("error", reject);
    setTimeout(() => request.destroy(new Error("given up")), word === "CANCEL" ? +number : 8000).unref();
    request.end(word === "UP" ? Buffer.alloc(+number) : ["POST", "PUT"].includes(word) ? "ping" : undefined);
  });

for await (const line of createInterface({input: process.stdin})) {
  const [step, word, url, number] = line.split(" ");
  console.log(step, word === "VERSION" ? `ok http.Agent of Node ${process.version}` : !KNOWN.includes(word) ? "na" : await play(word, url, number).catch(error => `err ${error}`));
}
