// Starts the program on ports of the kernel's choice and asks its admin port; for the test beside it.

import { spawn } from 'node:child_process';
import http from 'node:http';
import { createInterface } from 'node:readline';

export class Closelab {
  /** A running server; stop() ends it. */
  static async start(...options) {
    const program = process.env.CLOSELAB ?? 'build/release/closelab';
    const server = new Closelab();
    server.child = spawn(program, ['serve', '--port', '0', '--log-format', 'json', ...options],
      { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: server.child.stdout });
    const [first] = await new Promise((resolve) => lines.once('line', (...args) => resolve(args)));
    Object.assign(server, JSON.parse(first));  // url, port, admin_url...
    return server;
  }

  stop() {
    return new Promise((resolve) => {
      this.child.once('exit', resolve);
      this.child.kill('SIGTERM');
    });
  }

  /** An answer of the admin port, whose page is docs/admin.md. */
  ask(path, method = 'GET', body) {
    return new Promise((resolve, reject) => {
      const headers = method === 'GET' ? {} : { 'Content-Type': 'application/json' };
      const request = http.request(this.admin_url + path, { method, headers, agent: false }, async (response) => {
        let text = '';
        for await (const piece of response) text += piece;
        response.statusCode < 400 ? resolve(JSON.parse(text)) : reject(new Error(text));
      });
      request.once('error', reject);
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** Replaces the server's rules. */
  rules(...rules) {
    return this.ask('rules', 'PUT', rules);
  }

  /** The record of that connection, once it has ended at both sides. */
  closed(connection) {
    return this.ask(`connections/${connection}?wait=closed`);
  }

  async connectionsOfRequests() {
    return (await this.ask('requests')).requests.map((request) => request.connection_id);
  }
}
