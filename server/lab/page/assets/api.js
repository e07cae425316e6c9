// The admin port, from which this page comes. docs/admin.md describes its routes.

const JSON_TYPE = {"Content-Type": "application/json"};

async function answer(response) {
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.error?.text ?? `the server answered ${response.status}`);
  return body;
}

export const get = async path => answer(await fetch(path, {cache: "no-store"}));

export const post = async (path, body) =>
  answer(await fetch(path, {method: "POST", headers: JSON_TYPE, body: body ? JSON.stringify(body) : undefined}));

export const remove = async path => answer(await fetch(path, {method: "DELETE"}));

// The same as a line for a shell.
export function asCurl(method, path, body) {
  const data = body ? ` -d '${JSON.stringify(body).replaceAll("'", "'\\''")}'` : "";
  const type = method === "POST" ? " -H 'Content-Type: application/json'" : "";
  return `curl -X ${method}${type}${data} '${location.origin}${path}'`;
}

export const EVENT_TYPES = ["accepted", "request", "idle", "closing", "settled"];

// Calls `on.event(type, data)`, `on.dropped(n)`, `on.open()` and `on.lost()`. The browser connects again by itself.
export function listen(on, rate) {
  const source = new EventSource(`/events?rate=${rate}`);
  for (const type of EVENT_TYPES) source.addEventListener(type, event => on.event(type, JSON.parse(event.data)));
  source.addEventListener("dropped", event => on.dropped(JSON.parse(event.data).events));
  source.addEventListener("open", () => on.open());
  source.addEventListener("error", () => on.lost());
  return source;
}
