using System.CommandLine;
using Rag.Cli.Connection;
using Rag.Client;

namespace Rag.Cli.Questions;

/// <summary><c>rag ask</c>: the answer as it is made, then its sources.</summary>
internal static class AskCommand
{
    public static Command Create(CliContext context)
    {
        var question = new Argument<string[]>("question") { Description = "In words; quotes are not needed.", Arity = ArgumentArity.OneOrMore };
        var collection = ApiCommand.CollectionOption();
        var mode = ApiCommand.ModeOption();
        var json = new Option<bool>("--json") { Description = "Write answer, citations and evidence as JSON." };
        var command = new Command("ask", "Answer a question from a collection, with numbered sources.") { question, collection, mode, json };
        command.SetApiAction(context, async (parsed, client, cancellationToken) =>
        {
            var request = new AskRequest(string.Join(' ', parsed.GetValue(question) ?? []), Mode: parsed.GetValue(mode));
            var name = parsed.GetValue(collection)!;
            if (parsed.GetValue(json))
            {
                context.Terminal.Line(CliJson.Write(await client.AskAsync(name, request, cancellationToken)));
                return ExitCode.Ok;
            }

            await StreamAsync(context.Terminal, client.AskStreamAsync(name, request, cancellationToken), cancellationToken);
            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>Writes the answer piece by piece, then one entry per citation in the order of its number.</summary>
    public static async Task StreamAsync(Terminal terminal, IAsyncEnumerable<AskEvent> answer, CancellationToken cancellationToken)
    {
        var citations = new SortedDictionary<int, Citation>();
        await foreach (var step in answer.WithCancellation(cancellationToken))
        {
            switch (step)
            {
                case AskEvent.Found { Notice: { } notice }:
                    terminal.Warn($"Note: {notice}");
                    break;
                case AskEvent.Delta delta:
                    await terminal.Out.WriteAsync(Printable.Text(delta.Text).AsMemory(), cancellationToken);
                    await terminal.Out.FlushAsync(cancellationToken);
                    break;
                case AskEvent.Cited cited:
                    citations.TryAdd(cited.Citation.Number, cited.Citation);
                    break;
                case AskEvent.Done done:
                    terminal.Line();
                    PrintSources(terminal, citations.Values);
                    terminal.Line();
                    terminal.Quiet($"answered by: {done.Model}");
                    break;
            }
        }
    }

    private static void PrintSources(Terminal terminal, IEnumerable<Citation> citations)
    {
        foreach (var citation in citations)
        {
            terminal.Line();
            terminal.Good($"[{citation.Number}] {SourceLine.Of(citation.Title, citation.DocumentName, citation.Page)}");
            terminal.Line($"    \"{Printable.Line(citation.Quote)}\"");
        }
    }
}
