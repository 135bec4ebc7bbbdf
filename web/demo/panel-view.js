// @ts-check
/** How the panel looks. What changes is written in place, so that the eye finds it. */
import { byId, h } from './dom.js';

/** @typedef {'waiting' | 'live' | 'gone' | 'refused' | 'forgotten'} State */

const body = byId('panel-body');
const state = h('p', { class: 'state', role: 'status' });
const last = h('pre', { class: 'call', tabindex: '0', 'aria-label': 'The last call' });
const earlier = h('ol', { class: 'earlier' });
const stored = h('div', { class: 'stored' });
const type = h('b', { class: 'type' });
const ids = h('dl', { class: 'pairs' });
const who = h('dl', { class: 'pairs two' });
const profile = h('dl', { class: 'pairs fields' });
const noProfile = h('p', { class: 'none' }, 'No profile field yet.');
const tags = h('ul', { class: 'chips' });
const timeline = h('ol', { class: 'timeline' });
const counts = h('span', { class: 'counts' });

stored.append(
  h('section', null, h('h3', null, 'Customer', type), ids, who),
  h('section', null, h('h3', null, 'Profile and tags'), profile, noProfile, tags),
  h('section', null, h('h3', null, 'Timeline', counts), timeline));
body.append(
  h('div', { class: 'head' }, h('h2', null, 'What Okyaku stores'), state),
  h('section', { class: 'calls' }, h('h3', null, 'The shop just called'), last, earlier),
  stored);

/** @type {WeakMap<HTMLElement, number>} */
const marked = new WeakMap();

/** Highlights for a moment, from the beginning if it is so already. @param {HTMLElement} element */
function mark(element) {
  element.classList.remove('fresh');
  void element.offsetWidth;
  element.classList.add('fresh');
  clearTimeout(marked.get(element));
  marked.set(element, window.setTimeout(() => element.classList.remove('fresh'), 2_500));
}

/** Makes these the children, and moves only what must move, so that highlights go on. @param {Element} list @param {Element[]} items */
function arrange(list, items) {
  for (const old of [...list.children]) if (!items.includes(old)) old.remove();
  for (const [index, item] of items.entries()) if (list.children[index] !== item) list.insertBefore(item, list.children[index] || null);
}

// ---- the calls --------------------------------------------------------------------------------------------------

const WIDTH = 43;

/** As one writes it in a page. @param {any} value @param {number} [depth] @param {boolean} [broken] on lines of its own
 * @returns {string} */
function literal(value, depth = 0, broken = false) {
  if (typeof value === 'function') return `(error, user${value.length > 2 ? ', dropped' : ''}) => {…}`;
  if (typeof value === 'string') return `'${value.length > 40 ? value.slice(0, 12) + '…' : value}'`;
  if (!value || typeof value !== 'object') return String(value);
  const list = Array.isArray(value);
  const parts = list ? value.map((one) => literal(one, depth + 1)) : Object.entries(value).map(([key, one]) => `${key}: ${literal(one, depth + 1)}`);
  const line = list ? `[${parts.join(', ')}]` : `{ ${parts.join(', ')} }`;
  if (!broken && depth * 2 + line.length <= WIDTH && !line.includes('\n')) return line;
  const indent = '\n' + '  '.repeat(depth + 1);
  let room = 0;
  let text = list ? '[' : '{';
  for (const part of parts) { // as many on a line as fit
    const breaks = part.length + 2 > room || part.includes('\n');
    text += (breaks ? indent : ' ') + part + ',';
    room = part.includes('\n') ? 0 : (breaks ? WIDTH - depth * 2 - 2 : room) - part.length - 2;
  }
  return `${text}\n${'  '.repeat(depth)}${list ? ']' : '}'}`;
}

/** A call of the page; or, where nothing follows a method and a path, of the shop's server. @param {any[]} call */
function written(call) {
  if (/^[A-Z]+ \//.test(call[0])) return `${call[0]}\n(by the shop’s server, with the access key)`;
  const line = `ChannelIO(${call.map((one) => literal(one)).join(', ')})`;
  return line.length <= WIDTH ? line : `ChannelIO(${call.map((one) => literal(one, 0, true)).join(', ')})`;
}
/** @param {any[]} call */
const short = ([method, first]) => `${method}${typeof first === 'string' ? ` ${first}` : Array.isArray(first) ? ` ${first.join(', ')}` : ''}`;
/** @param {number} time */
const clock = (time) => new Date(time).toLocaleTimeString('en-GB');

/** @param {{call: any[], at: number}[]} calls newest first */
export function showCalls(calls) {
  const [newest, ...others] = calls;
  if (!newest) return;
  last.textContent = written(newest.call);
  mark(last);
  byId('bar-call').textContent = short(newest.call);
  mark(byId('bar-call'));
  earlier.replaceChildren(...others.slice(0, 3).map(({ call, at }) => h('li', null, h('code', null, short(call)), h('time', null, clock(at)))));
}

// ---- what is stored ---------------------------------------------------------------------------------------------

/** @param {any} value */
const text = (value) => (Array.isArray(value) ? value.join(', ') : String(value));

/** Every pair in its place; what is new or different is marked. @param {HTMLElement} list @param {[string, any][]} pairs
 * @param {boolean} quiet */
function showPairs(list, pairs, quiet) {
  const rows = new Map([...list.children].map((row) => [/** @type {HTMLElement} */ (row).dataset.name, /** @type {HTMLElement} */ (row)]));
  arrange(list, pairs.map(([name, value]) => {
    const row = rows.get(name) || h('div', { 'data-name': name }, h('dt', null, name), h('dd'));
    const shown = /** @type {HTMLElement} */ (row.lastElementChild);
    if (shown.textContent !== text(value)) {
      shown.textContent = text(value);
      if (!quiet) mark(row);
    }
    return row;
  }));
}

/** @param {any} user @returns {[string, any][]} */
function pairsOf(user) {
  /** @type {[string, any][]} */
  const pairs = [['name', user.name ?? '–'], ['sessions', user.sessionsCount]];
  pairs.push(['language', user.language ?? '–'], ['last seen', clock(user.lastSeenAt || user.createdAt)]);
  if (user.web?.browserName) pairs.push(['browser', user.web.browserName]);
  if (user.type !== 'anonymous') {
    const no = [user.unsubscribeEmail && 'e-mail', user.unsubscribeTexting && 'text'].filter(Boolean);
    pairs.push(['marketing', no.length === 2 ? 'refused' : no.length ? `no ${no[0]}` : 'allowed']);
  }
  return pairs;
}

/** @param {any} property */
const details = (property) => Object.entries(property || {}).map(([key, value]) =>
  h('li', null, h('span', null, key), ' ', Array.isArray(value)
    ? value.map((one) => (one?.name ? `${one.name} × ${one.quantity}` : text(one))).join(', ')
    : typeof value === 'object' ? JSON.stringify(value) : String(value)));

/** @param {any} event @param {string} owner */
const eventItem = (event, owner) => h('li', { 'data-event': event.id },
  h('b', null, event.name), event.userId !== owner && h('small', null, 'as visitor'), h('time', { datetime: new Date(event.createdAt).toISOString() }, clock(event.createdAt)),
  h('ul', { class: 'property' }, details(event.property)));

/** @param {any[]} events newest first @param {string} owner @param {boolean} quiet */
function showTimeline(events, owner, quiet) {
  const items = new Map([...timeline.children].map((item) => [/** @type {HTMLElement} */ (item).dataset.event, item]));
  arrange(timeline, events.map((event) => {
    const item = items.get(event.id);
    if (item && (event.userId === owner || item.querySelector('small'))) return item;
    const made = eventItem(event, owner); // new, or a visitor's who is a member since
    if (!quiet && !item) mark(made);
    return made;
  }));
}

let before = '';
/** @param {any} user @param {{latest: any[], counts: {[name: string]: number}, countsTruncated?: boolean}} events */
export function showStored(user, events) {
  const now = JSON.stringify([user, events]);
  if (now === before) return; // nothing to do, once a second
  const quiet = before === '';
  before = now;
  if (type.textContent !== user.type) {
    type.textContent = user.type;
    type.className = `type ${user.type}`;
    if (!quiet) mark(type);
  }
  const fields = Object.entries(user.profile || {}).filter(([, value]) => value !== null)
    .map(([name, value]) => /** @type {[string, any]} */ ([name, /At$/.test(name) && typeof value === 'number' ? clock(value) : value]));
  showPairs(ids, [['id', user.id], ['memberId', user.memberId ?? '–']], quiet);
  showPairs(who, pairsOf(user), quiet);
  showPairs(profile, fields, quiet);
  noProfile.hidden = fields.length > 0;
  const had = new Map([...tags.children].map((tag) => [tag.textContent, tag]));
  arrange(tags, user.tags.map((/** @type {string} */ tag) => {
    const made = h('li', null, tag);
    if (!quiet && !had.has(tag)) mark(made);
    return had.get(tag) || made;
  }));
  showTimeline(events.latest, user.id, quiet);
  const all = Object.values(events.counts).reduce((sum, count) => sum + count, 0);
  counts.textContent = all ? `${all}${events.countsTruncated ? '+' : ''} ${all === 1 ? 'event' : 'events'}` : 'They leave the page within a second';
  if (all > events.latest.length) counts.append(`, the newest ${events.latest.length} shown`);
  byId('bar-who').textContent = `${user.name || user.type} · ${all} ${all === 1 ? 'event' : 'events'}`;
}

// ---- how it stands ----------------------------------------------------------------------------------------------

/** @type {{[state in State]: (detail: string) => (string | HTMLElement)[]}} */
const SAYS = {
  waiting: () => ['Waiting for a boot'],
  live: () => ['Live'],
  gone: (origin) => [`No answer from ${origin}. What you see may be old; asking again every second.`],
  refused: (why) => [why],
  forgotten: (id) => [h('b', null, 'Forgotten.'), ' Every read of ', h('code', null, id), ' is answered ', h('b', null, '404'),
    ': no profile, no tags, no events, and nothing of the visitor before.'],
};

let standing = '';
/** @param {State} name @param {string} [detail] */
export function showState(name, detail = '') {
  if (standing === name + detail) return;
  standing = name + detail;
  byId('panel').dataset.state = name;
  state.replaceChildren(...SAYS[name](detail));
  stored.hidden = name === 'waiting' || name === 'forgotten';
  if (stored.hidden) {
    before = '';
    for (const part of [ids, who, profile, tags, timeline, type]) part.replaceChildren();
    byId('bar-who').textContent = name === 'forgotten' ? 'Forgotten, 404' : 'Okyaku';
  }
  if (name === 'gone') byId('bar-who').textContent = 'No answer';
  if (name === 'live') before = before && ' '; // so that the bar is written again
}
