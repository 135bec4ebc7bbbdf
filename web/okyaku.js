// @ts-check
/**
 * Okyaku's page script answers the `ChannelIO(…)` calls that a shop's pages make. It talks to the host it came from (or
 * `window.OKYAKU_API`) and never throws into the page: what it cannot use it reports by console.warn. An event is in
 * localStorage before it is sent and until the server has answered for it. Served without comments and white space.
 *
 *     <script src="https://YOUR-OKYAKU/okyaku.js"></script> <script>ChannelIO('boot', { pluginKey: '…' })</script>
 */
(() => {
  'use strict';

  const script = /** @type {HTMLScriptElement} */ (document.currentScript);
  const api = String(window.OKYAKU_API || new URL(script?.src || location.href).origin).replace(/\/+$/, '');
  const [VEIL, CHANNEL_VEIL, FIRST_PAGE, PAUSE, QUEUE] = ['ok-veil-id', 'ch-veil-id', 'ok-first-page', 'ok-pause', 'ok-queue:'];
  const [PROPERTY_BYTES, MINUTE] = [32_000, 60_000];

  // What may throw, and what may not.
  /** Storage may be blocked or full. @template T @param {() => T} use @param {(thrown: unknown) => void} [report] */
  const attempt = (use, report) => {
    try {
      return use();
    } catch (thrown) {
      report?.(thrown);
    }
  };
  const warn = (/** @type {string} */ message) => attempt(() => console.warn('[okyaku] ' + message));
  const isObject = (/** @type {unknown} */ value) => !!value && typeof value === 'object' && !Array.isArray(value);
  const failure = (/** @type {string} */ message, /** @type {number} */ status, /** @type {Fields} */ more = {}) =>
    Object.assign(new Error(message), { status }, more);
  const denied = () => failure('the visitor did not consent', 451);
  const bytesOf = (/** @type {string} */ text) => new TextEncoder().encode(text).length;
  /** Half an emoji would cost the whole batch. @param {unknown} value */
  const encode = (value) => JSON.stringify(value).replace(/\\(ud[89a-f]..|.)/g, (all, code) => (code[1] ? '\\ufffd' : all));
  /** A copy of what JSON can carry, and the server takes: eight levels. A date becomes milliseconds, and a NaN absent: as
   * JSON's null it would clear a field. @param {any} given @param {string} what @returns {any} */
  const clean = (given, what) => {
    let room = 20_000; // a page may hand over its whole self by mistake
    let lost = '';
    /** @type {Copy} */ const copy = (name, get, path) => {
      let why = 'cannot be read';
      try {
        let value = get();
        if (value instanceof Date || typeof value === 'bigint') value = Number(value);
        if (/function|symbol/.test(typeof value) || (typeof value === 'number' && !isFinite(value))) return undefined;
        if (!value || typeof value !== 'object') return value;
        const inner = [...path, value];
        const names = Object.keys(value);
        if (path.includes(value)) why = 'is a circular reference';
        else if (typeof value.toJSON === 'function') return copy(name, () => value.toJSON(), inner);
        else if (path.length > 7 || (room -= Array.isArray(value) ? value.length : names.length) < 0) why = 'is too deep or large';
        else if (Array.isArray(value)) return Array.from(value, (one) => copy(name, () => one, inner));
        else return Object.fromEntries(names.map((key) => [key, copy(key, () => value[key], inner)]));
      } catch {} // a getter of the page's
      lost = `"${name}", which ${why}`;
    };
    const kept = copy(what, () => given, []);
    if (lost) warn(`${what} goes without ${lost}`);
    return kept;
  };
  /** @param {unknown} callback @param {unknown} error @param {Fields} [reply] */
  const answer = (callback, error, { user = null, dropped = [] } = {}) =>
    typeof callback === 'function' && attempt(() => callback(error, user, dropped), (thrown) => console.error(thrown)); // its own
  /** @param {string} message @param {unknown} callback @param {Failure} [error] */
  const refuse = (message, callback, error = failure(message, 422)) => {
    warn(message);
    answer(callback, error);
  };
  const failed = (/** @type {string} */ what, /** @type {unknown} */ callback = null) => (/** @type {Failure} */ error) =>
    refuse(`${what} failed: ${error.message}`, callback, error);

  // What is kept in the browser.
  /** Then nothing is stored and nothing sent; calls are held in memory. */
  let refused = window.OKYAKU_CONSENT === false;
  /** @type {any[][]} */ let held = [];
  let stamped = 0;
  /** By the server's clock, or by this device's before a boot told the server's. Never the same twice. */
  const stamp = (now = Date.now() + ahead()) => (stamped = now <= stamped && stamped - now < 1_000 ? stamped + 1 : now);
  /** The server's time at the origin of performance.now(), which no change of the clock moves. 0: not known yet. */
  let origin = 0;
  /** What the server's clock is ahead of this device's, in ms. */
  const ahead = () => origin && Math.round(origin + performance.now() - Date.now());
  const random = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

  const read = (/** @type {string} */ key) => attempt(() => localStorage.getItem(key)) || '';
  /** Nothing, or no consent, removes. */
  const write = (/** @type {string} */ key, /** @type {string} */ value) =>
    attempt(() => (value && !refused ? localStorage.setItem(key, value) : localStorage.removeItem(key)));
  const queueKeys = () => (attempt(() => Object.keys(localStorage)) || []).filter((key) => key.startsWith(QUEUE));
  const cookie = (/** @type {string} */ name) => attempt(() => document.cookie.match(`(?:^|; )${name}=([^;]+)`)?.[1]);
  const veilId = () => cookie(VEIL) || read(VEIL) || cookie(CHANNEL_VEIL) || read(CHANNEL_VEIL) || undefined;
  /** Nothing, or no consent, forgets. The cookie is the highest domain's that the browser takes: www. and m. are one visitor. */
  const keepVeil = (/** @type {string} */ given) => {
    const id = refused ? '' : given;
    const set = (/** @type {string} */ value, domain = '') => {
      const age = `max-age=${value ? 31_536_000 : 0}${location.protocol === 'https:' ? '; Secure' : ''}`;
      attempt(() => (document.cookie = `${VEIL}=${value}${domain}; path=/; SameSite=Lax; ${age}`));
    };
    const labels = location.hostname.split('.');
    set('');
    for (let n = labels.length; n-- && (!id || cookie(VEIL) !== id); ) set(id, '; domain=' + labels.slice(n).join('.'));
    if (cookie(VEIL) !== id) set(id);
    write(VEIL, id);
  };

  /** Where this tab came from: the server reads the UTM parameters. */
  const firstPage = () => {
    const kept = attempt(() => JSON.parse(sessionStorage.getItem(FIRST_PAGE) || ''));
    if (isObject(kept)) return kept;
    const from = { url: location.href.split('#')[0], referrer: document.referrer };
    if (!refused) attempt(() => sessionStorage.setItem(FIRST_PAGE, encode(from)));
    return from;
  };
  let pageName = ''; // fragments of an address may hold secrets; routes do not
  const pageUrl = () => pageName || location.href.replace(/#(?![/!]).*/, '');

  // Requests.
  const isTransient = (/** @type {Failure} */ { status }) => !status || status === 429 || status >= 500;
  /** What the server asked for, and a jitter that grows with the failures. */
  const backoff = (/** @type {number} */ n, /** @type {Failure} */ { retryAfter }) =>
    (retryAfter || 100) + Math.random() * Math.min(2 * MINUTE, 1_000 * 2 ** n);

  /** @type {Send} */ const send = async (method, path, body, token, keepalive = false) => {
    if (refused) throw denied();
    const headers = { 'content-type': keepalive && method === 'POST' ? 'text/plain' : 'application/json', ...(token && { 'x-session': token }) };
    let response;
    try {
      response = await fetch(api + path, { method, body, headers, keepalive, credentials: 'omit', signal: AbortSignal.timeout?.(MINUTE / 3) });
    } catch {
      throw failure('cannot reach ' + api, 0);
    }
    const reply = await response.json().catch(() => null);
    if (refused) throw denied();
    if (response.ok && isObject(reply)) return reply;
    const more = { ...reply, status: response.ok ? 0 : response.status, retryAfter: Number(response.headers.get('retry-after')) * 1_000 };
    throw failure(`${path}: ${response.status}`, more.status, more);
  };
  /** @type {Call} */ const call = async (method, path, body, token) => {
    for (let tries = 0; ; tries++) {
      try { // a redirect may follow; but not every browser can
        const reply = await send(method, path, encode(body), token, method !== 'POST' && !tries);
        for (const { field, message } of reply.dropped || []) warn(`"${field}" was not stored: ${message}`);
        return reply;
      } catch (/** @type {any} */ error) {
        if (tries === 3 || !isTransient(error)) throw error;
        await new Promise((done) => setTimeout(done, backoff(tries, error)));
      }
    }
  };
  /** A token that is refused is renewed once, by booting as before. @type {CallAs} */
  const callAs = async (of, method, path, body) => {
    const { token } = of;
    return call(method, path, body, token).catch(async (error) => {
      if (error.status !== 401 || of !== visit) throw error;
      const again = boots.then(() => of.token === token && begin(of, true));
      boots = again.catch(() => {});
      await again;
      return call(method, path, body, of.token);
    });
  };

  // The visit.
  /** @returns {Visit} */
  const newVisit = () => {
    /** @type {Visit['settle']} */ let settle = () => {};
    const ready = new Promise((open, fail) => (settle = (error) => (error ? fail(error) : open(undefined))));
    ready.catch(() => {}); // nobody may be waiting
    return { ready, settle, calls: ready };
  };
  let visit = newVisit();
  /** One after another: each may need the visitor id that the one before was given. @type {Promise<unknown>} */
  let boots = Promise.resolve();
  let touched = 0;
  /** @param {Fields} option @returns {Fields} */
  const bothFlags = ({ unsubscribe: both, ...option }) => typeof both === 'boolean' ? { unsubscribeEmail: both, unsubscribeTexting: both, ...option } : option;
  const renew = (/** @type {Visit} */ of, /** @type {Fields} */ { sessionToken, now }) => {
    of.token = sessionToken;
    if (now) origin = now - performance.now();
    date();
  };
  /** @param {Visit} of @returns {Promise<any>} the reply */
  const begin = async (of, again = false) => {
    const reply = await call('POST', '/front/v1/boot', { ...of.body, veilId: of.veil || veilId() });
    renew(of, reply);
    of.failed = false;
    touched = Date.now();
    // Another tab logged in: its cookie stays.
    if (again && !of.body?.memberId) of.veil = reply.veilId;
    else if (reply.veilId && of.closed !== 2) keepVeil(reply.veilId);
    inherit(of);
    return reply;
  };
  const boot = (/** @type {unknown} */ given, /** @type {Callback} */ callback) => {
    const option = clean(given, 'boot') || {};
    const { pluginKey, memberId, memberHash, profile, profileOnce, language, unsubscribeEmail, unsubscribeTexting } = bothFlags(option);
    if (!pluginKey || typeof pluginKey !== 'string') return refuse("boot needs a plugin key: ChannelIO('boot', {pluginKey: '…'})", callback);
    const page = option.trackUtmSource === false ? null : firstPage();
    /** @type {Fields} */ const body = { pluginKey, profile, profileOnce, page, language, unsubscribeEmail, unsubscribeTexting };
    const id = typeof memberId === 'number' ? String(memberId) : memberId || '';
    if (typeof id !== 'string') warn('memberId must be a string: the visitor stays anonymous');
    else if (id.trim()) Object.assign(body, { memberId: id, memberHash });
    for (const key in body) body[key] ?? delete body[key]; // null is for updateUser
    const before = visit.body && visit.calls; // the last that may be made in its name
    if (before) visit = newVisit();
    const mine = visit;
    const [at, raw] = [stamp(), +!origin];
    mine.body = body;
    queue.forEach(save);
    boots = boots.then(() => before).catch(() => {}).then(() => begin(mine)).then(
      (reply) => {
        if (option.trackDefaultEvent !== false) add(mine, 'PageView', { url: pageUrl(), title: document.title }, at, raw);
        date();
        mine.settle();
        plan();
        answer(callback, null, reply);
        if (mine.closed) return;
        user = reply.user;
        listeners.forEach((hear) => hear());
      },
      (error) => {
        mine.failed = true;
        mine.settle(error);
        if (mine === visit) visit = newVisit();
        dropDead();
        failed('boot', callback)(error);
      },
    );
  };
  /** Who booted. @type {any} */
  let user;
  /** @type {(() => void)[]} */ let listeners = [];
  /** Calls back after each boot, and at once if one is answered. @param {() => any[]} args */
  const listener = (args) => (/** @type {any} */ callback) => {
    const hear = () => user && attempt(() => callback(...args()), (thrown) => console.error(thrown));
    listeners.push(hear);
    hear();
  };
  /** @param {number} closed */
  const end = (closed) => {
    const old = visit;
    visit = newVisit();
    user = pageName = '';
    attempt(() => sessionStorage.removeItem(FIRST_PAGE));
    return Object.assign(old, { closed });
  };
  /** The visitor's id stays: the server gives that of a member to nobody else. */
  const shutdown = () => {
    const old = end(1);
    flush();
    if (!old.body) old.settle(failure('shut down', 0));
    for (const { visit: of } of queue) if (of.failed) of.closed ||= 1;
    queue.forEach(save);
    dropDead();
  };
  /** What no boot will take over: a member may come back. */
  const dropDead = () => drop(queue.filter(({ visit: { body, failed, closed } }) => closed && !body?.memberId && (failed || !body)), 'shut down');
  const consent = (/** @type {unknown} */ given) => {
    if (typeof given !== 'boolean') return warn("consent needs true or false: ChannelIO('consent', false)");
    if (given !== refused) return;
    refused = !given;
    if (refused) return deny();
    live();
    held.splice(0).forEach(dispatch);
  };
  const deny = () => {
    letGo();
    queue = [];
    end(2).settle(denied());
    keepVeil('');
    for (const key of [PAUSE, ...queueKeys()]) write(key, '');
  };
  const touch = (mine = visit) => {
    if (document.hidden || !mine.token || Date.now() - touched < 5 * MINUTE - 1_000) return;
    touched = Date.now();
    callAs(mine, 'POST', '/front/v1/touch', {}).then((reply) => renew(mine, reply), failed('touch'));
  };
  /** Calls of one visit go in order, and wait for its boot. @type {Change} */
  const change = (name, method, path, body, callback) => {
    const mine = visit;
    mine.calls = mine.calls.then(() => mine.ready).then(() => callAs(mine, method, path, body))
      .then((reply) => answer(callback, null, reply), failed(name, callback));
  };
  const updateUser = (/** @type {unknown} */ info, /** @type {Callback} */ callback) => {
    const given = clean(info, 'updateUser');
    const body = bothFlags(isObject(given) ? given : {});
    if (encode(body) === '{}' && !callback) return;
    change('updateUser', 'PATCH', '/front/v1/users/me', body, callback);
  };
  /** @type {Tagger} */ const tagger = (name, method) => (given, callback) => {
    const tags = clean(given, name);
    if (!Array.isArray(tags) || !tags.length) return refuse(`${name} needs tags: ChannelIO('${name}', ['vip'])`, callback);
    change(name, method, '/front/v1/users/me/tags', { tags: tags.map(String) }, callback);
  };

  // The queue.
  /** In the order of the calls. @type {Item[]} */
  let queue = [];
  /** This page's name: of its lock, and before its keys. */
  const tab = QUEUE + random();
  const ownerOf = (/** @type {string} */ key) => key.slice(0, tab.length);
  const save = (/** @type {Item} */ { id, json, raw, visit: { token, body, closed } }) =>
    write(`${tab}:${id}`, encode([json, token, body?.memberId, closed, raw]));
  const drop = (/** @type {Item[]} */ items, why = '') => {
    const gone = queue.filter((item) => items.includes(item));
    queue = queue.filter((item) => !gone.includes(item));
    for (const { id } of gone) write(`${tab}:${id}`, '');
    if (why && gone.length) warn(`${gone.length} event(s) dropped: ${why}`);
  };
  const bound = () => drop(queue.slice(0, -1_000), '1000 are waiting');
  const track = (/** @type {unknown} */ name, /** @type {unknown} */ given) => {
    const isName = typeof name === 'string' && name.trim() && [...name].length < 65;
    if (!isName) return warn("track needs a name of 1 to 64 characters: ChannelIO('track', 'AddToCart')");
    const property = clean(given, name);
    if (given != null && !isObject(property)) warn(`${name} goes without its property, which must be an object`);
    add(visit, name, isObject(property) ? property : undefined, stamp());
    plan();
  };
  /** @type {Add} */ const add = (of, name, property, createdAt, raw = +!origin) => {
    let room = PROPERTY_BYTES;
    for (const key in property) {
      const bytes = bytesOf(encode({ [key]: property[key] }));
      if (bytes < room) room -= bytes;
      else if (delete property[key]) warn(`${name} goes without "${key}": an event has ${PROPERTY_BYTES} bytes at most`);
    }
    const id = random();
    const json = encode({ id, name, createdAt, property });
    queue.push({ id, json, raw, bytes: bytesOf(json), visit: of, sent: 0, flying: 0 });
    queue.slice(-1).forEach(save);
    bound();
  };

  /** Dates by the server's clock, once, what was tracked before its time was known. */
  const date = () => {
    const by = ahead();
    for (const item of queue) {
      if (item.raw) item.json = item.json.replace(/("createdAt":)(\d+)/, (_, key, at) => key + (+at + by));
      item.raw &&= +!origin;
    }
    queue.forEach(save);
  };
  /** What waited in vain goes on with this boot, unless that is another person's. */
  const inherit = (/** @type {Visit} */ of) => {
    if (!of.token || of.failed) return;
    for (const item of queue) {
      const { body, failed, closed } = item.visit;
      if (failed && (body?.memberId ? body.memberId === of.body?.memberId : !closed)) item.visit = of;
    }
    queue.forEach(save);
    plan();
  };

  /** Takes over what a page that is gone has left. */
  const adopt = (/** @type {string} */ owner) => {
    for (const key of queueKeys().filter((one) => ownerOf(one) === owner)) {
      attempt(() => {
        const [json, token, memberId, closed, raw] = JSON.parse(read(key));
        const { id } = JSON.parse(json);
        const mine = { token, body: { memberId }, closed, failed: !/^[\w-]+\.[\w.-]+$/.test(token) };
        const item = { id, json, raw, bytes: bytesOf(json), visit: mine, sent: 1, flying: 0 };
        if (id) queue.unshift(item), save(item);
      });
      write(key, ''); // not before it is kept here
    }
    date();
    bound();
    inherit(visit);
    dropDead();
    plan();
  };
  const { locks } = navigator; // absent where the page came without TLS
  let letGo = () => {};

  /** Every half minute, and when the page is seen again. Without locks a page that is alive notes the time. */
  const beat = () => {
    if (refused) return;
    touch();
    if (!locks) write(tab, String(Date.now()));
    for (const owner of new Set(queueKeys().map(ownerOf).filter((one) => one !== tab))) {
      if (locks) locks.request(owner, { ifAvailable: true }, (lock) => lock && adopt(owner)).catch(() => {});
      else if (!(Number(read(owner)) > Date.now() - 3 * MINUTE)) adopt(owner);
    }
  };
  /** Holds this page's lock as long as it is there. */
  const live = () => {
    if (refused) return;
    attempt(firstPage);
    locks?.request(tab, () => new Promise((done) => (letGo = () => done(0)))).catch(() => {});
    setTimeout(beat, 1_000); // the page before may just be on its way out
  };
  let [timer, failures, busy] = [0, 0, false];
  /** No jump of the clock makes it wait for long. */
  let resumeAt = Math.min(Number(read(PAUSE)), Date.now() + 5 * MINUTE);
  /** The next batch: events of one token, sent equally often, the least often first. */
  const take = (room = 400_000, flying = 0) => {
    /** @type {Item[]} */ const batch = [];
    for (const item of [...queue].sort((a, b) => a.sent - b.sent)) {
      const { visit: of, sent, most } = item;
      const [head = item] = batch;
      if (!of.token || of.failed || item.flying > flying) continue;
      if (of.token !== head.visit.token || sent !== head.sent || most !== head.most) continue;
      if ((room -= item.bytes + 1) < 0 || batch.push(item) === (most || 100)) break;
    }
    return batch;
  };
  const plan = () => {
    const next = take();
    if (next.length >= 20 || next[0]?.most) flush();
    else if (next[0]) timer ||= setTimeout(flush, 1_000);
  };
  const flush = () => {
    clearTimeout(timer);
    timer = 0;
    if (busy) return;
    const wait = resumeAt - Date.now();
    if (wait > 0) return void (timer = setTimeout(flush, wait));
    const batch = take();
    busy = !!batch.length;
    if (busy) post(batch, false).then(() => (busy = false)).then(plan);
  };
  /** All that is unanswered goes in requests that outlive the page. */
  const leave = () => {
    let room = 59_000;
    for (let batch; (batch = take(room, 1)).length; post(batch, true)) room -= batch.reduce((sum, { bytes }) => sum + bytes + 1, 1_000);
  };

  const post = async (/** @type {Item[]} */ batch, /** @type {boolean} */ leaving) => {
    const path = '/front/v1/events';
    const { visit: { token }, sent } = batch[0];
    const tries = sent + 1;
    for (const item of batch) Object.assign(item, { sent: tries, flying: leaving ? 2 : 1 });
    // A leaving page cannot set headers: its token is in the body.
    const head = leaving ? `"sessionToken":${encode(token)},` : '';
    const body = `{${head}"attempt":${tries},"events":[${batch.map((item) => item.json)}]}`;
    try {
      const { results } = await send('POST', path, body, leaving ? '' : token, leaving);
      if (!Array.isArray(results)) throw failure('no verdict', 0);
      failures = 0;
      write(PAUSE, '');
      drop(batch);
      for (const { id, status, message } of results) if (status === 'rejected' || message) warn(`event ${id} was ${status}: ${message}`);
    } catch (/** @type {any} */ error) {
      const { status } = error;
      for (const item of batch) item.flying = 0;
      if (isTransient(error)) {
        resumeAt = Date.now() + backoff(failures++, error);
        write(PAUSE, String(resumeAt));
        if (leaving && !status) attempt(() => navigator.sendBeacon(api + path, body));
      } else if (status === 401) {
        for (const { visit: of } of batch) if (of.token === token) of.failed = true;
        inherit(visit);
      } else if (batch[1] && [400, 413, 422].includes(status)) {
        for (const item of batch) item.most = batch.length >> 1; // one of them is at fault
      } else drop(batch, error.message);
      plan();
    }
  };

  // The page's calls.
  /** @type {Map<unknown, Method>} */ const methods = new Map(Object.entries({
    boot, shutdown, track, updateUser, consent, onBoot: listener(() => [user]), onBadgeChanged: listener(() => [0, 0]),
    clearCallbacks: () => (listeners = []),
    addTags: tagger('addTags', 'PATCH'), removeTags: tagger('removeTags', 'DELETE'), resetPage: () => (pageName = ''),
    setPage: (/** @type {unknown} */ name) =>
      typeof name === 'string' && name ? (pageName = name) : warn("setPage needs a string; to undo it: ChannelIO('resetPage')"),
  }));
  /** No messenger here: its calls do nothing. */
  const MESSENGER = /^((show|hide|open|on)([A-Z]|$)|(lounge|setAppearance)$)/;

  const dispatch = (/** @type {ArrayLike<any>} */ args) => {
    const [name, ...rest] = Array.from(args);
    const callback = rest.find((one) => typeof one === 'function');
    // A page that is fetched in advance may never be seen.
    if (/** @type {any} */ (document).prerendering) {
      return document.addEventListener('prerenderingchange', () => dispatch(args), { once: true });
    }
    try {
      const method = methods.get(name);
      if (!method) return MESSENGER.test(name) || warn(`there is no method "${name}"`);
      if (!refused || method === consent || /^(on|cl)/.test(name)) return method(...rest);
      if (method === shutdown) held = [];
      else if (held.length < 1_000) held.push([name, ...rest.map((one) => clean(one, name))]);
      answer(callback, denied());
    } catch {
      refuse('a call was ignored, which cannot be read', callback);
    }
  };
  const stub = /** @type {any} */ (window.ChannelIO);
  if (stub && !Array.isArray(stub.q)) return warn('window.ChannelIO is taken: load okyaku.js once and alone');
  window.ChannelIO = Object.assign((/** @type {any[]} */ ...args) => void dispatch(args), { c: dispatch });
  window.ChannelIOInitialized = true; // a loader that comes later has nothing to load
  if (refused) deny();
  live();
  setInterval(beat, MINUTE / 2);
  // A page that holds a lock cannot be kept for the way back.
  addEventListener('pagehide', () => (leave(), letGo(), locks || write(tab, '')));
  addEventListener('pageshow', ({ persisted }) => persisted && live());
  document.addEventListener('visibilitychange', () => (document.hidden ? leave() : beat()));
  if (stub) stub.c = dispatch; // the page may have kept the stub
  stub?.q.splice(0).forEach(dispatch);
})();
