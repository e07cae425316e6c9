// Node for the comparison with conf/personas/node.toml: its defaults on port 8021, small limits on 8022.
'use strict';
const http = require('http');

const bodies = {
  '/bytes/64': Buffer.alloc(64, 'x'),
  '/bytes/1MiB': Buffer.alloc(1024 * 1024, 'x'),
  '/bytes/16MiB': Buffer.alloc(16 * 1024 * 1024, 'x'),
};

// With Content-Length, as frameworks do: without it Node does not keep an HTTP/1.0 connection.
function answer(response, status, body) {
  response.writeHead(status, {'Content-Length': body.length});
  response.end(body);
}

function echo(request, response) {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => answer(response, 200, Buffer.concat(pieces)));
}

function handle(request, response) {
  if (request.url === '/delay/300ms') return setTimeout(() => answer(response, 200, 'late\n'), 300);
  if (request.url === '/echo') return echo(request, response);
  if (request.method !== 'GET') return answer(response, 405, 'GET only\n');
  answer(response, 200, bodies[request.url]);
}

http.createServer(handle).listen(8021, '127.0.0.1');

const limits = {keepAliveTimeout: 1000, headersTimeout: 1000, requestTimeout: 1000, connectionsCheckingInterval: 100};
const small = http.createServer(limits, handle);
small.maxRequestsPerSocket = 2;
small.listen(8022, '127.0.0.1');
