// What the server is asked.

/** The server refused; the message is that of the command line. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function refused(response) {
  try {
    return new Refused(response.status, (await response.json()).error);
  } catch {
    return new Refused(response.status, `the server answered ${response.status}`);
  }
}

function address(path, parameters) {
  const query = Object.entries(parameters)
    .map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`)
    .join('&');
  return query === '' ? path : `${path}?${query}`;
}

async function ask(path, parameters, options) {
  const response = await fetch(address(path, parameters), options);
  if (!response.ok) throw await refused(response);
  return response;
}

export async function get(path, parameters, signal) {
  return (await ask(path, parameters, {signal})).json();
}

export async function getBytes(path, parameters, signal) {
  return (await ask(path, parameters, {signal})).arrayBuffer();
}

export async function post(path, body, signal) {
  const response = await fetch(path, {
    method: 'POST',
    headers: {'Content-Type': 'application/json'},
    body: JSON.stringify(body),
    signal,
  });
  if (!response.ok) throw await refused(response);
  return response.json();
}

export function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    }, {once: true});
  });
}

/**
 * Asks again and again until `signal` ends it, not while the page is hidden. `show` gets what is
 * new, and what is not every ten seconds, since ages grow; `fail` gets a refusal when it is another.
 */
export async function watch(path, parameters, interval, signal, show, fail) {
  let tag = '';
  let failure = '';
  let last = null;
  let shown = 0;
  let again = new AbortController();
  const wake = () => again.abort();
  document.addEventListener('visibilitychange', wake, {signal});
  watching.add(wake);
  signal.addEventListener('abort', () => {
    watching.delete(wake);
    wake();
  });
  while (!signal.aborted) {
    if (!document.hidden || tag === '') {
      try {
        const headers = tag === '' ? {} : {'If-None-Match': tag};
        const response = await fetch(address(path, parameters), {signal, headers, cache: 'no-store'});
        connected(true);
        if (response.status !== 304) {
          if (!response.ok) throw await refused(response);
          last = await response.json();
          tag = response.headers.get('ETag') ?? '';
          failure = '';
          shown = 0;
        }
        if (!signal.aborted && Date.now() - shown > 10000) {
          shown = Date.now();
          show(last);
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof Refused)) {
          if (!(error instanceof TypeError)) throw error;
          connected(false);
        } else if (failure !== error.message) {
          tag = '';
          failure = error.message;
          fail(error);
        }
      }
    }
    again = new AbortController();
    await pause(interval, AbortSignal.any([again.signal, signal]));
  }
}

const watching = new Set();

/** Has what is watched looked at now, after something was changed here. */
export function refresh() {
  watching.forEach((wake) => wake());
}

function connected(yes) {
  const place = document.getElementById('connection');
  const text = yes ? 'live' : 'ckpt serve does not answer; is it still running?';
  if (place.textContent !== text) {
    place.textContent = text;
    place.classList.toggle('lost', !yes);
  }
}
