// Opens a .3tz archive with the archive reader of 3d-tiles-tools and compares it, entry by entry, with an exported
// folder; every name is looked up through the archive's own index.
//
// usage: node archive.mjs ARCHIVE FOLDER
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TilesetSource3tz } from '3d-tiles-tools';

const [archive, folder] = process.argv.slice(2);
const names = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1))
  .sort();
const source = new TilesetSource3tz();
await source.open(archive);
const faults = [];
for (const name of names) {
  const value = await source.getValue(name);
  if (value === undefined) faults.push(`${name} is not found`);
  else if (!value.equals(readFileSync(join(folder, name)))) faults.push(`${name} differs`);
}
const keys = [];
for await (const key of await source.getKeys()) keys.push(key);
const extra = keys.filter((key) => !names.includes(key) && key !== '@3dtilesIndex1@');
if (extra.length > 0) faults.push(`not in the folder: ${extra.slice(0, 5)}`);
await source.close();
faults.slice(0, 10).forEach((fault) => console.log(fault));
console.log(JSON.stringify({ files: names.length, faults: faults.length }));
process.exit(faults.length === 0 && names.length > 1 ? 0 : 1);
