// closelab in tests written for Node: a server whose every ending of a connection is chosen, and known. One file that
// needs nothing else: copy it beside your tests, or import it from share/closelab/examples of an installed closelab.
//
//     import { withCloselab } from './closelab.mjs';
//     test('survives a stale connection', withCloselab(async (server) => {
//       await server.rules({ connection: 1, at: 'next_request', close: 'abortive' });
//       ...  // your client, twice, against server.url
//       assert.equal((await server.closed(1)).retry, 'safe');
//     }, '--idle-timeout', '2s'));
//
// The program is the one that CLOSELAB names, else `closelab` in PATH, else one that was built beside this file. When
// CLOSELAB_ADMIN is set, as http://closelab:8081/, no program is started: the tests share the server that runs there.
// docs/admin.md says what is in a record, and which rules there are.

import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import http from 'node:http';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

// More than there can be.
const ALL = 2 ** 32;

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Where the program closelab is. */
export function findProgram() {
  if (process.env.CLOSELAB) return process.env.CLOSELAB;
  const inPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'closelab'));
  const built = ['release', 'static', 'dev'].map((preset) =>
    fileURLToPath(new URL(`../build/${preset}/closelab`, import.meta.url)));
  const program = [...inPath, ...built].find(isProgram);
  if (!program) throw new Error('no program closelab: install its package, or say where it is in the variable CLOSELAB');
  return program;
}

/** A record as text. */
export function story(record) {
  // What a capture showed was added last, and happened earlier.
  const facts = [...record.evidence].sort((one, other) => one.at_ms - other.at_ms);
  return [record.text,
    ...record.requests.map((one) => `  request ${one.number}: ${one.method} ${one.target}  ${one.status}`),
    ...facts.map((fact) => `  ${fact.at_ms.toFixed(3).padStart(10)} ms  ${fact.text}  (${fact.source})`),
  ].join('\n');
}

/** What the first line of the log says of where the server is. */
function listening(command, first) {
  let told;
  try {
    told = JSON.parse(first);
  } catch {
    throw new Error(
      `${command} printed "${first}" instead of JSON: closelab.mjs sets --log-format, which can't be changed`);
  }
  if (!told.admin_url)
    throw new Error(`${command} has no admin port, which closelab.mjs needs: --admin-port can't be off`);
  return told;
}

/** A running server: url, port and admin_url say where. */
export class Closelab {
  #child;
  #before = 0;

  /** Starts the program with these options of `closelab serve`, on a port of the kernel's choice. stop() ends it. */
  static async start(...options) {
    const program = findProgram();
    const server = new Closelab();
    const child = spawn(program, ['serve', '--port', '0', '--log-format', 'json', ...options],
      { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout });
    const first = await new Promise((resolve, reject) => {
      child.once('error', reject);
      lines.once('line', resolve);
      lines.once('close', () => reject(new Error(`${program} did not start; standard error says why`)));
    });
    server.#child = child;
    try {
      Object.assign(server, listening(child.spawnargs.join(' '), first));
    } catch (error) {
      // Whoever gets no server from us can't stop it.
      await server.stop();
      throw error;
    }
    return server;
  }

  /** The server that runs elsewhere, whose admin port is this URL; its rules are removed. It is not stopped. */
  static async at(admin) {
    const server = new Closelab();
    server.admin_url = new URL('/', admin).href;
    server.port = Number(new URL((await server.ask('conf')).url).port);
    server.url = `http://${new URL(admin).hostname}:${server.port}/`;
    server.#before = (await server.ask('connections?limit=0')).counts.accepted;
    await server.rules();
    return server;
  }

  /** The shared server of CLOSELAB_ADMIN, which can't be given options, else one of its own. */
  static async forTest(...options) {
    const admin = process.env.CLOSELAB_ADMIN;
    if (admin && options.length > 0) throw new Error(`the server at CLOSELAB_ADMIN has its options: ${options.join(' ')}`);
    return admin ? Closelab.at(admin) : Closelab.start(...options);
  }

  /** Ends the program, if it is ours. */
  async stop() {
    if (!this.#child || this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    await ended;
  }

  /** An answer of the admin port, whose page is docs/admin.md. */
  ask(path, method = 'GET', body) {
    return new Promise((resolve, reject) => {
      const headers = method === 'GET' ? {} : { 'Content-Type': 'application/json' };
      const request = http.request(this.admin_url + path, { method, headers, agent: false }, async (response) => {
        let text = '';
        for await (const piece of response) text += piece;
        if (response.statusCode < 400) return resolve(JSON.parse(text));
        reject(new Error(`${method} ${path}: ${response.statusCode} ${JSON.parse(text).error.text}`));
      });
      request.once('error', reject);
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** The number that the server knows this test's first, second... connection by. */
  id(connection) {
    return this.#before + connection;
  }

  /** Replaces the server's rules by these objects; `connection` counts from this test's first. */
  rules(...rules) {
    return this.ask('rules', 'PUT', rules.map((rule) => this.#counted(rule)));
  }

  /** Adds a rule; returns its id. */
  async addRule(rule) {
    return (await this.ask('rules', 'POST', this.#counted(rule))).id;
  }

  /** The texts of rules that never acted: what they were to provoke has not been tested. */
  async unusedRules() {
    return (await this.ask('rules')).rules.filter((rule) => rule.fired === 0).map((rule) => rule.text);
  }

  /** Ends the connection at once, whatever it is doing. */
  close(connection, mode = 'abortive') {
    return this.ask(`connections/${this.id(connection)}/close?mode=${mode}`, 'POST');
  }

  /** Ends the connections that wait for a request. */
  closeIdle() {
    return this.ask('close-idle', 'POST');
  }

  /** Barriers: each gives the record of the connection when it has happened. No test needs a sleep. */
  accepted(connection, timeout = '5s') {
    return this.#wait(connection, 'accepted', timeout);
  }

  /** It has answered, and waits for the next request. */
  idle(connection, timeout = '5s') {
    return this.#wait(connection, 'idle', timeout);
  }

  /** It has ended at both sides: the verdict is final. */
  closed(connection, timeout = '5s') {
    return this.#wait(connection, 'closed', timeout);
  }

  /** The client has sent its FIN. */
  peerClosed(connection, timeout = '5s') {
    return this.#wait(connection, 'peer_closed', timeout);
  }

  /** Our FIN has been out for so long, and the client has not closed; `local_client` says whose its end is. */
  leaked(connection, openFor = '1s', timeout = '5s') {
    return this.#wait(connection, `leaked&open_for=${openFor}`, timeout);
  }

  /** No connection is open any more, of any test; gives the counts. Rejects when one stays. */
  async allSettled(timeout = '5s') {
    return (await this.ask(`connections?wait=all_settled&timeout=${timeout}`)).counts;
  }

  /** The records of this test's connections, in the order in which they were accepted: all that the server keeps. */
  async connections() {
    // Without a limit it gives the newest 1,000.
    return (await this.ask(`connections?after=${this.#before}&limit=${ALL}`)).connections;
  }

  /** [1, 1, 2]: the second request came on the connection of the first, the third did not. */
  async connectionsOfRequests() {
    const { requests } = await this.ask('requests');
    return requests.map((request) => request.connection_id - this.#before).filter((number) => number > 0);
  }

  /** What became of each connection, and how that is known; for whoever reads a failed test. */
  async story() {
    return (await this.connections()).map(story).join('\n') || 'closelab: nobody connected';
  }

  #wait(connection, what, timeout) {
    return this.ask(`connections/${this.id(connection)}?wait=${what}&timeout=${timeout}`);
  }

  #counted(rule) {
    return 'connection' in rule ? { ...rule, connection: this.id(rule.connection) } : rule;
  }
}

/**
 * A test that gets a server of its own, with these options; when it fails, what became of the connections is printed.
 *
 * It is for `test(name, withCloselab(...))`. In `test(name, () => withCloselab(...))` the runner would call the outer
 * function alone, and the test would pass without having run; so what is returned runs when it is awaited, too.
 */
export function withCloselab(test, ...options) {
  const run = async (context) => {
    const server = await Closelab.forTest(...options);
    try {
      await test(server, context);
    } catch (error) {
      console.error(await server.story());
      throw error;
    } finally {
      await server.stop();
    }
  };
  let running;
  run.then = (...settled) => (running ??= run()).then(...settled);
  return run;
}
