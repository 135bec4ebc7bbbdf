// @ts-check
/**
 * Pages that were written for Channel Talk, in a real browser, with only the host of the plugin changed to Okyaku's
 * (OKYAKU_URL): the npm package react-channel-plugin, and Channel Talk's snippet. Chromium is started as in ../browser.
 */
import { build } from 'esbuild';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventsNamed, memberOption, OKYAKU, PLUGIN_KEY, stage, storedUser, unique, until } from '../../browser/support.mjs';

const HOST = 'https://cdn.channel.io';
const HERE = fileURLToPath(new URL('.', import.meta.url));

/** A shop in React, bundled as a shop is. The page sets `window.option` before. @param {string} name the package's */
async function shopIn(name) {
  const contents = `
    import React from 'react';
    import { createRoot } from 'react-dom/client';
    import { ReactChannelIO, useChannelIOApi, useChannelIOEvent } from '${name}';
    const heard = (window.heard = { booted: [], events: [] });
    const Shop = () => {
      window.api = useChannelIOApi();
      useChannelIOEvent('onBadgeChanged', (...args) => heard.events.push(args));
      return React.createElement('p', null, 'Shop');
    };
    const Page = () => {
      const [option, setOption] = React.useState(window.option);
      window.setOption = setOption;
      const props = { ...option, autoBoot: true, autoBootTimeout: 0, onBoot: (error, user) => heard.booted.push({ error, user }) };
      return React.createElement(ReactChannelIO, props, React.createElement(Shop));
    };
    const root = createRoot(document.querySelector('main'));
    root.render(React.createElement(Page));
    window.leave = () => root.unmount();`;
  const define = { 'process.env.NODE_ENV': '"production"' };
  const { outputFiles } = await build({
    stdin: { contents, loader: 'js', resolveDir: HERE }, bundle: true, format: 'iife', define, write: false, logLevel: 'error',
  });
  return outputFiles[0].text;
}

/** The host changed, which is in the text exactly once. @param {string} text */
function moved(text) {
  assert.equal(text.split(HOST).length, 2, `${HOST} is not in the text once`);
  return text.replace(HOST, OKYAKU);
}

/** Channel Talk's snippet, which every shop pastes. */
const SNIPPET = `(function () {
  var w = window;
  if (w.ChannelIO) { return w.console.error('ChannelIO script included twice.'); }
  var ch = function () { ch.c(arguments); };
  ch.q = [];
  ch.c = function (args) { ch.q.push(args); };
  w.ChannelIO = ch;
  function l() {
    if (w.ChannelIOInitialized) { return; }
    w.ChannelIOInitialized = true;
    var s = document.createElement('script');
    s.type = 'text/javascript';
    s.async = true;
    s.src = '${HOST}/plugin/ch-plugin-web.js';
    var x = document.getElementsByTagName('script')[0];
    if (x.parentNode) { x.parentNode.insertBefore(s, x); }
  }
  if (document.readyState === 'complete') { l(); } else {
    w.addEventListener('DOMContentLoaded', l);
    w.addEventListener('load', l);
  }
})();`;

const VERSIONS = { '3': 'react-channel-plugin', '2': 'react-channel-plugin-2' };
const shops = await Promise.all(Object.entries(VERSIONS).map(async ([version, name]) => [version, await shopIn(name)]));
const LATE = `var w = document.createElement('script'); w.textContent = ${JSON.stringify(moved(SNIPPET))}; document.head.append(w);`;

describe('a page that was written for Channel Talk', () => {
  const option = JSON.stringify({ pluginKey: PLUGIN_KEY, language: 'ja' });
  const { visit } = stage(Object.fromEntries([
    ...shops.flatMap(([version, bundle]) => [
      [`/react-${version}.js`, { type: 'text/javascript', body: moved(bundle) }],
      [`/react-${version}`, `<!doctype html><title>React</title><main></main><script>window.option = ${option}</script>
        <script src="/react-${version}.js"></script>`],
    ]),
    // With Okyaku's script before it, not even the host is changed.
    ['/unmoved.js', { type: 'text/javascript', body: Object.fromEntries(shops)['3'] }],
    ['/beside', `<!doctype html><title>Beside</title><script src="${OKYAKU}/okyaku.js"></script><main></main>
      <script>window.option = ${option}</script><script src="/unmoved.js"></script>`],
    ['/snippet', `<!doctype html><title>Snippet</title><script>${moved(SNIPPET)}</script><script>
      ChannelIO('onBoot', (user) => (window.heard = user));
      ChannelIO('boot', { pluginKey: '${PLUGIN_KEY}' }, (error, user) => (window.booted = { error, user }));
      ChannelIO('track', 'Queued', { at: 'once' });</script>`],
    ['/late', `<!doctype html><title>Late</title><script>addEventListener('load', () => setTimeout(() => {
      ${LATE}
      ChannelIO('boot', { pluginKey: '${PLUGIN_KEY}' }, (error, user) => (window.booted = { error, user }));
    }, 50));</script>`],
  ]));

  /** The page, and what it asked of other hosts. @param {string} path */
  const open = async (path) => {
    const elsewhere = /** @type {string[]} */ ([]);
    const visitor = await visit('/bare');
    visitor.page.on('request', (request) => request.url().includes('channel.io') && elsewhere.push(request.url()));
    await visitor.page.goto(new URL(path, visitor.page.url()).href);
    return { ...visitor, elsewhere };
  };
  /** @param {Awaited<ReturnType<typeof visit>>['page']} page @param {number} times @returns {Promise<any>} */
  const boots = async (page, times) => {
    await page.waitForFunction((count) => /** @type {any} */ (window).heard.booted.length >= count, times);
    return page.evaluate(() => /** @type {any} */ (window).heard.booted);
  };

  for (const path of [...Object.keys(VERSIONS).map((version) => `/react-${version}`), '/beside']) {
    it(`in React boots, tracks, becomes a member and leaves: ${path}`, async () => {
      const { page, warnings, elsewhere } = await open(path);
      const [{ error, user }] = await boots(page, 1);
      assert.equal(error, null);
      await until(async () => (await storedUser(user.id)).language === 'ja', "the option's language is stored");
      await until(async () => (await eventsNamed(user.id, 'PageView')).length === 1, 'its PageView is stored');
      // The badge comes when the package listens for it, which is after the boot began.
      await page.waitForFunction(() => /** @type {any} */ (window).heard.events.length > 0);
      await page.evaluate(() => {
        const { api } = /** @type {any} */ (window);
        api.showMessenger();
        api.hideMessenger();
        api.setPage('https://shop.example.com/tea');
        api.resetPage();
        api.track('Looked', { tea: 'sencha', amount: 12 });
        api.addTags(['tea']);
      });
      await until(async () => (await eventsNamed(user.id, 'Looked')).length === 1, 'the event is stored');
      await until(async () => (await storedUser(user.id)).tags.includes('tea'), 'the tag is stored');
      const member = { ...memberOption(unique('react')), profile: { name: 'Mina', size: 'M' } };
      await page.evaluate((next) => /** @type {any} */ (window).setOption(next), member);
      const { error: none, user: second } = (await boots(page, 2))[1];
      assert.deepEqual([none, second.memberId, second.name], [null, member.memberId, 'Mina']);
      await page.evaluate(() => /** @type {any} */ (window).leave());
      assert.deepEqual([warnings, elsewhere], [[], []]);
    });
  }

  for (const path of ['/snippet', '/late']) {
    it(`with the snippet boots: ${path}`, async () => {
      const { page, warnings, elsewhere } = await open(path);
      const { error, user } = await page.waitForFunction(() => /** @type {any} */ (window).booted).then((handle) => handle.jsonValue());
      assert.equal(error, null);
      await until(async () => (await eventsNamed(user.id, 'PageView')).length === 1, 'its PageView is stored');
      if (path === '/snippet') {
        assert.equal((await page.evaluate(() => /** @type {any} */ (window).heard)).id, user.id);
        await until(async () => (await eventsNamed(user.id, 'Queued')).length === 1, 'what was queued is stored');
      }
      assert.deepEqual([warnings, elsewhere], [[], []]);
    });
  }
});
