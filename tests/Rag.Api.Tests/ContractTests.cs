using System.Collections;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Rag.Api.About;
using Rag.Api.Collections;
using Rag.Api.Documents;
using Rag.Api.Http;
using Rag.Api.Jobs;
using Rag.Api.Keys;
using Rag.Api.Questions;
using Rag.Api.Sessions;
using RagPlatform.ServiceDefaults.Health;
using RagPlatform.ServiceDefaults.Problems;

namespace Rag.Api.Tests;

/// <summary>The API's shapes and the client's are written twice on purpose; here they are held against each other.</summary>
public sealed class ContractTests
{
    public static TheoryData<Type, Type> Shapes => new()
    {
        { typeof(CollectionAnswer), typeof(Client.Collection) },
        { typeof(CreateCollectionRequest), typeof(Client.CreateCollection) },
        { typeof(UpdateCollectionRequest), typeof(Client.UpdateCollection) },
        { typeof(DocumentAnswer), typeof(Client.Document) },
        { typeof(UpdateDocumentRequest), typeof(Client.UpdateDocument) },
        { typeof(SubmissionAnswer), typeof(Client.Submission) },
        { typeof(TextAnswer), typeof(Client.DocumentText) },
        { typeof(ChunkAnswer), typeof(Client.Chunk) },
        { typeof(JobAnswer), typeof(Client.Job) },
        { typeof(QueueAnswer), typeof(Client.QueueState) },
        { typeof(SearchRequest), typeof(Client.SearchRequest) },
        { typeof(SearchAnswer), typeof(Client.SearchResponse) },
        { typeof(AskRequest), typeof(Client.AskRequest) },
        { typeof(AskAnswer), typeof(Client.AskResponse) },
        { typeof(EvidenceEventData), typeof(Client.AskEvent.Found) },
        { typeof(DeltaEventData), typeof(Client.AskEvent.Delta) },
        { typeof(CitationAnswer), typeof(Client.Citation) },
        { typeof(NewKeyAnswer), typeof(Client.ApiKey) },
        { typeof(CreateKeyRequest), typeof(Client.CreateKey) },
        { typeof(SessionInfoAnswer), typeof(Client.SessionInfo) },
        { typeof(VersionAnswer), typeof(Client.VersionInfo) },
        { typeof(HealthAnswer), typeof(Client.HealthReport) },
        { typeof(ProblemBody), typeof(Client.ProblemDetails) },
        { typeof(PageAnswer<DocumentAnswer>), typeof(Client.Page<Client.Document>) },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Client_and_API_agree_on_every_field(Type api, Type client)
    {
        Assert.Equal(Describe(api, []), Describe(client, []));
    }

    [Fact]
    public void A_text_document_of_the_client_is_one_the_API_reads()
    {
        var known = typeof(TextDocumentRequest).GetProperties().Select(static property => property.Name).ToList();

        Assert.All(typeof(Client.TextDocument).GetProperties(), property => Assert.Contains(property.Name, known));
    }

    [Fact]
    public void An_event_of_a_document_has_the_fields_that_the_client_reads()
    {
        static IEnumerable<string> Names(Type type) => type.GetProperties().Select(static property => property.Name).Where(static name => name != "EqualityContract");

        Assert.Equal(Names(typeof(DocumentEventData)), Names(typeof(Client.CollectionEvent.DocumentChanged)));
    }

    /// <summary>Lines such as <c>documents.ready: Number</c>; types by what they are in JSON.</summary>
    private static List<string> Describe(Type type, HashSet<Type> above)
    {
        var lines = new List<string>();
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(static property => property.GetCustomAttribute<JsonIgnoreAttribute>() is not { Condition: JsonIgnoreCondition.Always })
            .Where(static property => property.GetIndexParameters().Length == 0))
        {
            var name = JsonNamingPolicy.CamelCase.ConvertName(property.Name);
            var value = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            var item = ItemOf(value);
            lines.Add($"{name}: {(item is null ? Kind(value) : $"list of {Kind(item)}")}");
            var inner = item ?? value;
            if (Kind(inner) == "object" && inner.Namespace!.StartsWith("Rag", StringComparison.Ordinal) && above.Add(inner))
            {
                lines.AddRange(Describe(inner, above).Select(line => $"{name}.{line}"));
                above.Remove(inner);
            }
        }

        return [.. lines.Order(StringComparer.Ordinal)];
    }

    private static Type? ItemOf(Type type) =>
        type != typeof(string) && !typeof(IDictionary).IsAssignableFrom(type) && type.IsGenericType && type.GetGenericArguments() is [var item]
        && typeof(IEnumerable).IsAssignableFrom(type) ? item : null;

    private static string Kind(Type type) => type switch
    {
        _ when type == typeof(string) => "string",
        { IsEnum: true } => $"one of {string.Join('|', Enum.GetNames(type).Except(["Deleted"]).Order(StringComparer.Ordinal))}",
        _ when type == typeof(bool) => "boolean",
        _ when type == typeof(int) || type == typeof(long) || type == typeof(double) => "number",
        _ when type == typeof(Guid) => "uuid",
        _ when type == typeof(DateTimeOffset) => "time",
        _ => "object",
    };
}
