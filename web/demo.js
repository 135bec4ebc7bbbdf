// @ts-check
/**
 * The demo shop of the local server: every call a shop makes, on a button, and beside it what is stored.
 *
 * It holds keys that belong on a shop's server (the access key and the member-hash secret of the development channel).
 * They open nothing but a local Okyaku; never copy that part into a real page.
 */

const PLUGIN_KEY = 'dev-plugin-key';
const ACCESS = { 'x-access-key': 'dev-access-key', 'x-access-secret': 'dev-access-secret' };
const MEMBER_HASH_SECRET = '4629de5def93d6a2abea6afa9bd5476d9c6cbc04223f9a2f7e517b535dde3e25';
const REMEMBER = 'okyaku-demo';

const PRODUCT = { id: 'P-100', name: 'Linen shirt', amount: 59000 };
const ORDER = {
  id: 'O-20001',
  totalAmount: 121000,
  shippingAmount: 3000,
  products: [{ id: 'P-100', name: 'Linen shirt', amount: 59000, quantity: 2 }],
};

/** The six shop events, with the properties a shop builder sends. @type {{[name: string]: object | undefined}} */
const EVENTS = {
  SignUp: undefined,
  ProductView: PRODUCT,
  AddToWish: PRODUCT,
  AddToCart: { ...PRODUCT, quantity: 2 },
  CheckoutBegin: ORDER,
  CheckoutComplete: ORDER,
};

/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** @param {string} id */
const input = (id) => /** @type {HTMLInputElement} */ (element(id));
const ChannelIO = /** @type {(...args: any[]) => void} */ (/** @type {any} */ (window).ChannelIO);
const plainFetch = window.fetch.bind(window);

/** Whose data is shown. @type {string | null} */
let shown = null;

// ---- what is shown ----------------------------------------------------------------------------------------------

/** @param {string} message @param {boolean} [problem] */
function say(message, problem = false) {
  element('status').textContent = message;
  element('status').classList.toggle('problem', problem);
}

/** @param {string} message */
function showWarning(message) {
  const list = element('warnings');
  list.querySelector('.none')?.remove();
  const item = document.createElement('li');
  item.textContent = message;
  list.prepend(item);
  while (list.children.length > 8) list.lastElementChild?.remove();
}

const consoleWarn = console.warn.bind(console);
console.warn = (...args) => {
  consoleWarn(...args);
  if (String(args[0]).startsWith('[okyaku]')) showWarning(String(args[0]).replace('[okyaku] ', ''));
};

/** Tokens are long and tell nothing. @param {unknown} value */
const pretty = (value) =>
  JSON.stringify(value, (key, inner) => (key === 'sessionToken' ? String(inner).slice(0, 12) + '…' : inner), 2);

/** Shows what the page script and the buttons send and get; and when something was written, what is stored now. */
window.fetch = async (request, init = {}) => {
  const what = `${init.method || 'GET'} ${new URL(String(request), location.href).pathname}`;
  const sent = typeof init.body === 'string' ? pretty(JSON.parse(init.body)) : '';
  try {
    const response = await plainFetch(request, init);
    const reply = await response.clone().json().catch(() => null);
    element('last-reply').textContent = `${what}\n${sent}\n\n${response.status}\n${reply ? pretty(reply) : ''}`;
    refreshSoon();
    return response;
  } catch (error) {
    element('last-reply').textContent = `${what}\n${sent}\n\nno reply: ${error}`;
    throw error;
  }
};

/** @param {string} path */
async function read(path) {
  const response = await plainFetch(path, { headers: ACCESS });
  return { status: response.status, body: await response.json().catch(() => ({})) };
}

/** @param {unknown} time epoch milliseconds */
const when = (time) => (typeof time === 'number' && time > 0 ? new Date(time).toLocaleString() : '–');

/** @param {any} user */
function showSummary(user) {
  const rows = {
    Type: user.type,
    'Member id': user.memberId,
    Name: user.name || user.profile?.name,
    Tags: (user.tags || []).join(', '),
    Sessions: user.sessionsCount,
    'Last seen': when(user.lastSeenAt),
    'Last order': when(user.profile?.lastCheckoutCompletedAt),
  };
  element('summary').replaceChildren(...Object.entries(rows).flatMap(([label, value]) => {
    const term = document.createElement('dt');
    const text = document.createElement('dd');
    term.textContent = label;
    text.textContent = String(value ?? '') || '–';
    return [term, text];
  }));
}

/** @param {any[]} events newest first */
function showTimeline(events) {
  element('timeline').replaceChildren(...events.map((event) => {
    const item = document.createElement('li');
    const time = document.createElement('time');
    const name = document.createElement('b');
    time.textContent = new Date(event.createdAt).toLocaleTimeString();
    time.dateTime = new Date(event.createdAt).toISOString();
    name.textContent = event.name;
    item.append(time, name);
    if (event.property && Object.keys(event.property).length) {
      const property = document.createElement('code');
      property.textContent = JSON.stringify(event.property);
      item.append(property);
    }
    return item;
  }));
}

let asked = 0;
async function refresh() {
  const turn = ++asked;
  if (!shown) return;
  const [contact, timeline] = await Promise.all([
    read(`/okyaku/v1/contacts/${shown}`),
    read(`/open/v5/users/${shown}/events?sortOrder=desc&limit=100`),
  ]);
  if (turn !== asked) return; // a newer question is on its way
  element('customer').textContent = pretty(contact.body.user || contact.body);
  if (contact.status !== 200) {
    say(`${contact.status}: no read returns customer ${shown}.`, true);
    element('summary').replaceChildren();
  } else {
    say(`Customer ${contact.body.user.id}, as stored now.`);
    showSummary(contact.body.user);
  }
  showTimeline(timeline.body.events || []);
  const counts = Object.entries(contact.body.events?.counts || {}).map(([name, count]) => `${name} ${count}`);
  element('counts').textContent = counts.join(' · ');
}

let soon = 0;
function refreshSoon() {
  clearTimeout(soon);
  soon = window.setTimeout(refresh, 50);
}

// ---- what the buttons do ----------------------------------------------------------------------------------------

/** What a shop's server does when it renders the page: HMAC-SHA256 of the member id, under the hex-decoded secret.
 * @param {string} memberId */
async function signOnTheServer(memberId) {
  const secret = Uint8Array.from(MEMBER_HASH_SECRET.match(/../g) || [], (byte) => parseInt(byte, 16));
  const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const signed = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(memberId));
  return Array.from(new Uint8Array(signed), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** @param {string} [memberId] none: as a visitor */
async function boot(memberId) {
  const option = memberId
    ? { pluginKey: PLUGIN_KEY, memberId, memberHash: await signOnTheServer(memberId) }
    : { pluginKey: PLUGIN_KEY };
  say('Booting…');
  ChannelIO('boot', option, (/** @type {any} */ error, /** @type {any} */ user) => {
    if (error) return say(`Boot failed: ${error.message}`, true);
    localStorage.setItem(REMEMBER, JSON.stringify({ memberId }));
    shown = user.id;
    document.documentElement.dataset.booted = user.id;
    return refresh();
  });
}

function shutdown() {
  ChannelIO('shutdown');
  localStorage.removeItem(REMEMBER);
  delete document.documentElement.dataset.booted;
  say('Shut down. The next boot is a new visitor.');
}

/** @param {string} method @param {string} path @param {object} [body] */
async function asServer(method, path, body) {
  const headers = { ...ACCESS, 'content-type': 'application/json' };
  const response = await window.fetch(path, { method, headers, body: body && JSON.stringify(body) });
  return { status: response.status, body: await response.json().catch(() => ({})) };
}

async function createLead() {
  /** @type {{[key: string]: string}} */
  const profile = {};
  if (input('lead-email').value) profile.email = input('lead-email').value;
  if (input('lead-mobile').value) profile.mobileNumber = input('lead-mobile').value;
  const { status, body } = await asServer('POST', '/open/v5/users', { profile });
  if (status === 200) shown = body.user.id;
  else if (status === 409 && body.userId) shown = body.userId;
  else return showWarning(`lead: ${body.message}`);
  if (status === 409) showWarning('lead: this contact is registered already; shown is the one that exists');
  return refresh();
}

async function deleteShown() {
  if (!shown) return say('Nobody to delete: boot first.', true);
  const { status, body } = await asServer('DELETE', `/open/v5/users/${shown}`);
  if (status >= 300) return showWarning(`delete: ${body.message}`);
  localStorage.removeItem(REMEMBER);
  return refresh();
}

const tags = () => input('tags').value.split(',').map((tag) => tag.trim()).filter(Boolean);

/** @type {{[id: string]: () => unknown}} */
const BUTTONS = {
  'boot-visitor': () => boot(),
  'boot-member': () => boot(input('member-id').value),
  shutdown,
  'update-user': () => ChannelIO('updateUser', {
    profile: {
      name: input('profile-name').value || null,
      email: input('profile-email').value || null,
      mobileNumber: input('profile-mobile').value || null,
    },
    unsubscribeEmail: input('unsubscribe-email').checked,
  }),
  'add-tags': () => ChannelIO('addTags', tags()),
  'remove-tags': () => ChannelIO('removeTags', tags()),
  'create-lead': createLead,
  'delete-member': deleteShown,
  refresh,
};

for (const [name, property] of Object.entries(EVENTS)) {
  BUTTONS['event-' + name] = () => ChannelIO('track', name, property);
}

for (const [id, press] of Object.entries(BUTTONS)) {
  element(id).addEventListener('click', () => Promise.resolve(press()).catch((error) => say(String(error), true)));
}

// A shop boots on every page: whoever was here before the reload is here again.
const before = JSON.parse(localStorage.getItem(REMEMBER) || 'null');
if (before) boot(before.memberId);
