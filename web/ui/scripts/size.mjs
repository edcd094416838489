// The budget: everything the page loads, gzipped, within 120 KB.  node scripts/size.mjs [dist]
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';

const dist = process.argv[2] ?? 'dist';
const limit = 120 * 1024;
const files = (dir) => readdirSync(dir).flatMap((f) => (statSync(join(dir, f)).isDirectory() ? files(join(dir, f)) : [join(dir, f)]));
let sum = 0;
for (const file of files(dist)) {
  const size = gzipSync(readFileSync(file), { level: 9 }).length;
  sum += size;
  console.log(`${String(size).padStart(8)} ${relative(dist, file)}`);
}
console.log(`${String(sum).padStart(8)} of ${limit} bytes gz`);
process.exit(sum > limit ? 1 : 0);
