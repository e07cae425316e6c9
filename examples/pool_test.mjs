// What a client that keeps connections must get right, with Node's http.Agent. CLOSELAB is the program.
//
//     node --test examples/pool_test.mjs

import assert from 'node:assert/strict';
import http from 'node:http';
import { afterEach, beforeEach, test } from 'node:test';

import { Closelab } from './closelab.mjs';

let server;
let agent;

beforeEach(async () => {
  server = await Closelab.start();
  agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
});

afterEach(async () => {
  agent.destroy();
  await server.stop();
});

function once(method, path, body) {
  return new Promise((resolve, reject) => {
    const request = http.request(server.url + path, { method, agent }, async (response) => {
      let text = '';
      for await (const piece of response) text += piece;
      resolve(text);
    });
    request.once('error', (error) => reject(Object.assign(error, { reused: request.reusedSocket })));
    request.end(body);
  });
}

/** Sends a GET again that met a stale connection, as Node's documentation of reusedSocket advises. */
async function fetchPath(method, path, body) {
  try {
    return await once(method, path, body);
  } catch (error) {
    // RFC 9110 section 9.2.2: a method that is not idempotent must not be sent again unasked.
    if (error.code !== 'ECONNRESET' || !error.reused || method !== 'GET') throw error;
    return once(method, path, body);
  }
}

test('reuses a connection', async () => {
  await fetchPath('GET', '');
  await server.idle(1);
  await fetchPath('GET', '');
  assert.deepEqual(await server.connectionsOfRequests(), [1, 1]);
});

test('survives a stale connection', async () => {
  await server.rules({ connection: 1, at: 'next_request', close: 'lingering' });
  await fetchPath('GET', '');
  assert.match(await fetchPath('GET', ''), /connection 2/);
  const record = await server.closed(1);
  assert.equal(record.close_reason, 'rule', record.text);
  assert.equal(record.retry, 'safe', record.text);
});

test('does not send a POST again', async () => {
  await server.rules({ connection: 1, request: 2, at: 'before_response', close: 'lingering' });
  await fetchPath('GET', '');
  await assert.rejects(fetchPath('POST', 'echo', 'order 1 book'), { code: 'ECONNRESET' });
  const record = await server.closed(1);
  assert.equal(record.retry, 'if_idempotent', record.text);
  assert.deepEqual(await server.connectionsOfRequests(), [1, 1]);
});

test('notices Connection: close', async () => {
  await fetchPath('GET', 'close/lingering');
  await fetchPath('GET', '');
  assert.deepEqual(await server.connectionsOfRequests(), [1, 2]);
  assert.equal((await server.closed(1)).verdict.closed_first, 'server');
});
