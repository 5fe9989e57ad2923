using Aspire.Hosting.Orchestration.Processes;

namespace LocalHosting.Tests.Orchestration;

public sealed class ChildEnvironmentTests
{
    [Theory]
    [InlineData("Rag__Embedding__Provider", true)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", true)]
    [InlineData("HTTPS_PROXY", true)]
    [InlineData("ASPNETCORE_ENVIRONMENT", true)]
    [InlineData("ASPNETCORE_URLS", false)]
    [InlineData("ConnectionStrings__ragdb", false)]
    [InlineData("Parameters__bootstrap-key", false)]
    [InlineData("RAG_API_KEY", false)]
    public void What_the_shell_sets_reaches_the_services_unless_it_is_the_hosts_own(string name, bool passed) =>
        Assert.Equal(passed, ChildEnvironment.ForService(new Dictionary<string, string> { [name] = "value" }).ContainsKey(name));

    [Fact]
    public void The_telemetry_of_a_shell_makes_way_for_a_dashboards()
    {
        var environment = new Dictionary<string, string> { ["OTEL_EXPORTER_OTLP_HEADERS"] = "key", ["PATH"] = "/bin" };
        ChildEnvironment.RemoveTelemetry(environment);
        Assert.Equal(["PATH"], environment.Keys);
    }
}
