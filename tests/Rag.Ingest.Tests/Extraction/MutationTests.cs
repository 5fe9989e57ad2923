using System.Text;
using Rag.Core.Extraction;
using Rag.Testing.Samples;

namespace Rag.Ingest.Tests.Extraction;

/// <summary>Damaged files of every format, from a fixed seed: each ends as a document or as a problem of that document, soon.</summary>
[Collection(nameof(ChildProcesses))]
public sealed class MutationTests
{
    private const int Seed = 20_240_601;

    private const string Html = """
        <!DOCTYPE html><html><head><meta charset=utf-8><title>Pumps</title></head><body><h1>Pumps</h1><p>Water &amp; oil&#x1F600;<ul><li>one<li>two</ul>
        <table><tr><th>Size<th>Weight<tr><td>2 m<td>9 t</table><pre>code</pre><svg><b>x</b></svg><p hidden>no</body></html>
        """;

    private const string Markdown = "---\ntitle: Pumps\n---\n# Pumps\n\n- one\n  1. two\n\n> quote [^1]\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```sh\nx\n```\n\n<div>*y*</div>\n\n[^1]: note";

    public static TheoryData<string, byte[], int> Originals => new()
    {
        { "a.txt", Encoding.Unicode.GetBytes("Pumps move water.\r\n\r\nÄpfel 😀 日本"), 200 },
        { "a.md", Encoding.UTF8.GetBytes(Markdown), 300 },
        { "a.html", Encoding.UTF8.GetBytes(Html), 300 },
        { "a.csv", "a;b\r\n\"1\n2\";\"x\"\"y\"\r\n"u8.ToArray(), 200 },
        { "a.json", "{\"a\":[1,2,{\"b\":\"\\u00e4\\ud83d\\ude00\"}],\"c\":null}"u8.ToArray(), 200 },
        { "a.docx", new SampleDocx().Heading(1, "Pumps").Bullet("one").Table(["a", "b"]).WithFootnote("x", "y").Styled("Zitat", "z").ToBytes(), 300 },
        { "a.pdf", SamplePdf.Create(new SamplePdfOptions { Title = "Pumps" }, "# Pumps\n\nWater moves.\n• one", "More."), 60 },
    };

    [Theory]
    [MemberData(nameof(Originals))]
    public async Task Damaged_files_cost_nobody_but_themselves(string name, byte[] original, int times)
    {
        await using var extractor = Extractors.Create(new ExtractionOptions { Timeout = TimeSpan.FromSeconds(20) });
        var random = new Random(Seed);
        var outcomes = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < times; i++)
        {
            var file = Mutate(original, random);
            var outcome = "read";
            try
            {
                await extractor.ExtractAsync(Extractors.Request(file, name), CancellationToken.None);
            }
            catch (ExtractionException e)
            {
                outcome = e.Code;
            }

            outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
        }

        // A reader that stumbles over damage is a bug of ours even where the process boundary contains it.
        Assert.DoesNotContain(ExtractionProblems.Failed, outcomes.Keys);
        Assert.DoesNotContain(ExtractionProblems.TimedOut, outcomes.Keys);
        Assert.DoesNotContain(ExtractionProblems.OutOfMemory, outcomes.Keys);
        Assert.True(outcomes.ContainsKey("read"), string.Join(", ", outcomes));
    }

    private static byte[] Mutate(byte[] original, Random random)
    {
        var bytes = original.ToList();
        for (var edits = random.Next(1, 6); edits > 0; edits--)
        {
            var at = random.Next(bytes.Count + 1);
            var length = Math.Min(random.Next(1, 16), bytes.Count - at);
            switch (random.Next(6))
            {
                case 0 when at < bytes.Count:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes.RemoveRange(at, length);
                    break;
                case 2:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 3:
                    bytes.Insert(at, (byte)random.Next(256));
                    break;
                case 4:
                    bytes.InsertRange(at, Enumerable.Repeat((byte)"<>[]{}()\"'\\&%-|0\0"[random.Next(17)], random.Next(1, 40)));
                    break;
                case 5 when random.Next(8) == 0:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }

        return [.. bytes];
    }
}
