using System.Threading.Channels;
using Rag.Core.Extraction;

namespace Rag.Ingest.Tests;

/// <summary>Reads plain text; a test may stop it in the middle or make it fail, by what the text begins with.</summary>
internal sealed class ScriptedExtractor : IDocumentExtractor
{
    private readonly Channel<bool> _gate = Channel.CreateUnbounded<bool>();
    private int _waiting;
    private int _failures;

    /// <summary>How many stand before the gate: texts that begin with <c>wait</c>.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    public void OpenGate() => _gate.Writer.TryWrite(true);

    public async Task<ExtractedDocument> ExtractAsync(ExtractionRequest request, CancellationToken cancellationToken)
    {
        await using var stream = await request.OpenContent(cancellationToken);
        using var reader = new StreamReader(stream);
        var text = await reader.ReadToEndAsync(cancellationToken);
        if (text.StartsWith("wait", StringComparison.Ordinal))
        {
            Interlocked.Increment(ref _waiting);
            try
            {
                await _gate.Reader.ReadAsync(cancellationToken);
            }
            finally
            {
                Interlocked.Decrement(ref _waiting);
            }
        }

        if (text.StartsWith("corrupt", StringComparison.Ordinal))
        {
            throw new ExtractionException(ExtractionProblems.Corrupt, "The file is cut off.");
        }

        if (text.StartsWith("bug", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"A fault that knows the text: {text}");
        }

        if (text.StartsWith("flaky", StringComparison.Ordinal) && Interlocked.Increment(ref _failures) == 1)
        {
            throw new Rag.Core.RagException("child-away", "The reader could not be started.", isTransient: true);
        }

        return new ExtractedDocument
        {
            Text = text,
            Blocks = text.Length == 0 ? [] : [new Block(BlockKind.Paragraph, 0, text.Length, [])],
            Extractor = "scripted-1",
            MediaType = "text/plain",
        };
    }
}
