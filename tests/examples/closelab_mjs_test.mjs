// closelab.mjs: servers of one's own and shared ones, and the story of a test that fails.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import { test } from 'node:test';

import { Closelab, story, withCloselab } from '../../examples/closelab.mjs';

function get(url) {
  return new Promise((resolve, reject) => {
    http.get(url, { agent: false }, (response) => response.resume().once('end', resolve)).once('error', reject);
  });
}

test('the first connection of a test is 1, also where tests share the server', withCloselab(async (shared) => {
  await get(shared.url);
  const server = await Closelab.at(shared.admin_url);
  await server.rules({ connection: 1, at: 'request_headers', close: 'abortive' });
  await assert.rejects(get(server.url), { code: 'ECONNRESET' });
  assert.equal((await server.closed(1)).id, 2);
  assert.deepEqual(await server.unusedRules(), []);
}));

test('a client that does not close is found and named', withCloselab(async (server) => {
  const socket = net.connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  socket.resume();
  const leaked = await server.leaked(1, '50ms');
  assert.equal(leaked.fin_sent_by, 'server');
  assert.deepEqual(leaked.local_client.processes.map(({ pid }) => pid), [process.pid]);
  await assert.rejects(server.allSettled('10ms'), /504 .*all connections to settle/);
  socket.end();
  assert.equal((await server.peerClosed(1)).id, 1);
  assert.equal((await server.allSettled()).settled, 1);
}));

test('what is wrong is said', withCloselab(async (server) => {
  await assert.rejects(server.closed(1, '10ms'), /504 waited 10ms in vain/);
  await assert.rejects(Closelab.start('--no-such-option'), /did not start/);
}));

test('a server that can not be asked is stopped, and what is wrong is said', async () => {
  await assert.rejects(Closelab.start('--admin-port', 'off'), /has no admin port.*--admin-port can't be off/);
  await assert.rejects(Closelab.start('--log-format', 'text'), /instead of JSON.*--log-format, which can't be changed/);
  const children = await readFile(`/proc/self/task/${process.pid}/children`, 'utf8');
  assert.equal(children, '', 'a server is still there');
});

// The runner awaits what these return. They are nested, so that what they did can be looked at.
test('a test that is returned instead of given runs, too', async (context) => {
  const ran = [];
  await context.test('by a function', () => withCloselab(async (server) => ran.push(await get(server.url))));
  await context.test('by one that is async', async () => withCloselab(async (server) => ran.push(await get(server.url))));
  assert.equal(ran.length, 2);
  const failing = async () => withCloselab(() => assert.fail('on purpose'));
  const print = console.error;
  console.error = () => {};
  await assert.rejects(failing(), /on purpose/);
  console.error = print;
});

test('all connections are told, however many', withCloselab(async (server) => {
  for (let number = 1; number <= 1200; ++number) await get(server.url);
  const ids = (await server.connections()).map(({ id }) => id);
  assert.deepEqual(ids, Array.from({ length: 1200 }, (_, before) => before + 1));
}));

test('a story is told in the order of time', () => {
  const times = [0, 3.5, 3.5, 1.25, 3.5];
  const evidence = times.map((at_ms, number) => ({ at_ms, text: `fact ${number}`, source: 'capture' }));
  const told = story({ text: 'connection 1', requests: [], evidence });
  assert.deepEqual(told.match(/(?<=fact )\d/g), ['0', '3', '1', '2', '4']);
});

test('a test that fails prints what became of its connections', async () => {
  const printed = [];
  const print = console.error;
  console.error = (text) => printed.push(text);
  const failing = withCloselab(async (server) => {
    await get(`${server.url}close/lingering`);
    await server.closed(1);
    assert.fail('on purpose');
  });
  await assert.rejects(failing(), /on purpose/);
  console.error = print;
  assert.match(printed.join(), /the server closed first, by FIN/);
});
