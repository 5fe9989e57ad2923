using Rag.Deploy.AppModel;
using Rag.Deploy.Values;
using Rag.Deploy.Writing;

namespace Rag.Deploy.Tests;

public sealed class SmokeTests
{
    [Fact]
    public void Writes()
    {
        var root = "/work/wt-deploy";
        var manifest = ManifestReader.ReadFile(root + "/tests/AppHost.Tests/Publishing/apphost-manifest.json");
        var dev = ValuesReader.ReadFiles([root + "/deploy/values.yaml"]);
        var prod = ValuesReader.ReadFiles([root + "/deploy/values.yaml", root + "/deploy/values.prod.yaml"]);
        var tree = KustomizeTree.Of(manifest, dev, new SortedDictionary<string, DeployValues> { ["dev"] = dev, ["prod"] = prod });
        foreach (var (path, text) in tree.Files)
        {
            var file = "/tmp/k8s/" + path;
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
        }
    }
}
