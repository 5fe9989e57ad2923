// Hands objects, a JSON list on standard input, to the compiled validators of kubernetes-models: wrong words and types, and fields that are
// missing. Writes { faults, unknown }: a line for each fault, and the kinds that no package here has a validator for.
import { readFileSync } from 'node:fs';
import { modelOf } from './packages.mjs';

const faults = [];
const unknown = new Set();
for (const object of JSON.parse(readFileSync(0, 'utf8'))) {
  const model = await modelOf(object);
  if (!model) {
    unknown.add(`${object.apiVersion} ${object.kind}`);
    continue;
  }

  try {
    new model(object).validate();
  } catch (error) {
    faults.push(`${object.kind}/${object.metadata?.name}: ${error.message}`);
  }
}

console.log(JSON.stringify({ faults, unknown: [...unknown] }));
