// Values of the admin port's JSON in words.

const BY = {fin: "by FIN", rst: "by RST", timeout: "a kernel timer gave up", undetermined: "how is undetermined"};

export function verdictText({closed_first, closed_by, undetermined_because}) {
  if (closed_first === "both") return "both closed, the FINs crossed";
  const because = undetermined_because ? ` (${undetermined_because.replaceAll("_", " ")})` : "";
  if (closed_first === "undetermined") return `who closed first is undetermined${because}`;
  return `${closed_first} closed first, ${BY[closed_by]}`;
}

const HOLDER = {server: "the server", client: "the client", both: "both", none: "nobody", unknown: "unknown"};
export const holderText = side => HOLDER[side] ?? side;

const REASONS = {
  none: "open", request_close: "the request said close", response_close: "the response said close",
  http_1_0: "HTTP/1.0 without keep-alive", request_limit: "the limit of requests was reached",
  idle_timeout: "idle for too long", header_timeout: "the head took too long", body_timeout: "the body took too long",
  write_timeout: "the client took nothing for too long", protocol_error: "not HTTP as it should be",
  server_stop: "the server stops", drain: "the server drains", peer_closed: "the client closed", peer_reset: "the client reset it",
  rule: "a rule or this page ended it",
};
export const reasonText = reason => REASONS[reason] ?? reason.replaceAll("_", " ");

export const SOURCES = {
  syscall: "a call on the server's own socket said so",
  tcp_info: "TCP_INFO of the server's own socket",
  sock_diag: "the kernel's table of sockets, asked about exactly this connection",
  capture: "a captured packet",
  inferred: "concluded, not seen",
};

const RETRIES = {
  not_needed: "nothing to send again",
  safe: "safe: no handler saw it",
  if_idempotent: "only if the request is idempotent: a handler saw it",
};
export const retryText = retry => RETRIES[retry] ?? retry;
