// node server.js PORT
const server = require('node:http').createServer((request, response) => {
  response.writeHead(200, {'Content-Type': 'text/plain', 'Content-Length': 13});
  response.end('Hello, world!');
});
server.keepAliveTimeout = 600_000;
server.listen({port: Number(process.argv[2]), host: '0.0.0.0', backlog: 4096});
process.on('SIGTERM', () => process.exit(0));
