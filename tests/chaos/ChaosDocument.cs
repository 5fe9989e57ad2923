using System.Text;
using Rag.Testing.Samples;

namespace Rag.Chaos;

/// <summary>One content of a document.</summary>
/// <param name="FileName">As it is sent.</param>
/// <param name="Bytes">What is sent.</param>
/// <param name="Word">A word that stands in this content and nowhere else.</param>
/// <param name="Text">The extracted text, where it is known to the letter; else null.</param>
/// <param name="IsBroken">It cannot be read: its document must be parked for it.</param>
internal sealed record ChaosContent(string FileName, byte[] Bytes, string Word, string? Text = null, bool IsBroken = false);

/// <summary>A document with all that is to happen to it, and where it stands as far as its client knows.</summary>
internal sealed class ChaosDocument(int number, IReadOnlyList<ChaosContent> contents, bool goes)
{
    private volatile bool _isDeleted, _isDeleting;
    private volatile int _accepted = -1;
    private volatile string? _readyHash;

    public int Number { get; } = number;

    public string SourceId { get; } = $"source/{number}";

    /// <summary>Sent one after the other, each when the one before it was accepted.</summary>
    public IReadOnlyList<ChaosContent> Contents { get; } = contents;

    /// <summary>It is deleted in the end.</summary>
    public bool Goes { get; } = goes;

    public Guid Id { get; set; }

    /// <summary>The last content that was answered with 202.</summary>
    public ChaosContent? Accepted => _accepted < 0 ? null : Contents[_accepted];

    /// <summary>Nothing of it will change any more.</summary>
    public bool IsFinal => _accepted == Contents.Count - 1 && !Goes;

    public bool IsDeleting => _isDeleting;

    public bool IsDeleted => _isDeleted;

    /// <summary>Hash of the content that was seen to be ready.</summary>
    public string? ReadyHash
    {
        get => _readyHash;
        set => _readyHash = value;
    }

    public void Accept() => _accepted++;

    public void Deleting() => _isDeleting = true;

    public void Deleted() => _isDeleted = true;

    /// <summary>So many documents of every format and size; some broken, some replaced by new content, some deleted.</summary>
    public static IReadOnlyList<ChaosDocument> Create(int count, int seed) => [.. Enumerable.Range(0, count).Select(number =>
    {
        var random = new Random(unchecked((seed * 1_000_003) + number));
        List<ChaosContent> contents = [number % 10 == 9 ? Broken(number, random) : Whole(number, 0, random)];
        if (number % 4 == 1)
        {
            // A broken one is put right by new content.
            contents.Add(Whole(number, 1, random));
        }

        return new ChaosDocument(number, contents, goes: number % 8 == 3);
    })];

    private static ChaosContent Whole(int number, int version, Random random)
    {
        var word = WordOf(number, version);
        var sentence = $"The {word} lighthouse has a lamp of its own.";
        string Text(int paragraphs) => sentence + "\n\n" + string.Concat(Enumerable.Range(0, paragraphs).Select(i =>
            $"Paragraph {i} tells of lamp {random.Next(1000)} and of keeper {random.Next(1000)}, who winds it: größer 😀 than 日本. "
            + $"The wind came from {random.Next(360)} degrees. The harbour had {random.Next(100)} ships, and none was lost.\n\n"));
        ChaosContent Exact(string name, string text) => new(name, Encoding.UTF8.GetBytes(text), word, text);
        ChaosContent Other(string name, byte[] bytes) => new(name, bytes, word);
        return (number % 10) switch
        {
            0 or 4 => Exact($"d{number}.txt", Text(1)),
            1 => Other($"d{number}.md", Encoding.UTF8.GetBytes($"# Harbour {number}\n\n{Text(12)}\n- one\n- two\n")),
            2 => Other($"d{number}.html", Encoding.UTF8.GetBytes($"<!DOCTYPE html><html><body><h1>Harbour</h1><p>{sentence}</p><p>{Text(5)}</p></body></html>")),
            3 or 9 => Exact($"d{number}.txt", Text(30)),
            5 => Other($"d{number}.csv", Encoding.UTF8.GetBytes("lamp,keeper\n" + string.Concat(Enumerable.Range(0, 40).Select(i => $"{(i == 7 ? word : $"lamp {i}")},keeper {random.Next(99)}\n")))),
            6 => Other($"d{number}.json", Encoding.UTF8.GetBytes($$"""{"lamp":"{{word}}","keepers":[{{string.Join(',', Enumerable.Range(0, 50).Select(_ => random.Next(1000)))}}]}""")),
            7 => Other($"d{number}.docx", SampleDocx.Create(["# Harbour", sentence, .. Enumerable.Range(0, 20).Select(i => $"Line {i} about ship {random.Next(100)}.")])),
            8 when number % 20 == 8 => Other($"d{number}.pdf", SamplePdf.Create($"# Harbour {number}\n\n{sentence}", $"Ship {random.Next(100)} came.")),
            // Long enough that a kill finds it at work.
            _ => Exact($"d{number}.txt", Text(600)),
        };
    }

    private static ChaosContent Broken(int number, Random random)
    {
        // Each is a content of its own, so that it has an original of its own.
        var junk = new byte[2000];
        random.NextBytes(junk);
        junk[0] = 0;
        (string Name, byte[] Bytes) file = (number / 10 % 5) switch
        {
            0 => ("cut.pdf", [.. SamplePdf.CreateTruncated(), .. Encoding.ASCII.GetBytes($"\n%{number}")]),
            1 => ("picture.pdf", [.. SamplePdf.CreateImageOnly(), .. Encoding.ASCII.GetBytes($"\n%{number}")]),
            2 => ("locked.docx", [.. SampleDocx.CreateEncrypted(), .. BitConverter.GetBytes(number)]),
            3 => ("junk.bin", junk),
            _ => ("nested.docx", SampleDocx.CreateNested(2000 + number)),
        };
        return new ChaosContent($"d{number}-{file.Name}", file.Bytes, WordOf(number, 0), IsBroken: true);
    }

    // No vowels, so that no stemmer takes anything off, and no digits, so that it stays one word.
    private static string WordOf(int number, int version)
    {
        const string Letters = "bcdfghjklmnp";
        var word = new StringBuilder("q");
        for (var rest = (number * 2) + version; word.Length < 6; rest /= Letters.Length)
        {
            word.Append(Letters[rest % Letters.Length]);
        }

        return word.Append('x').ToString();
    }
}
