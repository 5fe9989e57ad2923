// Hands objects, a JSON list on standard input, to the compiled validators of kubernetes-models: wrong words and types, and fields that are
// missing. Writes { faults, unknown }: a line for each fault, and the kinds that no package here has a validator for.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(`${process.cwd()}/package.json`);
const packages = {
  'gateway.networking.k8s.io': '@kubernetes-models/gateway-api',
  'keda.sh': '@kubernetes-models/keda',
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
};

const faults = [];
const unknown = new Set();
for (const object of JSON.parse(readFileSync(0, 'utf8'))) {
  const model = modelOf(object);
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

function modelOf({ apiVersion, kind }) {
  try {
    return require(`${packages[apiVersion.split('/')[0]] ?? 'kubernetes-models'}/${apiVersion}`)[kind];
  } catch (error) {
    if (error.code === 'MODULE_NOT_FOUND' || error.code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') {
      return undefined;
    }

    throw error;
  }
}
