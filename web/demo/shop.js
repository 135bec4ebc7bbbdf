// @ts-check
/** The shop: real addresses under /demo, a page for each, and a boot at every one. */
import { account, goodbye, logIn, signUp } from './account.js';
import { boot } from './channel.js';
import { byId, unsay } from './dom.js';
import { checkout, done } from './order.js';
import { cartPage, list, lost, product, wishList } from './pages.js';
import { cart, orders, session, wishes } from './state.js';

/** @typedef {import('./pages.js').Page} Page */

/** @type {[RegExp, (id: string) => Page][]} */
const ROUTES = [
  [/^\/demo\/?$/, list],
  [/^\/demo\/products\/([\w-]+)$/, product],
  [/^\/demo\/wish-list$/, wishList],
  [/^\/demo\/cart$/, () => cartPage(orders.draft)],
  [/^\/demo\/checkout$/, () => checkout(go)],
  [/^\/demo\/orders\/([\w-]+)$/, done],
  [/^\/demo\/sign-up$/, () => signUp(go)],
  [/^\/demo\/log-in$/, () => logIn(go)],
  [/^\/demo\/account$/, () => account(go)],
  [/^\/demo\/goodbye$/, goodbye],
];

/** @returns {Page} */
function pageNow() {
  for (const [pattern, page] of ROUTES) {
    const found = pattern.exec(location.pathname);
    if (found) return page(found[1] || '');
  }
  return lost();
}

function showHeader() {
  const member = session.member();
  const counts = { 'wish-count': wishes.ids().length, 'cart-count': cart.count() };
  for (const [id, count] of Object.entries(counts)) byId(id).textContent = count ? String(count) : '';
  byId('account-label').textContent = member ? member.name || 'Account' : 'Log in';
  byId('account-link').setAttribute('href', member ? '/demo/account' : '/demo/log-in');
  for (const link of document.querySelectorAll('header nav a')) {
    if (link.getAttribute('href') === location.pathname) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

/** @param {Page} page */
function show(page) {
  document.title = `${page.title} – Marudal`;
  byId('main').replaceChildren(page.view);
  showHeader();
}

/** The member for whom the page is shown. @type {string | undefined} */
let who;

/** Shows the address' page, and tells Okyaku of the visit. */
function visit() {
  who = session.member()?.memberId;
  const page = pageNow();
  show(page);
  if (page.visit === false) return;
  boot(page.name);
  page.arrive?.();
}

/** @param {string} path */
function go(path) {
  unsay();
  history.pushState(null, '', path);
  visit();
  scrollTo({ top: 0, behavior: 'instant' });
  byId('main').focus({ preventScroll: true });
}

document.addEventListener('click', (event) => {
  const link = event.target instanceof Element && event.target.closest('a');
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (link.origin !== location.origin || !/^\/demo(\/|$)/.test(link.pathname) || link.hash) return;
  event.preventDefault();
  go(link.pathname);
});

addEventListener('popstate', visit);
addEventListener('pageshow', (event) => event.persisted && visit()); // a page that the browser kept may show what is no more
addEventListener('demo-shop:changed', showHeader);
// Another tab may have logged in or out. Then nothing of the person before may stay in this one.
addEventListener('storage', () => (session.member()?.memberId === who ? showHeader() : location.reload()));

visit();
