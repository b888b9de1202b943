// Starts the program of a page: loads it with a retry, hydrates, reports a failure. page.rs writes it into every
// page, after `files` and `needsSecondPart`, without comments and indentation. The page is readable without it; forms wait for it.

const html = document.documentElement;
const root = document.getElementById('app');
/** In sessionStorage: this tab has reloaded a page whose files were missing. */
const RELOADED = 'baton.reloaded';
const RETRY_MS = 1500;
const PAINT_MS = 1000;
const PROBE_MS = 5000;

const MESSAGES = {
  network: 'The server cannot be reached, so this page could not start. Check the connection, then reload the page.',
  server: 'The server could not deliver what this page needs to start. Reload the page in a moment.',
  removed: 'What this page needs to start is no longer there, as after an update of the server. Reload the page.',
  foreign:
    'Something between this browser and the server answered in its place, such as the sign-in page of a wireless network. Sign in there, then reload the page.',
  damaged: 'What this page needs to start has arrived, but cannot be used. Reload the page.',
  unable:
    'This browser does not run WebAssembly, which this page needs to start. It may be switched off, or the browser may be too old.',
  stopped: 'This page has stopped working. Reload it to continue.',
};

const say = (sentence) => {
  html.setAttribute('data-hydrated', 'failed');
  document.querySelector('.start-note').hidden = false;
  document.querySelector('.start-note-text').textContent = sentence;
};

/** Why the files of this page cannot be used; called after a failure. */
const diagnose = async () => {
  const wasm = 'application/wasm';
  const expected = { stylesheet: 'text/css', script: 'text/javascript', wasm };
  if (needsSecondPart) expected.secondPart = wasm;
  for (const [name, type] of Object.entries(expected)) {
    const options = { method: 'HEAD', cache: 'no-store', signal: AbortSignal.timeout(PROBE_MS) };
    const answer = await fetch(files[name], options).catch(() => undefined);
    if (!answer) return MESSAGES.network;
    if (answer.status === 404 || answer.status === 410) return MESSAGES.removed;
    if (!answer.ok) return MESSAGES.server;
    if (!answer.headers.get('content-type')?.startsWith(type)) return MESSAGES.foreign;
  }
  return MESSAGES.damaged;
};

/** Reloads the page, unless that was tried before or would lose typed text. Whether it does. */
const reloadOnce = () => {
  const fields = [...root.querySelectorAll('input, textarea')];
  if (fields.some((it) => it.value !== it.defaultValue || it.checked !== it.defaultChecked)) return false;
  try {
    if (sessionStorage.getItem(RELOADED)) return false;
    sessionStorage.setItem(RELOADED, 'true');
  } catch {
    // Without sessionStorage it would reload for ever.
    return false;
  }
  location.reload();
  return true;
};

/**
 * Resolves after the first paint, which the files of the program must not delay on a slow line, nor its start on a slow
 * machine. A hidden page is not painted.
 */
const painted = () =>
  new Promise((resolve) => {
    setTimeout(resolve, document.hidden ? 0 : PAINT_MS);
    if (PerformanceObserver.supportedEntryTypes.includes('paint')) {
      new PerformanceObserver(resolve).observe({ type: 'paint', buffered: true });
    } else {
      requestAnimationFrame(() => setTimeout(resolve));
    }
  });

/** Begins a download. Who awaits it handles its failure, if it ever comes to that. */
const download = (file) => {
  const answer = fetch(file);
  answer.catch(() => undefined);
  return answer;
};

/**
 * All files at once, and each once: WebKit does not take over what a link preloads. Another `query` makes another
 * instance, past every cache and past the browser's memory of failed modules.
 */
const load = async (query = '') => {
  const wasm = download(files.wasm + query);
  let begun = needsSecondPart && download(files.secondPart + query);
  // For the loader of the second part, which comes with the script.
  globalThis.fetchSecondPart = () => {
    const answer = begun || download(files.secondPart + query);
    begun = undefined;
    // As after an update of the server: this page cannot learn the new name.
    answer.then(
      ({ status }) => status === 404 && say(MESSAGES.removed),
      () => undefined,
    );
    return answer;
  };
  const program = await import(files.script + query);
  await program.default({ module_or_path: wasm });
  if (!(await program.prepare())) throw new Error('The second part of the program has not arrived.');
  return program;
};

/** Loads the program, with one retry; `undefined` if the page is about to be reloaded. */
const fetchProgram = async () => {
  const stylesheet = document.querySelector('link[rel=stylesheet]');
  // Some browsers make an empty stylesheet of an error answer.
  if (!stylesheet.sheet?.cssRules.length) {
    if ((await diagnose()) === MESSAGES.removed && reloadOnce()) return undefined;
    stylesheet.href += '?retry';
  }
  try {
    return await load();
  } catch {
    if ((await diagnose()) === MESSAGES.removed && reloadOnce()) return undefined;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    try {
      return await load('?retry');
    } catch (error) {
      say(await diagnose());
      throw error;
    }
  }
};

/** The shape that hydration relies on: elements, texts and comments under the root. Equal to `shape` in shape.rs. */
const shape = () => {
  let hash = 0x811c9dc5;
  const add = (text) => {
    for (let at = 0; at < text.length; at += 1) {
      hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
    }
  };
  const walk = (parent) => {
    for (const node of parent.childNodes) {
      if (node.nodeType === Node.ELEMENT_NODE) {
        add(`<${node.localName.toLowerCase()}`);
        walk(node);
        add('>');
      } else {
        add(node.nodeType === Node.TEXT_NODE ? '#' : '!');
      }
    }
  };
  walk(root);
  return hash.toString(16).padStart(8, '0');
};

/** Saves typed values and the focus. Returns the function that restores them. */
const keepTyped = () => {
  const fields = [...root.querySelectorAll('input[id], textarea[id]')];
  const typed = fields.map(({ id, value, checked }) => ({ id, value, checked }));
  const { id, selectionStart, selectionEnd } = document.activeElement ?? {};
  return () => {
    for (const { id, value, checked } of typed) {
      const field = document.getElementById(id);
      if (field) Object.assign(field, { value, checked });
    }
    const focused = id && root.contains(document.getElementById(id)) && document.getElementById(id);
    if (!focused) return;
    focused.focus();
    // Some kinds of input have no selection.
    if (typeof selectionStart === 'number') focused.setSelectionRange(selectionStart, selectionEnd);
  };
};

/**
 * Calls `begin`. If it traps, its instance is lost, but its listeners would stay on the window, and the one for clicks
 * keeps links from working: they are removed.
 */
const guarded = (begin) => {
  const added = [];
  const own = Object.getOwnPropertyDescriptor(window, 'addEventListener');
  const add = window.addEventListener;
  window.addEventListener = (...listener) => {
    added.push(listener);
    add.apply(window, listener);
  };
  try {
    begin();
  } catch (error) {
    for (const listener of added) window.removeEventListener(...listener);
    throw error;
  } finally {
    if (own) Object.defineProperty(window, 'addEventListener', own);
    else delete window.addEventListener;
  }
};

/** Renders the page afresh, and returns its program: the HTML is not what the server rendered, or hydration failed. */
const mountAfresh = (program) => {
  const before = [...root.childNodes];
  const putBack = keepTyped();
  root.replaceChildren();
  try {
    guarded(program.mount);
  } catch (error) {
    root.replaceChildren(...before);
    throw error;
  }
  putBack();
  return program;
};

/** Lets the browser take input and paint. Timers would be slow in a page that is not shown. */
const nextTask = () =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve(port1.close());
    port2.postMessage(undefined);
  });

/** Shows the page's program. Returns it, or the other instance that had to take its place. */
const begin = async (program) => {
  if (shape() !== root.dataset.shape) return mountAfresh(program);
  try {
    guarded(program.hydrate);
    return program;
  } catch (error) {
    console.info('Hydration failed; the page is rendered afresh.', error);
    return mountAfresh(await load('?afresh'));
  }
};

const start = async () => {
  if (typeof WebAssembly !== 'object') return say(MESSAGES.unable);
  await painted();
  const program = await fetchProgram();
  if (!program) return;
  // Loading, hydration and the first effects are each a task of their own.
  await nextTask();
  try {
    const begun = await begin(program);
    await nextTask();
    begun.run_tasks();
    await nextTask();
  } catch (error) {
    say(MESSAGES.stopped);
    throw error;
  }
  html.setAttribute('data-hydrated', 'true');
  // After a trap the state of the program is unknown.
  const stopped = (error) => error instanceof WebAssembly.RuntimeError && say(MESSAGES.stopped);
  addEventListener('error', ({ error }) => stopped(error));
  addEventListener('unhandledrejection', ({ reason }) => stopped(reason));
  try {
    sessionStorage.removeItem(RELOADED);
  } catch {
    // Without sessionStorage there is no mark to remove.
  }
};

await start();
