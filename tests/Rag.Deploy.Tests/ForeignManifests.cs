using Rag.Deploy.AppModel;
using Rag.Deploy.Values;

namespace Rag.Deploy.Tests;

/// <summary>
/// App models of other applications, each of another shape, with the few values that somebody would have to give: what the generator knows of
/// our own must not be what it needs.
/// </summary>
internal static class ForeignManifests
{
    private static readonly Dictionary<string, string> Values = new(StringComparer.Ordinal)
    {
        // Several databases on one server, a broker with a volume, an open cache, endpoints with TLS.
        ["shop"] =
            """
            name: shop
            exposure: { kind: ingress, hosts: { storefront: shop.example.com }, tlsSecret: shop-tls, annotations: { cert-manager.io/cluster-issuer: letsencrypt } }
            stores: { db: { backup: { keep: 3 } } }
            services: { catalog: { autoscaling: { max: 5 }, pool: { size: 10 } }, ordering: { waitFor: {} } }
            """,
        // Nothing but containers: volumes with and without a name, a folder of the developer's machine, an image without a tag, ports below 1024.
        ["blog"] =
            """
            name: blog
            services:
              mysql: { user: 999, volumes: { /var/lib/mysql: 30Gi }, omitMounts: [ /docker-entrypoint-initdb.d ] }
              wordpress: { user: 33, writableRoot: true }
            """,
        // Dockerfiles in both forms, one that is only built, programs without endpoints.
        ["builds"] =
            """
            name: builds
            version: 2.0.1
            parameters: { flavour: plain }
            images: { registry: "registry.example.com:5000/team", allowedRegistries: [ "registry.example.com:5000/team" ] }
            cluster: { appArmor: true, priorityClass: normal }
            services: { worker: { singleReplicaReason: "Two would do everything twice.", replicas: 1 } }
            """,
        // Types that are not known, an entry with an error, a program of the developer's machine, resources outside.
        ["cloud"] =
            """
            name: cloud
            namespace: tenant-a
            secrets: { mode: existing, name: tenant-a-secrets }
            parameters: { model-url: "https://models.example.com/v1" }
            services:
              api:
                env: { ConnectionStrings__blobs: "https://blobs.example.com", Site__Origin: "https://site.example.com" }
                secretFiles: { ConnectionStrings__model-endpoint: Model__KeyFile }
                egress: [ { cidr: 198.51.100.0/24 } ]
            """,
        // UDP, HTTP/2, long and odd names of endpoints, arguments with expressions, an image by digest.
        ["stream"] = "name: stream\n",
        // Values behind values behind values, secrets in URIs, texts that YAML would misread, names in capitals.
        ["nested"] =
            """
            name: nested
            secrets: { mode: external, store: { name: vault } }
            stores: { Index: { replicas: 3 } }
            """,
        // One container.
        ["single"] = "name: single\n",
    };

    public static IReadOnlyCollection<string> Names => Values.Keys;

    public static (AppManifest Manifest, DeployValues Values) Of(string name) =>
        (ManifestReader.ReadFile(Path.Combine(AppContext.BaseDirectory, "Manifests", $"{name}.json")), ValuesReader.Read([($"{name}.yaml", Values[name])]));
}
