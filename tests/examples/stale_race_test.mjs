// With at=next_request the stale keep-alive race is lost every time: Node's Agent reports it, and the record says that
// a retry is safe.

import assert from 'node:assert/strict';
import http from 'node:http';

import { Closelab } from '../../examples/closelab.mjs';

const runs = 100;
const modes = ['lingering', 'immediate', 'abortive'];
const server = await Closelab.start();

function get(agent) {
  return new Promise((resolve, reject) => {
    const request = http.get(server.url, { agent }, async (response) => {
      for await (const piece of response) assert.ok(piece.length > 0);
      resolve(response.statusCode);
    });
    request.once('error', (error) => reject(Object.assign(error, { reused: request.reusedSocket })));
  });
}

try {
  for (let run = 1; run <= runs; ++run) {
    await server.rules({ at: 'next_request', close: modes[run % 3] });
    const agent = new http.Agent({ keepAlive: true });
    assert.equal(await get(agent), 200);
    await server.ask(`connections/${run}?wait=idle`);
    await assert.rejects(get(agent), { code: 'ECONNRESET', reused: true }, `run ${run}`);
    agent.destroy();
    const record = await server.closed(run);
    assert.equal(record.close_reason, 'rule', record.text);
    assert.equal(record.retry, 'safe', record.text);
    assert.equal(record.request_count, 1, record.text);
  }
  console.log(`${runs} of ${runs} second requests failed, and each could safely be sent again`);
} finally {
  await server.stop();
}
