using System.Text.Json.Nodes;
using Rag.Deploy.Writing;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Rag.Deploy.Tests.Writing;

public sealed class YamlTextTests
{
    [Theory]
    [InlineData("rag-api")]
    [InlineData("docker.io/library/redis:8.6")]
    [InlineData("Host=postgres;Port=5432")]
    [InlineData("500m")]
    [InlineData("70%")]
    [InlineData("/health/live")]
    public void What_no_reader_could_take_for_anything_else_stands_as_it_is(string text) => Assert.Equal($"a: {text}\n", Write(text));

    [Theory]
    [InlineData("")]
    [InlineData("true")]
    [InlineData("No")]
    [InlineData("on")]
    [InlineData("y")]
    [InlineData("null")]
    [InlineData("~")]
    [InlineData("8080")]
    [InlineData("1.30")]
    [InlineData("1e3")]
    [InlineData("0x1F")]
    [InlineData("0o17")]
    [InlineData("1_000")]
    [InlineData("12:30:45")]
    [InlineData("2026-11-28")]
    [InlineData(".5")]
    [InlineData(".inf")]
    [InlineData("-")]
    [InlineData("- a")]
    [InlineData("a: b")]
    [InlineData("a:")]
    [InlineData("a #b")]
    [InlineData("*a")]
    [InlineData("&a")]
    [InlineData("!a")]
    [InlineData("%a")]
    [InlineData("@a")]
    [InlineData("`a")]
    [InlineData("{a}")]
    [InlineData("[a]")]
    [InlineData("\"a\"")]
    [InlineData("'a'")]
    [InlineData(" a")]
    [InlineData("a ")]
    [InlineData("a\tb")]
    [InlineData("é\u0001")]
    public void Everything_else_is_quoted(string text)
    {
        var written = Write(text);

        Assert.StartsWith("a: \"", written, StringComparison.Ordinal);
        Assert.Equal(text, Read(written).Value);
    }

    [Theory]
    [InlineData("one\ntwo\n")]
    [InlineData("one\ntwo")]
    [InlineData("  indented\ntwo\n")]
    [InlineData("trailing \ntwo\n\n")]
    [InlineData("\n")]
    [InlineData("tab\t\nbell\u0007\n")]
    public void Several_lines_come_back_as_they_were(string text)
    {
        var scalar = Read(Write(text));

        Assert.Equal(text, scalar.Value);
        Assert.NotEqual(ScalarStyle.Plain, scalar.Style);
    }

    [Fact]
    public void Empty_lists_and_maps_are_kept()
    {
        var written = YamlText.Write([new JsonObject { ["a"] = new JsonObject(), ["b"] = new JsonArray(), ["c"] = 1, ["d"] = true, ["e"] = null }], "Head.\n\nMore.");

        Assert.Equal("# Head.\n#\n# More.\na: {}\nb: []\nc: 1\nd: true\ne: null\n", written);
    }

    private static string Write(string text) => YamlText.Write([new JsonObject { ["a"] = text }]);

    private static YamlScalarNode Read(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        return (YamlScalarNode)stream.Documents[0].RootNode["a"];
    }
}
