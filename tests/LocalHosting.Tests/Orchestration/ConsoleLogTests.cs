using Aspire.Hosting.Orchestration.Logs;

namespace LocalHosting.Tests.Orchestration;

public class ConsoleLogTests
{
    [Fact]
    public void Names_stand_before_lines_and_colours_only_where_they_are_wanted()
    {
        using var plain = new StringWriter();
        new ConsoleLog(plain, colour: false).Write("rag-api", "line", isError: true);
        Assert.Equal($"[rag-api] line{Environment.NewLine}", plain.ToString());

        using var coloured = new StringWriter();
        var log = new ConsoleLog(coloured, colour: true);
        log.Write("rag-api", "one");
        log.Write("rag-web", "two");
        log.Write("rag-api", "three");
        var codes = coloured.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries).Select(line => line[..line.IndexOf('[', 2)]).ToList();
        Assert.Equal(codes[0], codes[2]);
        Assert.NotEqual(codes[0], codes[1]);
    }

    [Fact]
    public void A_terminal_that_is_gone_stops_nothing()
    {
        using var gone = new Gone();
        new ConsoleLog(gone, colour: false).Write("rag-api", "line");
    }

    private sealed class Gone : StringWriter
    {
        public override void WriteLine(string? value) => throw new IOException("Input/output error");
    }
}
