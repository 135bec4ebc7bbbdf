// @ts-check
/** What is served is web/okyaku.js without comments and white space, and nothing else; what a package would hold. */
import { parse } from 'acorn';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { OKYAKU, needServer } from './support.mjs';

/** The syntax tree, without where things stand. @param {string} script */
const tree = (script) =>
  JSON.parse(JSON.stringify(parse(script, { ecmaVersion: 2023 }), (key, value) => (key === 'start' || key === 'end' ? undefined : value)));

it('serves the script that is in the repository', async () => {
  await needServer();
  const served = await (await fetch(`${OKYAKU}/okyaku.js`)).text();
  const source = await readFile(new URL('../../web/okyaku.js', import.meta.url), 'utf8');
  assert.deepEqual(tree(served), tree(source));
  assert.ok(served.length < source.length * 0.8, `${served.length} of ${source.length} characters`);
});

it('packs the script, its types and the notice, and nothing else', () => {
  const cwd = fileURLToPath(new URL('../../web', import.meta.url));
  const [pack] = JSON.parse(execFileSync('npm', ['pack', '--dry-run', '--json'], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  const names = pack.files.map((/** @type {{path: string}} */ file) => file.path).sort();
  assert.deepEqual(names, ['LICENSE', 'README.md', 'index.d.ts', 'okyaku.js', 'package.json']);
});
