using System.Globalization;
using System.Text.Json.Nodes;
using Rag.Core.Indexing;
using Rag.Core.Retrieval;

namespace Rag.Core.Tests.Indexing.Conformance;

public abstract partial class IndexConformance
{
    [Fact]
    public async Task Filters_hold_for_every_kind_of_value()
    {
        await PublishRandomAsync(150);

        foreach (var (name, filter, holds) in Filters())
        {
            var hits = await Index.SearchAsync(new IndexQuery { Collection = Collection.Id, Terms = _reference.Terms(AllWords), Filter = filter, Depth = 200 }, default);
            var expected = _reference.Lexical(AllWords, hits.AverageLength, holds);
            try
            {
                AssertSame(expected, hits.Lexical, 200);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"{name}: {expected.Count} expected, {hits.Lexical.Count} found.", e);
            }
        }
    }

    [Fact]
    public async Task A_range_of_strings_loses_nothing_that_is_in_it()
    {
        await PublishRandomAsync(60);
        // An index that cannot order strings may let more through: the check against the database is there in any case.
        foreach (var filter in (MetadataFilter[])[Strings("de", "eh"), new MetadataFilter.Not(Strings("de", "eh")), new MetadataFilter.Or([Strings("de", "eh"), new MetadataFilter.Equal("year", 2001)])])
        {
            var hits = await Index.SearchAsync(new IndexQuery { Collection = Collection.Id, Terms = _reference.Terms(AllWords), Filter = filter, Depth = 200 }, default);
            var needed = _reference.Lexical(AllWords, hits.AverageLength, metadata => FilterReference.Matches(filter, metadata));
            Assert.NotEmpty(needed);
            Assert.Superset(needed.Select(static n => n.Document).ToHashSet(), hits.Lexical.Select(static h => h.Document).ToHashSet());
        }
    }

    private static string AllWords => string.Join(' ', Words);

    private static MetadataFilter.Range Strings(string from, string to) => new("lang", null, JsonValue.Create(from), JsonValue.Create(to), null);

    private static IEnumerable<(string Name, MetadataFilter Filter, Func<JsonObject, bool> Holds)> Filters()
    {
        static string? Lang(JsonObject m) => (string?)m["lang"];
        static int Year(JsonObject m) => (int)m["year"]!;
        static double Ratio(JsonObject m) => (double)m["ratio"]!;
        static bool Tagged(JsonObject m, string tag) => m["tags"]!.AsArray().Any(t => (string?)t == tag);

        var english = new MetadataFilter.Equal("lang", "en");
        var late = new MetadataFilter.Range("year", null, JsonValue.Create(2010), null, null);
        yield return ("a string", english, m => Lang(m) == "en");
        yield return ("a whole number", new MetadataFilter.Equal("year", 2005), m => Year(m) == 2005);
        yield return ("a number by its value", new MetadataFilter.Equal("year", JsonNode.Parse("2005.0")), m => Year(m) == 2005);
        yield return ("a number that is not there", new MetadataFilter.Equal("year", 1999), static _ => false);
        yield return ("a truth value under a name with a dot", new MetadataFilter.Equal("a.b", true), m => m["a.b"] is { } v && (bool)v);
        yield return ("null", new MetadataFilter.Equal("a.b", null), m => m["a.b"] is null);
        yield return ("null in a field that not every document has", new MetadataFilter.Equal("maybe", null), static m => m.ContainsKey("maybe") && m["maybe"] is null);
        yield return ("not null in a field that not every document has", new MetadataFilter.Not(new MetadataFilter.Equal("maybe", null)), static m => !m.ContainsKey("maybe") || m["maybe"] is not null);
        yield return ("null in a field that nobody has", new MetadataFilter.Equal("none", null), static _ => false);
        yield return ("contained in an array", new MetadataFilter.Equal("tags", "t1"), m => Tagged(m, "t1"));
        yield return ("a field that nobody has", new MetadataFilter.Equal("none", "x"), static _ => false);
        yield return ("not a field that nobody has", new MetadataFilter.Not(new MetadataFilter.Equal("none", "x")), static _ => true);
        yield return ("one of several", new MetadataFilter.In("year", [2001, 2002, "en"]), m => Year(m) is 2001 or 2002);
        yield return ("one of none", new MetadataFilter.In("year", []), static _ => false);
        yield return ("at least", late, m => Year(m) >= 2010);
        yield return ("between", new MetadataFilter.Range("ratio", JsonValue.Create(2.5), null, null, JsonValue.Create(7.25)), m => Ratio(m) > 2.5 && Ratio(m) <= 7.25);
        yield return ("below", new MetadataFilter.Range("ratio", null, null, JsonValue.Create(1), null), m => Ratio(m) < 1);
        yield return ("any number or string", new MetadataFilter.Range("year", null, null, null, null), static _ => true);
        yield return ("a number between strings", new MetadataFilter.Range("year", JsonValue.Create("a"), null, JsonValue.Create(5), null), static _ => false);
        yield return ("and", new MetadataFilter.And([english, late]), m => Lang(m) == "en" && Year(m) >= 2010);
        yield return ("or", new MetadataFilter.Or([english, late]), m => Lang(m) == "en" || Year(m) >= 2010);
        yield return ("not and", new MetadataFilter.Not(new MetadataFilter.And([english, late])), m => !(Lang(m) == "en" && Year(m) >= 2010));
        yield return ("not or", new MetadataFilter.Not(new MetadataFilter.Or([english, late])), m => !(Lang(m) == "en" || Year(m) >= 2010));
        yield return ("not not", new MetadataFilter.Not(new MetadataFilter.Not(english)), m => Lang(m) == "en");
        yield return ("all of nothing", new MetadataFilter.And([]), static _ => true);
        yield return ("one of nothing", new MetadataFilter.Or([]), static _ => false);
        yield return ("none of nothing", new MetadataFilter.Not(new MetadataFilter.Or([])), static _ => true);
    }

    /// <summary>Ranges of strings and what is combined with them here.</summary>
    private static class FilterReference
    {
        public static bool Matches(MetadataFilter filter, JsonObject metadata) => filter switch
        {
            MetadataFilter.Range range => string.CompareOrdinal((string)metadata[range.Field]!, (string)range.Gte!) >= 0
                && string.CompareOrdinal((string)metadata[range.Field]!, (string)range.Lt!) < 0,
            MetadataFilter.Equal equal => (int)metadata[equal.Field]! == int.Parse(equal.Value!.ToJsonString(), CultureInfo.InvariantCulture),
            MetadataFilter.Not not => !Matches(not.Part, metadata),
            MetadataFilter.Or or => or.Parts.Any(p => Matches(p, metadata)),
            _ => throw new NotSupportedException(),
        };
    }
}
