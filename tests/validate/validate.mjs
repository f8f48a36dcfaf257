// Runs the Khronos glTF validator on every .glb of a folder; prints one line per file with errors, then a summary.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { validateBytes } from 'gltf-validator';

const folder = process.argv[2];
const names = readdirSync(folder).filter((name) => name.endsWith('.glb')).sort();
let faulty = 0;
for (const name of names) {
  const report = await validateBytes(new Uint8Array(readFileSync(join(folder, name))), {
    uri: name,
    maxIssues: 50,
    // the validator knows neither meshopt nor the metadata extensions; it says so as information
    ignoredIssues: ['UNSUPPORTED_EXTENSION'],
  });
  if (report.issues.numErrors > 0) {
    faulty += 1;
    const first = report.issues.messages.filter((m) => m.severity === 0).slice(0, 3);
    console.log(`${name}: ${report.issues.numErrors} errors: ${first.map((m) => `${m.code} ${m.pointer} ${m.message}`).join('; ')}`);
  }
}
console.log(JSON.stringify({ files: names.length, faulty }));
process.exit(faulty === 0 && names.length > 0 ? 0 : 1);
