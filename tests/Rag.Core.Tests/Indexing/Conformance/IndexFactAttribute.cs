using Rag.Testing;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Rag.Core.Tests.Indexing.Conformance;

/// <summary>A test of every index; skipped with the reason for an index that cannot be had here.</summary>
[XunitTestCaseDiscoverer("Rag.Core.Tests.Indexing.Conformance.IndexFactDiscoverer", "Rag.Core.Tests")]
public sealed class IndexFactAttribute : FactAttribute;

/// <summary>Asks the class that inherits the test, which an attribute cannot.</summary>
public sealed class IndexFactDiscoverer(IMessageSink messages) : FactDiscoverer(messages)
{
    protected override IXunitTestCase CreateTestCase(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute)
    {
        ArgumentNullException.ThrowIfNull(testMethod);
        var isQdrant = testMethod.TestClass.Class.Name.Contains("Qdrant", StringComparison.Ordinal);
        return isQdrant && QdrantServer.Refusal is not null
            ? new SkippedTestCase(DiagnosticMessageSink, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod)
            : base.CreateTestCase(discoveryOptions, testMethod, factAttribute);
    }
}

/// <summary>Says why a test is not run.</summary>
public sealed class SkippedTestCase : XunitTestCase
{
    [Obsolete("Called by the de-serializer", error: true)]
    public SkippedTestCase()
    {
    }

    public SkippedTestCase(IMessageSink messages, TestMethodDisplay display, TestMethodDisplayOptions options, ITestMethod testMethod)
        : base(messages, display, options, testMethod)
    {
    }

    protected override string? GetSkipReason(IAttributeInfo factAttribute) => QdrantServer.Refusal;
}
