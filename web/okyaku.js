// @ts-check
/**
 * Okyaku's page script answers the `ChannelIO(…)` calls that a shop's pages make. It talks to the host it came from (or
 * `window.OKYAKU_API`) and never throws into the page: what it cannot use it reports by console.warn.
 *
 *     <script src="https://YOUR-OKYAKU/okyaku.js"></script> <script>ChannelIO('boot', { pluginKey: '…' })</script>
 *
 * @typedef {{body?: any, token?: string, veil?: string, failed?: boolean, closed?: boolean, ready: Promise<any>, settle: Function,
 *   calls: Promise<any>}} Visit
 *   what one boot begins, from the calls that wait for it to shutdown; failed: its events wait for the next boot
 * @typedef {{id: string, json: string, bytes: number, visit: Visit, sent: number, flying: number}} Item
 *   an event the server has not answered for; flying: 1 in a request, 2 in one that outlives the page
 */
(() => {
  'use strict';

  const page = /** @type {any} */ (window);
  const script = /** @type {HTMLScriptElement} */ (document.currentScript);
  const api = String(page.OKYAKU_API || new URL(script?.src || location.href).origin).replace(/\/+$/, '');
  const VEIL = 'ok-veil-id';
  const CHANNEL_VEIL = 'ch-veil-id';
  const FIRST_PAGE = 'ok-first-page';
  const MINUTE = 60_000;

  const warn = (message) => console.warn('[okyaku] ' + message);
  const isObject = (value) => !!value && typeof value === 'object' && !Array.isArray(value);
  const failure = (message, status, more) => Object.assign(new Error(message), { status }, more);
  const isTransient = ({ status }) => !status || status === 429 || status >= 500;
  /** What the server asked for, and a jitter that grows with the failures. */
  const backoff = (n, { retryAfter }) => (retryAfter || 100) + Math.random() * Math.min(2 * MINUTE, 1_000 * 2 ** n);

  /** A date becomes milliseconds, and a NaN absent: as JSON's null it would clear a field. */
  const encode = (value) =>
    JSON.stringify(value, function (key, json) {
      const raw = this[key] instanceof Date ? +this[key] : json;
      return Number.isNaN(raw) ? undefined : raw;
    }).replace(/\\(ud[89a-f]..|.)/g, (all, code) => (code[1] ? '\\ufffd' : all));

  /** Storage may be blocked. */
  const attempt = (use) => {
    try {
      return use();
    } catch {
      return undefined;
    }
  };

  const answer = (callback, error, user) => {
    try {
      if (typeof callback === 'function') callback(error, user);
    } catch (thrown) {
      console.error(thrown); // the page's own
    }
  };

  const refuse = (message, callback) => {
    warn(message);
    answer(callback, failure(message, 422), null);
  };

  let stamped = 0;
  /** Never the same twice. */
  const stamp = () => {
    const now = Date.now();
    return (stamped = now <= stamped && stamped - now < 1_000 ? stamped + 1 : now);
  };

  const remembered = (name) =>
    attempt(() => document.cookie.match(`(?:^|; )${name}=([^;]+)`)?.[1]) || attempt(() => localStorage.getItem(name));

  /** '-' is: forgotten, and Channel Talk's is not to be taken again. */
  const veilId = () => [remembered(VEIL) || remembered(CHANNEL_VEIL)].find((id) => id && id !== '-');

  const keepVeil = (id) => {
    const rest = `; path=/; SameSite=Lax; max-age=${id ? 31_536_000 : 0}${location.protocol === 'https:' ? '; Secure' : ''}`;
    attempt(() => (document.cookie = `${VEIL}=${id}${rest}`));
    attempt(() => (id ? localStorage.setItem(VEIL, id) : localStorage.removeItem(VEIL)));
  };

  /** Where this tab came from. */
  const firstPage = () => {
    const kept = attempt(() => JSON.parse(sessionStorage.getItem(FIRST_PAGE) || ''));
    if (kept) return kept;
    const from = {};
    for (const name of ['Source', 'Medium', 'Campaign', 'Content', 'Term']) {
      const value = new URLSearchParams(location.search).get('utm_' + name.toLowerCase());
      if (value) from['utm' + name] = value.slice(0, 400);
    }
    const { referrer } = document;
    if (referrer && new URL(referrer).host !== location.host) from.referrer = referrer.slice(0, 400);
    attempt(() => sessionStorage.setItem(FIRST_PAGE, JSON.stringify(from)));
    return from;
  };

  let pageName = '';
  /** Fragments may hold secrets; routes do not. */
  const pageUrl = () => pageName || location.href.replace(/#(?![/!]).*/, '');

  const send = async (method, path, body, token, keepalive = false) => {
    const type = keepalive && method === 'POST' ? 'text/plain' : 'application/json';
    const headers = { 'content-type': type, ...(token && { 'x-session': token }) };
    let response;
    try {
      const signal = AbortSignal.timeout?.(MINUTE / 3);
      response = await fetch(api + path, { method, body, headers, keepalive, credentials: 'omit', signal });
    } catch {
      throw failure('cannot reach ' + api, 0);
    }
    const reply = await response.json().catch(() => null);
    if (response.ok && isObject(reply)) return reply;
    const retryAfter = +response.headers.get('retry-after') * 1_000;
    const status = response.ok ? 0 : response.status;
    throw failure(`${path}: ${response.status}`, status, { ...reply, status, retryAfter });
  };

  const call = async (method, path, body, token) => {
    for (let tries = 0; ; tries++) {
      try {
        const keepalive = method !== 'POST' && !tries; // a redirect may follow; but not every browser can
        const reply = await send(method, path, JSON.stringify(body), token, keepalive);
        for (const { field, message } of reply.dropped || []) warn(`"${field}" was not stored: ${message}`);
        return reply;
      } catch (error) {
        if (tries === 3 || !isTransient(error)) throw error;
        await new Promise((done) => setTimeout(done, backoff(tries, error)));
      }
    }
  };

  /** A token that is refused is renewed once, by booting as before. */
  const callAs = async (/** @type {Visit} */ of, method, path, body) => {
    const { token } = of;
    try {
      return await call(method, path, body, token);
    } catch (error) {
      if (error.status !== 401 || of !== visit) throw error;
      const again = boots.then(() => of.token === token && begin(of, true));
      boots = again.catch(() => {});
      await again;
      return call(method, path, body, of.token);
    }
  };

  /** @returns {Visit} */
  const newVisit = () => {
    let settle;
    const ready = new Promise((open, fail) => (settle = (error) => (error ? fail(error) : open(0))));
    ready.catch(() => {}); // nobody may be waiting
    return { ready, settle, calls: ready };
  };

  let visit = newVisit();
  /** One after another: each may need the visitor id that the one before was given. */
  let boots = Promise.resolve();
  let toucher = 0;
  let touched = 0;

  const consent = ({ unsubscribe: both, ...option }) =>
    typeof both === 'boolean' ? { unsubscribeEmail: both, unsubscribeTexting: both, ...option } : option;

  const begin = async (/** @type {Visit} */ of, again = false) => {
    const body = { ...of.body, veilId: of.veil || veilId() };
    const reply = await call('POST', '/front/v1/boot', body);
    of.token = reply.sessionToken;
    of.failed = false;
    touched = Date.now();
    // Another tab logged in: its cookie stays.
    if (again && !of.body.memberId) of.veil = reply.veilId;
    else if (reply.veilId && !of.closed) keepVeil(reply.veilId);
    // What waited in vain goes on with this boot, unless that is another person's.
    for (const item of queue.filter((one) => one.visit.failed)) {
      const { body: was, closed } = item.visit;
      if (closed || (was.memberId && was.memberId !== of.body.memberId)) drop([item], 'the customer has changed');
      else item.visit = of;
    }
    return reply.user;
  };

  const boot = (option, callback) => {
    if (typeof option?.pluginKey !== 'string' || !option.pluginKey) {
      return refuse("boot needs a plugin key: ChannelIO('boot', {pluginKey: '…'})", callback);
    }
    const { pluginKey, memberId, memberHash, profile, language, unsubscribeEmail, unsubscribeTexting } = consent(option);
    const once = { ...(option.trackUtmSource !== false && firstPage()), ...option.profileOnce };
    const body = JSON.parse(encode({ pluginKey, profile, language, unsubscribeEmail, unsubscribeTexting }));
    if (Object.keys(once).length) body.profileOnce = JSON.parse(encode(once));
    const id = typeof memberId === 'number' ? String(memberId) : memberId || '';
    if (typeof id !== 'string') warn('memberId must be a string: the visitor stays anonymous');
    else if (id.trim()) Object.assign(body, { memberId: id, memberHash });
    for (const key in body) body[key] ?? delete body[key]; // null is for updateUser
    const before = visit.body && visit.calls; // the last that may be made in its name
    if (before) visit = newVisit();
    const mine = visit;
    const at = stamp();
    mine.body = body;
    boots = boots.then(() => before).catch(() => {}).then(() => begin(mine)).then(
      (user) => {
        if (option.trackDefaultEvent !== false) add(mine, 'PageView', { url: pageUrl(), title: document.title }, at);
        mine.settle();
        if (!mine.closed) toucher ||= setInterval(touch, 5 * MINUTE);
        plan();
        answer(callback, null, user);
      },
      (error) => {
        warn('boot failed: ' + error.message);
        mine.failed = true;
        mine.settle(error);
        if (mine === visit) visit = newVisit();
        if (mine.closed) dropDead();
        answer(callback, error, null);
      },
    );
  };

  const shutdown = () => {
    const old = visit;
    visit = newVisit();
    old.closed = true;
    clearInterval(toucher);
    toucher = 0;
    pageName = '';
    keepVeil(remembered(CHANNEL_VEIL) ? '-' : '');
    attempt(() => sessionStorage.removeItem(FIRST_PAGE));
    flush();
    if (!old.body) old.settle(failure('shut down', 0));
    dropDead();
  };

  /** What no boot will take over. */
  const dropDead = () => drop(queue.filter(({ visit: { body, failed, closed } }) => failed || (closed && !body)), 'shut down');

  const touch = async () => {
    const mine = visit;
    if (document.hidden || !mine.token || Date.now() - touched < 5 * MINUTE - 1_000) return;
    touched = Date.now();
    try {
      mine.token = (await callAs(mine, 'POST', '/front/v1/touch', {})).sessionToken;
      plan();
    } catch (error) {
      warn('touch failed: ' + error.message);
    }
  };

  /** Calls of one visit go in order, and wait for its boot. */
  const change = (name, method, path, body, callback) => {
    const mine = visit;
    const { ready } = mine;
    mine.calls = mine.calls.then(() => ready).then(() => callAs(mine, method, path, body)).then(
      (reply) => answer(callback, null, reply.user),
      (error) => {
        warn(`${name} failed: ${error.message}`);
        answer(callback, error, null);
      },
    );
  };

  const lower = (tags) => [...new Set(tags.map((tag) => String(tag).toLowerCase()))];

  const updateUser = (info, callback) => {
    const body = JSON.parse(encode(isObject(info) ? consent(info) : {}));
    if (!Object.keys(body).length) return refuse("updateUser needs values: ChannelIO('updateUser', {profile: {…}})", callback);
    if (Array.isArray(body.tags)) body.tags = lower(body.tags);
    change('updateUser', 'PATCH', '/front/v1/users/me', body, callback);
  };

  const tagger = (name, method) => (tags, callback) => {
    if (!Array.isArray(tags) || !tags.length) return refuse(`${name} needs tags: ChannelIO('${name}', ['vip'])`, callback);
    change(name, method, '/front/v1/users/me/tags', { tags: lower(tags) }, callback);
  };

  /** In the order of the calls. @type {Item[]} */
  let queue = [];
  let timer = 0;
  let busy = false;
  let failures = 0;
  let resumeAt = 0;

  const track = (name, property) => {
    if (typeof name !== 'string' || !name.trim() || [...name].length > 64) {
      return warn("track needs a name of 1 to 64 characters: ChannelIO('track', 'AddToCart')");
    }
    if (property != null && !isObject(property)) warn(`${name} goes without its property, which must be an object`);
    add(visit, name, isObject(property) ? property : undefined, stamp());
    plan();
  };

  const add = (of, name, property, createdAt) => {
    const id = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
    const json = encode({ id, name, createdAt, property });
    const bytes = new TextEncoder().encode(json).length;
    if (bytes > 32_000) return warn(`${name} was dropped: ${bytes} bytes, of 32000 at most`);
    if (queue.length > 999) drop([queue[0]], '1000 are waiting');
    queue.push({ id, json, bytes, visit: of, sent: 0, flying: 0 });
  };

  const drop = (items, why) => {
    queue = queue.filter((item) => !items.includes(item));
    if (why && items.length) warn(`${items.length} event(s) dropped: ${why}`);
  };

  const canGo = (/** @type {Item} */ item, flying = 0) => item.visit.token && !item.visit.failed && item.flying <= flying;

  /** The next batch: events of one visit, sent equally often. */
  const take = (room, flying) => {
    /** @type {Item[]} */
    const batch = [];
    for (const item of queue.filter((one) => canGo(one, flying))) {
      const [head = item] = batch;
      if (item.visit !== head.visit || item.sent !== head.sent) continue;
      if ((room -= item.bytes + 1) < 0 || batch.push(item) === 100) break;
    }
    return batch;
  };

  const plan = () => {
    const waiting = queue.filter((item) => canGo(item)).length;
    if (waiting >= 20) flush();
    else if (waiting) timer ||= setTimeout(flush, 1_000);
  };

  const flush = () => {
    clearTimeout(timer);
    timer = 0;
    if (busy) return;
    const wait = resumeAt - Date.now();
    if (wait > 0) return void (timer = setTimeout(flush, wait));
    const batch = take(400_000, 0);
    if (!batch.length) return;
    busy = true;
    post(batch, false).then(() => {
      busy = false;
      plan();
    });
  };

  /** All that is unanswered goes in requests that outlive the page. */
  const leave = () => {
    let room = 59_000;
    for (let batch; (batch = take(room, 1)).length; post(batch, true)) {
      for (const item of batch) room -= item.bytes + 1;
      room -= 1_000;
    }
  };

  const post = async (/** @type {Item[]} */ batch, leaving) => {
    const of = batch[0].visit;
    const { token } = of;
    const tries = batch[0].sent + 1;
    for (const item of batch) Object.assign(item, { sent: tries, flying: leaving ? 2 : 1 });
    // A leaving page cannot set headers: its token is in the body.
    const head = leaving ? `"sessionToken":${JSON.stringify(token)},` : '';
    const body = `{${head}"attempt":${tries},"events":[${batch.map((item) => item.json)}]}`;
    try {
      const reply = await send('POST', '/front/v1/events', body, leaving ? '' : token, leaving);
      failures = 0;
      drop(batch);
      for (const { id, status, message } of reply.results || []) {
        if (status === 'rejected' || message) warn(`event ${id} was ${status}: ${message}`);
      }
    } catch (error) {
      for (const item of batch) item.flying = 0;
      if (isTransient(error)) {
        resumeAt = Date.now() + backoff(failures++, error);
        plan();
      } else if (error.status !== 401) drop(batch, error.message);
      else if (of.token === token) of.failed = true;
    }
  };

  const methods = new Map(Object.entries({
    boot, shutdown, track, updateUser,
    addTags: tagger('addTags', 'PATCH'),
    removeTags: tagger('removeTags', 'DELETE'),
    resetPage: () => (pageName = ''),
    setPage: (name) => {
      if (typeof name === 'string' && name) pageName = name;
      else warn("setPage needs a string; to undo it call ChannelIO('resetPage')");
    },
  }));
  /** No messenger here: its calls do nothing. */
  const MESSENGER = /^((show|hide|open|on)([A-Z]|$)|(lounge|setAppearance|clearCallbacks)$)/;

  const dispatch = (/** @type {ArrayLike<any>} */ args) => {
    try {
      const [name, ...rest] = Array.from(args);
      const method = /** @type {any} */ (methods.get(name));
      if (method) method(...rest);
      else if (!MESSENGER.test(name)) warn(`there is no method "${name}"`);
    } catch (error) {
      warn('a call was ignored: ' + error?.message);
    }
  };

  const stub = page.ChannelIO;
  if (stub && !Array.isArray(stub.q)) return warn('window.ChannelIO is taken: load okyaku.js once and alone');
  page.ChannelIO = function () {
    dispatch(arguments);
  };
  page.ChannelIO.c = dispatch;
  page.ChannelIOInitialized = true; // a loader that comes later has nothing to load
  attempt(firstPage);
  addEventListener('pagehide', leave);
  document.addEventListener('visibilitychange', () => (document.hidden ? leave() : touch()));
  if (!stub) return;
  stub.c = dispatch; // the page may have kept the stub
  for (const args of stub.q.splice(0)) dispatch(args);
})();
