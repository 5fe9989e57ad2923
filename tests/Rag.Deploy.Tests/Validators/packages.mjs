// The npm package that carries the types of each group of operators' objects. Kubernetes' own are in kubernetes-models.
const packages = {
  'external-secrets.io': '@kubernetes-models/external-secrets',
  'gateway.networking.k8s.io': '@kubernetes-models/gateway-api',
  'keda.sh': '@kubernetes-models/keda',
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
  'postgresql.cnpg.io': '@kubernetes-models/cloudnative-pg',
};

export const isOperators = ({ apiVersion }) => apiVersion.split('/')[0] in packages;

export const moduleOf = ({ apiVersion }) => `${packages[apiVersion.split('/')[0]] ?? 'kubernetes-models'}/${apiVersion}`;

// The class of an object's kind; undefined where no package has it.
export async function modelOf(object) {
  try {
    return (await import(moduleOf(object)))[object.kind];
  } catch (error) {
    if (['ERR_MODULE_NOT_FOUND', 'ERR_PACKAGE_PATH_NOT_EXPORTED', 'ERR_UNSUPPORTED_DIR_IMPORT'].includes(error.code)) {
      return undefined;
    }

    throw error;
  }
}
